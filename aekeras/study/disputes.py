"""The pictures that losses disagree on most, side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aekeras import images
from aekeras.equality.neighbors import nearest
from aekeras.equality.overlap import dispute
from aekeras.errors import MissingError, UnreadableImageError
from aekeras.study.parts import Dispute, DisputeAnswer, Shown
from aekeras.study.shared import Shared

_DISPUTES, _NEIGHBORS = 5, 6
_CONTESTED = 0.25  # of the queries
_SIDE = 112  # pixels at which pictures are shown


def most_disputed(shared: Shared, k: int) -> tuple[Dispute, ...]:
    """Some of the queries whose neighbors change most from loss to loss; none where there is one loss only.

    Of the most disputed quarter, those that have near neighbors: a picture that is like no other has neighbors by
    chance, and that these change says nothing of the losses.
    """
    if len(shared.subjects) < 2:
        return ()
    scores = dispute(shared.by_code, k)
    nearest_share = np.mean(
        [shared.code_scale[name].share(distances.min(axis=1)) for name, distances in shared.by_code.items()], axis=0
    )
    contested = np.flatnonzero(scores >= np.quantile(scores, 1 - _CONTESTED))
    rows = contested[np.argsort(nearest_share[contested], kind="stable")[:_DISPUTES]]
    rows = rows[np.argsort(-scores[rows], kind="stable")]
    near = {name: nearest(distances, _NEIGHBORS) for name, distances in shared.by_code.items()}
    return tuple(_dispute(shared, row, float(scores[row]), near) for row in rows.tolist())


def _dispute(shared: Shared, row: int, score: float, near: dict[str, np.ndarray]) -> Dispute:
    query = shared.sample.query_paths[row]
    answers = (
        DisputeAnswer(
            loss=subject.name,
            blind_to=subject.loss.blind_to,
            neighbors=tuple(
                _neighbor(shared, subject.name, row, column) for column in near[subject.name][row].tolist()
            ),
        )
        for subject in shared.subjects
    )
    return Dispute(query=Shown(path=query, image=_read(query)), score=score, answers=tuple(answers))


def _neighbor(shared: Shared, name: str, row: int, column: int) -> Shown:
    path, distance = shared.sample.collection_paths[column], float(shared.by_code[name][row, column])
    share = float(shared.code_scale[name].share(distance))
    return Shown(path=path, image=_read(path), note=f"{share:.2f} ({distance:.4f})", distance=(distance, share))


def _read(path: Path) -> np.ndarray | None:
    """The picture; None where its file has vanished or changed into something else."""
    try:
        return images.read(path, _SIDE)
    except (MissingError, UnreadableImageError):
        return None
