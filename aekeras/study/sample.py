"""The pictures that are measured: queries that no training saw, where that is known, and a collection without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from aekeras import images, metadata
from aekeras.artefacts import shown_path
from aekeras.errors import AekerasError, InputError, MissingError
from aekeras.images import Collection, Unreadable
from aekeras.index import Index, items_digest
from aekeras.places import Places
from aekeras.progress import Progress
from aekeras.store import Item
from aekeras.study.subjects import Subject

_SHARE = 5  # every fifth picture is a query where nobody knows which ones the trainings saw


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much is measured.

    Attributes:
        queries: Pictures that are asked for, at most.
        collection: Pictures among which neighbors are sought, at most.
        seed: Of the choice, and of all that is random in the measurements.
    """

    queries: int = 200
    collection: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("queries", 1), ("collection", 2), ("seed", 0)):
            if getattr(self, name) < least:
                raise InputError(
                    f"Expected `{name}` of at least {least}. Received: {getattr(self, name)}. The default is "
                    f"{getattr(type(self), name)}."
                )


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """The pictures of a study.

    Attributes:
        queries: uint8, shape (Q, S, S, 3).
        collection: uint8, shape (N, S, S, 3).
        query_paths: The Q files.
        collection_paths: The N files.
        query_factors: What is known of the queries, by factor: Q values each.
        collection_factors: The same of the collection.
        held_out: Whether it is known that no training saw the queries.
        total: Pictures that there were to choose from.
        notes: What a reader should know of the choice, in sentences.
    """

    queries: np.ndarray
    collection: np.ndarray
    query_paths: tuple[Path, ...]
    collection_paths: tuple[Path, ...]
    query_factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    collection_factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    held_out: bool
    total: int
    notes: tuple[str, ...] = ()


def draw(
    subjects: Sequence[Subject],
    sources: Sequence[Path],
    places: Places,
    extent: Extent,
    labels: Path | None = None,
    progress: Progress | None = None,
) -> Sample:
    """Chooses pictures of folders and files, or of the models' indexes, and reads them.

    Args:
        subjects: The models.
        sources: Where the pictures are; what the indexes hold where none is named.
        places: Where the indexes are.
        extent: How many.
        labels: A table with a column `path` and more of them, each a factor.
        progress: Told of the reading.

    Raises:
        MissingError: A source, or the table, does not exist.
        InputError: Fewer than two pictures, or a damaged table.
    """
    known, unseen, notes = _indexed(subjects, places)
    paths = sorted(images.find(sources)) if sources else sorted(known)
    if len(paths) < 2:
        raise InputError(
            f"Expected at least 2 pictures, to compare. Received: {len(paths)}. Name a folder of pictures, or run "
            f"`aekeras index build`. {' '.join(notes)}".rstrip()
        )
    chosen = _choose(_still_there(paths, notes), unseen, extent)
    if not chosen.held_out:
        notes.append(
            "It is not known which pictures the trainings saw, so the queries are a random choice. On pictures that a "
            "training saw, figures come out better than on others."
        )
    size = subjects[0].encoder.image_size
    queries, collection = (_read(part, size, progress) for part in (chosen.queries, chosen.collection))
    notes += _unreadable([*queries.unreadable, *collection.unreadable])
    facts = {path: item.metadata or {} for path, item in known.items()}
    if sources:
        facts |= metadata.read([source for source in sources if source.is_dir()])
    if labels is not None:
        facts = _labelled(facts, labels, {*queries.paths, *collection.paths}, notes)
    return Sample(
        queries=queries.images,
        collection=collection.images,
        query_paths=queries.paths,
        collection_paths=collection.paths,
        query_factors=_columns(facts, queries.paths),
        collection_factors=_columns(facts, collection.paths),
        held_out=chosen.held_out,
        total=len(paths),
        notes=tuple(notes),
    )


def _still_there(paths: Sequence[Path], notes: list[str]) -> list[Path]:
    """The paths that are files; of those that are gone, it is noted how many.

    Raises:
        MissingError: Fewer than two are left.
    """
    there = [path for path in paths if path.is_file()]
    if len(there) < 2:
        raise MissingError(
            f"Expected the pictures of the indexes. Found {len(there)} of {len(paths):,}; the first that is gone is "
            f"{shown_path(paths[0])}. Put them back, or name the folder where they are now."
        )
    if len(there) < len(paths):
        gone = next(path for path in paths if not path.is_file())
        notes.append(f"{len(paths) - len(there):,} of the pictures are gone, the first of them {shown_path(gone)}.")
    return there


def _unreadable(files: Sequence[Unreadable]) -> list[str]:
    """A sentence on files that cannot be read; none where there are none."""
    if not files:
        return []
    first = files[0]
    return [
        f"{len(files):,} of the pictures cannot be read, the first of them {shown_path(first.path)} ({first.reason})."
    ]


@dataclass(frozen=True, kw_only=True)
class _Choice:
    queries: list[Path]
    collection: list[Path]
    held_out: bool


def _choose(paths: Sequence[Path], unseen: set[Path], extent: Extent) -> _Choice:
    """Queries that no training saw, or every fifth picture; the rest is the collection. Both in random order.

    So the first of them are a random choice, too, for measurements that take fewer.
    """
    order = [paths[row] for row in np.random.default_rng(extent.seed).permutation(len(paths))]
    candidates = [path for path in order if path in unseen]
    held_out = len(candidates) > 0
    if not held_out:
        candidates = order[: max(1, len(order) // _SHARE)]
    asked = set(candidates)
    others = [path for path in order if path not in asked]
    if len(others) < 2:  # a handful of pictures: each may be asked for among all the others
        others = [path for path in order if path != candidates[0]]
        candidates = candidates[:1]
    return _Choice(queries=candidates[: extent.queries], collection=others[: extent.collection], held_out=held_out)


def _indexed(subjects: Sequence[Subject], places: Places) -> tuple[dict[Path, Item], set[Path], list[str]]:
    """The pictures that all indexes of the models hold, those of them that no training saw, and what is to be said."""
    held: list[dict[Path, Item]] = []
    unseen: list[set[Path]] = []
    notes: list[str] = []
    for subject in subjects:
        try:
            with Index.open(places.indexes / subject.encoder.directory.parent.name) as index:
                items = sorted((item for _, item in index), key=lambda item: str(item.path))
        except AekerasError as error:
            notes.append(f"The index of `{subject.name}` is not used: {error}")
            continue
        held.append({item.path: item for item in items})
        unseen.append(_held_out(subject, items))
    if not held:
        return {}, set(), notes
    shared = set.intersection(*map(set, held))
    if any(len(one) != len(shared) for one in held):
        notes.append(f"The indexes hold different pictures: the {len(shared):,} that all of them hold are measured.")
    return {path: held[0][path] for path in shared}, shared.intersection(*unseen), notes


def _held_out(subject: Subject, items: Sequence[Item]) -> set[Path]:
    """The pictures that validated and did not train, where the index holds just what the model was trained on."""
    from aekeras.training.batches import split

    run = subject.encoder.run
    if run.get("data", {}).get("items_digest") != items_digest(items):
        return set()
    _, rows = split(len(items), run["training"]["validation_share"], run["seed"])
    return {items[row].path for row in rows}


def _read(paths: Sequence[Path], size: int, progress: Progress | None) -> Collection:
    progress = progress or Progress()
    progress.begin("reading pictures", len(paths))
    found = images.load(paths, size, advance=lambda done, _: progress.advance(done))
    progress.end(f"{len(found):,} pictures")
    return found


def _labelled(
    facts: dict[Path, dict[str, str]], labels: Path, pictures: set[Path], notes: list[str]
) -> dict[Path, dict[str, str]]:
    """What is known of the pictures, with the table's columns in front."""
    try:
        table = metadata.read_table(labels)
    except InputError as error:
        notes.append(f"The labels of {shown_path(labels)} are left out: {error}")
        return facts
    fitting = table.keys() & pictures
    if not fitting:  # paths as commands print them
        table = metadata.read_table(labels, Path())
        fitting = table.keys() & pictures
    if not fitting:
        some = next(iter(table), None)
        notes.append(
            f"The labels of {shown_path(labels)} are left out: Expected paths of pictures that are measured, such as "
            f"{shown_path(min(pictures))}. Received: {len(table):,} others"
            + (f", such as {shown_path(some)}" if some else "")
            + f". Write paths relative to the folder of {labels.name}."
        )
        return facts
    if len(fitting) < len(pictures):
        bare = min(pictures - fitting)
        notes.append(
            f"{len(pictures) - len(fitting):,} of the pictures have no label in {shown_path(labels)}, such as "
            f"{shown_path(bare)}."
        )
    return {path: facts.get(path, {}) | table.get(path, {}) for path in pictures}


def _columns(facts: Mapping[Path, Mapping[str, str]], paths: Sequence[Path]) -> dict[str, tuple[str, ...]]:
    names = dict.fromkeys(name for row in facts.values() for name in row)
    return {name: tuple(facts.get(path, {}).get(name, "") for path in paths) for name in names}
