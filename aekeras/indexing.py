"""A folder of pictures and a model in, an index out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aekeras import images, metadata
from aekeras.artefacts import shown_path
from aekeras.encoding import Encoder, load_encoder
from aekeras.errors import InputError
from aekeras.images import Collection
from aekeras.index import Index, IndexInfo, Item, Origin
from aekeras.model_choice import chosen_models
from aekeras.places import Places
from aekeras.progress import Progress

_NAMED = 5  # unreadable files named in the warning; run.json names all


@dataclass(frozen=True, kw_only=True, eq=False)
class Gathered:
    """Pictures read once for several losses.

    Attributes:
        collection: The pictures at the models' size, and the files that could not be read.
        items: What an index keeps of each picture.
        sources: The folders and files that were named.
    """

    collection: Collection
    items: tuple[Item, ...]
    sources: tuple[Path, ...]


def gather(sources: Sequence[Path], size: int, progress: Progress | None = None) -> Gathered:
    """Reads the pictures of folders and files, size x size; warns of those that cannot be read.

    Raises:
        InputError: There is no readable picture.
        MissingError: A source does not exist.
    """
    progress = progress or Progress()
    files = images.find(sources)
    progress.begin("reading pictures", len(files))
    collection = images.load(files, size, advance=lambda done, _: progress.advance(done))
    progress.end(f"{len(collection):,} pictures")
    if collection.unreadable:
        progress.warn(_skipped(collection))
    known = metadata.read([source for source in sources if source.is_dir()])
    items = tuple(Item.of(path, known.get(path)) for path in collection.paths)
    return Gathered(collection=collection, items=items, sources=tuple(sources))


def items_digest(items: Iterable[Item]) -> str:
    """Which files, in which order: SHA-256 over those of the files."""
    return hashlib.sha256("".join(item.digest for item in items).encode()).hexdigest()


def build(directory: Path, encoder: Encoder, gathered: Gathered) -> Index:
    """Encodes the pictures and writes their index, in the place of one that is there.

    Raises:
        InputError: The pictures have another size than the model's.
        StorageError: The disk is full, or the place cannot be written.
    """
    size = gathered.collection.images.shape[1]
    if size != encoder.image_size:
        raise InputError(
            f"Expected pictures of {encoder.image_size} pixels per side for {encoder.loss_name}. Received: {size}. "
            "Read them at the model's size."
        )
    origin = Origin(
        loss=encoder.loss_name,
        blind_to=tuple(encoder.run.get("blind_to", ())),
        model_name=encoder.directory.parent.name,
        model_version=int(encoder.directory.name),
        fingerprint=encoder.fingerprint,
        image_size=size,
    )
    return Index.build(directory, encoder.encode(gathered.collection.images), gathered.items, origin)


def build_indexes(
    sources: str | Path | Sequence[str | Path],
    losses: Sequence[str] = (),
    places: Places | None = None,
    progress: Progress | None = None,
) -> list[IndexInfo]:
    """Indexes the pictures of folders and files for the newest model of every loss, or of the named ones.

    Raises:
        MissingError: There is no model, or a source does not exist.
        InputError: A loss without a model, or no readable picture.
    """
    progress, places = progress or Progress(), places or Places()
    folders = images.as_paths(sources)
    encoders = [load_encoder(model) for model in chosen_models(places.models, losses)]
    by_size = {size: gather(folders, size, progress) for size in sorted({e.image_size for e in encoders})}
    built = []
    for part, encoder in enumerate(encoders, start=1):
        gathered = by_size[encoder.image_size]
        progress.begin(f"indexing under {encoder.loss_name}", 0, part=part, parts=len(encoders))
        with build(places.indexes / encoder.directory.parent.name, encoder, gathered) as index:
            built.append(index.info(shown_path(encoder.directory)))
        progress.end(f"{len(gathered.items):,} codes")
    return built


def _skipped(collection: Collection) -> str:
    shown = [f"{shown_path(file.path)} ({file.reason})" for file in collection.unreadable[:_NAMED]]
    more = len(collection.unreadable) - len(shown)
    tail = f", and {more:,} more" if more else ""
    return f"Skipped {len(collection.unreadable):,} unreadable files: {', '.join(shown)}{tail}."
