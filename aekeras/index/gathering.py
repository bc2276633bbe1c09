"""A folder of pictures in memory, for training, and their index."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aekeras import images
from aekeras.encoding import Encoder
from aekeras.errors import InputError, MissingError
from aekeras.images import Collection
from aekeras.index.collection import Index
from aekeras.index.updating import gathered_files, warn_of
from aekeras.progress import Progress
from aekeras.store import Item, Origin, Store, building

_BATCH = 1024


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
    files = gathered_files(sources, (), progress)
    progress.begin("reading pictures", len(files.states))
    collection = images.load(
        [Path(path) for path in files.states], size, advance=lambda done, _: progress.advance(done)
    )
    progress.end(f"{len(collection):,} pictures")
    warn_of(collection.unreadable, progress)
    items = tuple(
        Item(
            path=file.path,
            size=file.size,
            mtime_ns=file.mtime_ns,
            digest=file.digest,
            metadata=files.facts.get(str(file.path)),
        )
        for file in collection.files
    )
    return Gathered(collection=collection, items=items, sources=tuple(sources))


def items_digest(items: Iterable[Item]) -> str:
    """Which files, in which order: SHA-256 over those of the files."""
    return hashlib.sha256("".join(item.digest for item in items).encode()).hexdigest()


def origin_of(encoder: Encoder) -> Origin:
    """What an index tells of the model that made its codes."""
    return Origin(
        loss=encoder.loss_name,
        blind_to=encoder.blind_to,
        model_name=encoder.directory.parent.name,
        model_version=int(encoder.directory.name),
        fingerprint=encoder.fingerprint,
        image_size=encoder.image_size,
    )


def replaced(directory: Path, gathered: Gathered) -> int:
    """How many files an index in a folder holds that are not among the pictures; 0 where there is none."""
    try:
        with Store.open(directory) as store:
            return len(store.items.id_by_path().keys() - {str(item.path) for item in gathered.items})
    except (MissingError, InputError):
        return 0


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
    with building(directory, origin_of(encoder)) as change:
        for start in range(0, len(gathered.items), _BATCH):
            pictures = gathered.collection.images[start : start + _BATCH]
            change.add(gathered.items[start : start + _BATCH], encoder.encode(pictures), pictures)
        change.commit()
    return Index.open(directory, encoder.directory.parent.parent)
