"""Indexes of pictures: filled from folders, kept up to date, and asked for neighbors.

    files -> planning -> filling (images.stream -> encoder -> store) -> an index
    queries -> asking (filters, search, re-ranking by the loss) -> neighbors

`collection` has the one index that users see, `several` all those of a project.
"""

from aekeras.index.answers import Changes, IndexInfo, Neighbor, Verification
from aekeras.index.asking import Question, Reader
from aekeras.index.collection import REMEDY, Index
from aekeras.index.criteria import DEFAULT_K, Criteria
from aekeras.index.gathering import Gathered, build, gather, items_digest, replaced
from aekeras.index.queries import Query, queries_of
from aekeras.index.several import (
    build_indexes,
    index_folders,
    judge_of_model,
    models_in_use,
    names,
    open_indexes,
    rebuild_indexes,
    remove_from_indexes,
    update_indexes,
)
from aekeras.index.updating import Update
from aekeras.index.verdicts import PictureJudge, Words, picture_judge

__all__ = [
    "DEFAULT_K",
    "REMEDY",
    "Changes",
    "Criteria",
    "Gathered",
    "Index",
    "IndexInfo",
    "Neighbor",
    "PictureJudge",
    "Query",
    "Question",
    "Reader",
    "Update",
    "Verification",
    "Words",
    "build",
    "build_indexes",
    "gather",
    "index_folders",
    "items_digest",
    "judge_of_model",
    "models_in_use",
    "names",
    "open_indexes",
    "picture_judge",
    "queries_of",
    "rebuild_indexes",
    "remove_from_indexes",
    "replaced",
    "update_indexes",
]
