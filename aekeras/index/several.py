"""All the indexes of a project, or some of them, worked on together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from aekeras import images
from aekeras.artefacts import shown_path
from aekeras.encoding import Encoder, load_encoder
from aekeras.equality.verdict import Judge
from aekeras.errors import InputError, MissingError
from aekeras.images import Unreadable
from aekeras.index import updating
from aekeras.index.answers import Changes, IndexInfo, strange
from aekeras.index.collection import Index
from aekeras.index.filling import Target, committed, fill
from aekeras.index.gathering import origin_of
from aekeras.index.updating import Files, Update, gathered_files, warn_of
from aekeras.judging import judge_of
from aekeras.losses import position
from aekeras.model_choice import chosen, chosen_models
from aekeras.places import Places
from aekeras.progress import Progress
from aekeras.store import building, check_kind, current_manifest, indexes_below, list_indexes, rebuild


def open_indexes(losses: Sequence[str] = (), places: Places | None = None) -> list[Index]:
    """The indexes of the named losses or models, in that order; all there are where none is named.

    Raises:
        MissingError: There is no index at all.
        InputError: A loss that no index was built for.
    """
    places = places or Places()
    return [Index.open(directory, places.models) for directory in index_folders(losses, places)]


def index_folders(losses: Sequence[str], places: Places) -> list[Path]:
    """The folders of the indexes of the named losses or models, in that order; all there are where none is named.

    Raises:
        MissingError: There is no index at all.
        InputError: A loss that no index was built for.
    """
    found = {directory: _loss_of(directory) for directory in list_indexes(places.indexes)}
    directories = sorted(found, key=lambda path: position(found[path]))
    if losses:
        names = {directory: directory.name for directory in found}
        directories = chosen(losses, found, names, f"a loss with an index in {shown_path(places.indexes)}")
    return directories


def models_in_use(places: Places, losses: Sequence[str] = ()) -> list[Path]:
    """The model behind each index, and the newest model of each name that has none; or those of the named losses.

    Raises:
        MissingError: There is no model at all.
        InputError: A loss that no model was trained under.
    """
    newest = chosen_models(places.models, losses)
    found = []
    for model in newest:
        manifest = current_manifest(places.indexes / model.parent.name)
        indexed = None if manifest is None else places.models / manifest.origin.model
        found.append(indexed if indexed is not None and indexed.is_dir() else model)
    return list(dict.fromkeys(found))


def judge_of_model(encoder: Encoder, places: Places, within: float) -> Judge:
    """Who says which pictures are equal under a model; where its record does not know, its index is measured.

    Raises:
        MissingError: Neither its record nor an index with small pictures tells what is typical.
        InputError: The record is damaged, or `within` is out of range.
    """

    def pictures() -> np.ndarray | None:
        try:
            with Index.open(places.indexes / encoder.directory.parent.name, places.models) as index:
                return index.some_images() if index.model == encoder.directory else None
        except (MissingError, InputError):  # no index, or a damaged one: then there are no pictures to measure on
            return None

    return judge_of(encoder, pictures, within)


def _loss_of(directory: Path) -> str:
    """The loss of an index; of a damaged one its name: what is wrong is told of when it is opened."""
    manifest = current_manifest(directory)
    return directory.name if manifest is None else manifest.origin.loss


def names(indexes: Sequence[Index]) -> list[str]:
    """What to call each: its loss, and also its folder where several have the same loss."""
    of_loss = Counter(index.loss for index in indexes)
    return [
        index.loss if of_loss[index.loss] == 1 else f"{index.loss} ({shown_path(index.directory)})" for index in indexes
    ]


def build_indexes(
    sources: str | Path | Sequence[str | Path],
    losses: Sequence[str] = (),
    places: Places | None = None,
    progress: Progress | None = None,
    *,
    metadata: str | Path | Sequence[str | Path] = (),
    **settings: Any,
) -> list[IndexInfo]:
    """Indexes the pictures of folders and files for the newest model of every loss, or of the named ones.

    An index that is there is replaced at the end, in one step; pictures that it had keep their ids.

    Args:
        sources: Pictures, and folders of them.
        losses: Losses, or names of models.
        places: Where models and indexes are.
        progress: Told how far it is.
        metadata: CSV files with a column `path` and more of them.
        **settings: What of `aekeras.store.Settings` (`kind`, `memory`, `keep_images`) shall be otherwise than before.

    Raises:
        MissingError: There is no model, or a source does not exist.
        InputError: A loss without a model, no readable picture, or a damaged table.
        StorageError: Another process is changing an index, or the disk is full.
    """
    progress, places = progress or Progress(), places or Places()
    encoders = [load_encoder(model) for model in chosen_models(places.models, losses)]
    for encoder in encoders:
        check_kind(settings.get("kind"), encoder.code_dim)
    files = gathered_files(images.as_paths(sources), images.as_paths(metadata), progress)
    built = _built(encoders, files, places, progress, **settings)
    infos = []
    for changes in built:
        with Index.open(changes.index, places.models) as index:
            infos.append(index.info())
            _tell_of_strange(infos[-1], progress)
    return infos


def _tell_of_strange(info: IndexInfo, progress: Progress) -> None:
    """A warning of pictures that are far from those of the training."""
    if said := strange(info.code_ratio):
        progress.warn(f"{info.index}: {said}")


def update_indexes(
    update: Update, losses: Sequence[str] = (), places: Places | None = None, progress: Progress | None = None
) -> list[Changes]:
    """Brings the indexes of all losses, or of the named ones, up to date; models without an index get one.

    Raises:
        MissingError: There is no model, a source does not exist, or the model of an index is gone.
        InputError: A loss that is not there, a folder without pictures, or a damaged table.
        StorageError: Another process is changing an index, or the disk is full.
    """
    progress, places = progress or Progress(), places or Places()
    models = chosen_models(places.models, losses)
    there = {path.name for path in indexes_below(places.indexes)}
    without = [model for model in models if model.parent.name not in there]
    wanted = [model.parent.name for model in models if model.parent.name in there] if losses else sorted(there)
    indexes = open_indexes(wanted if losses else (), places) if wanted else []
    changes = updating.updated(indexes, update, progress) if indexes else []
    if without:
        files = gathered_files(update.sources, update.tables, progress)
        if update.dry_run:
            changes += [_to_come(places.indexes / model.parent.name, model, files) for model in without]
        else:
            changes += _built([load_encoder(model) for model in without], files, places, progress)
    for change in changes:
        if change.added and not update.dry_run:
            with Index.open(change.index, places.models) as index:
                _tell_of_strange(index.info(), progress)
    return changes


def remove_from_indexes(
    paths: str | Path | Sequence[str | Path], losses: Sequence[str] = (), places: Places | None = None
) -> list[Changes]:
    """Takes pictures, or all below a folder, out of the indexes of all losses, or of the named ones.

    Raises:
        MissingError: There is no index.
        InputError: A loss that no index was built for, or a path of which nothing is indexed.
        StorageError: Another process is changing an index, or the disk is full.
    """
    return updating.removed(open_indexes(losses, places), images.as_paths(paths))


def rebuild_indexes(losses: Sequence[str] = (), places: Places | None = None, **settings: Any) -> list[IndexInfo]:
    """Writes what is derived from the codes anew in the indexes of all losses, or of the named ones; needs no pictures.

    Args:
        losses: Losses, or names of indexes.
        places: Where models and indexes are.
        **settings: `kind` and `memory`, as in `aekeras.store.Settings`.

    Raises:
        MissingError: There is no index.
        InputError: A loss that no index was built for, or a kind that does not suit the codes.
        StorageError: Another process is changing an index, or the disk is full.
    """
    places = places or Places()
    infos = []
    for directory in index_folders(losses, places):
        rebuild(directory, **settings)  # before it is opened: a damaged search structure is mended so
        with Index.open(directory, places.models) as index:
            infos.append(index.info())
    return infos


def _built(
    encoders: Sequence[Encoder], files: Files, places: Places, progress: Progress, **settings: Any
) -> list[Changes]:
    with ExitStack() as until_done:
        targets = [
            Target(
                change=until_done.enter_context(
                    building(places.indexes / encoder.directory.parent.name, origin_of(encoder), **settings)
                ),
                encoder=partial(_itself, encoder),
                wanted=frozenset(files.states),
            )
            for encoder in sorted(encoders, key=lambda encoder: str(encoder.directory.absolute()))  # as all lock them
        ]
        unreadable = fill(targets, files.facts, progress)
        if len(unreadable) == len(files.states):
            raise _none_readable(unreadable)
        warn_of(unreadable, progress)
        changes = {target.change.directory: _committed(target, unreadable) for target in targets}
        return [changes[places.indexes / encoder.directory.parent.name] for encoder in encoders]


def _committed(target: Target, unreadable: Sequence[Unreadable]) -> Changes:
    manifest = committed(target.change)
    return Changes(
        index=target.change.directory,
        loss=target.change.origin.loss,
        added=tuple(sorted(target.put)),
        unreadable=tuple(str(file.path) for file in unreadable),
        count=None if manifest is None else manifest.count,
    )


def _to_come(directory: Path, model: Path, files: Files) -> Changes:
    return Changes(index=directory, loss=load_encoder(model).loss_name, added=tuple(files.states), count=None)


def _itself(encoder: Encoder) -> Encoder:
    return encoder


def _none_readable(unreadable: Sequence[Unreadable]) -> InputError:
    first = unreadable[0]
    return InputError(
        f"Expected at least one readable picture. Received: {len(unreadable):,} files, none of them readable; the "
        f"first is {shown_path(first.path)} ({first.reason}). Name other files."
    )
