"""From files into indexes: each file is read once, whatever the number of indexes.

    files -> images.stream (on all cores) -> a batch -> per index: codes -> its change -> now and then a commit

Pictures, codes and small pictures in memory do not grow with the number of files: they go to the disk as files fill up.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from aekeras import images
from aekeras.encoding import Encoder
from aekeras.errors import MissingError, UnreadableImageError
from aekeras.images import Picture, Unreadable
from aekeras.index.interruption import Interruption
from aekeras.index.planning import merged
from aekeras.progress import Progress
from aekeras.store import Change, Item, Manifest, PathState

_BATCH = 256  # pictures that are encoded together
# A commit copies the table of items, so there is one whenever so many pictures, and such a share, have come.
_COMMIT_EACH, _COMMIT_SHARE = 4096, 1 / 8


@dataclass(kw_only=True, eq=False)
class Target:
    """An index that is being filled.

    Attributes:
        change: The change in the making.
        encoder: Gives the encoder; it is loaded only when there is something to encode.
        wanted: The files that shall be read for it.
        known: What it knows of files so far.
        knows: Whether it has a content, by its digest; asked from several threads.
        put: Files that are now in it.
    """

    change: Change
    encoder: Callable[[], Encoder]
    wanted: frozenset[str]
    known: Mapping[str, PathState] = field(default_factory=dict)
    knows: Callable[[str], bool] = lambda _: False
    put: set[str] = field(default_factory=set)

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return self.change.origin.image_size


def fill(
    targets: Sequence[Target], facts: Mapping[str, dict[str, str]], progress: Progress, stage: str = "indexing"
) -> list[Unreadable]:
    """Reads the files that the targets want, and puts them into their changes; gives those that are no pictures.

    On Ctrl-C what has come so far is committed where that is of use, so that a later call goes on from there.

    Args:
        targets: The indexes.
        facts: What else is known of files.
        progress: Told how far it is.
        stage: What to call this.

    Raises:
        StorageError: The disk is full, or the place cannot be written.
    """
    files = [Path(path) for path in sorted(frozenset().union(*(target.wanted for target in targets)))]
    unreadable: list[Unreadable] = []
    progress.begin(stage, len(files))
    with Interruption() as interruption, closing(_outcomes(files, targets)) as outcomes:
        for batch in _batches(_watched(outcomes, progress, interruption), unreadable):
            for target in targets:
                _put(target, [picture for picture in batch if str(picture.file.path) in target.wanted], facts)
                _commit_now_and_then(target.change)
        for target in targets:
            _put_unreadable(target, unreadable)
        if interruption.asked:
            progress.warn(_kept(targets))
            raise KeyboardInterrupt
    progress.end(f"{len(files) - len(unreadable):,} pictures")
    return unreadable


def committed(change: Change) -> Manifest | None:
    """Commits what has come; a Ctrl-C meanwhile waits until the codes are safe.

    Raises:
        InputError: The kind that was asked for does not suit the codes: all else is committed then.
        StorageError: The disk is full, or the place cannot be written.
    """
    with Interruption() as interruption:
        change.commit(settle=False)
    if interruption.asked:
        raise KeyboardInterrupt
    return change.commit()


def _kept(targets: Sequence[Target]) -> str:
    """Commits what has come so far where that is of use, and says so."""
    new = [target for target in targets if target.change.interim]
    for target in new:
        target.change.commit(settle=False)
    if not new:
        return "Interrupted: the indexes are as they were."
    most = max(len(target.put) for target in new)
    return f"Interrupted: what was done so far, {most:,} pictures, is kept; `aekeras index sync` goes on from there."


def _outcomes(files: Sequence[Path], targets: Sequence[Target]) -> Generator[Picture | Unreadable, None, None]:
    sizes = sorted({target.size for target in targets})
    return images.stream(files, sizes, lambda content: all(target.knows(content) for target in targets))


def _watched(
    outcomes: Iterable[Picture | Unreadable], progress: Progress, interruption: Interruption
) -> Iterator[Picture | Unreadable]:
    """The same, up to a Ctrl-C."""
    for done, outcome in enumerate(outcomes, start=1):
        yield outcome
        progress.advance(done)
        if interruption.asked:
            break


def _batches(outcomes: Iterable[Picture | Unreadable], unreadable: list[Unreadable]) -> Iterator[list[Picture]]:
    """The pictures in batches; what is none goes to `unreadable`."""
    batch: list[Picture] = []
    for outcome in outcomes:
        if isinstance(outcome, Unreadable):
            unreadable.append(outcome)
            continue
        batch.append(outcome)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _put(target: Target, pictures: Sequence[Picture], facts: Mapping[str, dict[str, str]]) -> None:
    held = {picture.file.digest for picture in pictures if target.change.holds(picture.file.digest)}
    fresh = [
        (picture, pixels)
        for picture in pictures
        if picture.file.digest not in held and (pixels := _pixels(picture, target.size)) is not None
    ]
    if fresh:
        pixels = np.stack([pixels for _, pixels in fresh])
        items = [_item(target, picture, facts) for picture, _ in fresh]
        target.change.add(items, target.encoder().encode(pixels), pixels)
        target.put.update(str(item.path) for item in items)
    copies = [_item(target, picture, facts) for picture in pictures if picture.file.digest in held]
    target.change.add_paths(copies)
    target.put.update(str(item.path) for item in copies)


def _pixels(picture: Picture, size: int) -> np.ndarray | None:
    """The pixels; read again where they were left out because the index had them, and has lost them meanwhile."""
    if picture.pixels:
        return picture.pixels[size]
    try:
        return images.read(picture.file.path, size)
    except (MissingError, UnreadableImageError):
        return None


def _item(target: Target, picture: Picture, facts: Mapping[str, dict[str, str]]) -> Item:
    file = picture.file
    path = str(file.path)
    return Item(
        path=file.path,
        size=file.size,
        mtime_ns=file.mtime_ns,
        digest=file.digest,
        metadata=merged(target.known.get(path), facts.get(path)),
    )


def _put_unreadable(target: Target, unreadable: Sequence[Unreadable]) -> None:
    """What has become unreadable is not the picture any more whose code is there."""
    mine = [file for file in unreadable if str(file.path) in target.wanted]
    # A negative size: it could not be opened, or changed meanwhile, which may be otherwise next time.
    bad = [file for file in mine if file.size >= 0]
    target.change.remove([str(file.path) for file in bad if str(file.path) in target.known])
    target.change.put_unreadable([(str(file.path), file.size, file.mtime_ns, file.reason) for file in bad])


def _commit_now_and_then(change: Change) -> None:
    held = 0 if change.manifest is None else change.manifest.count
    if change.interim and change.added >= max(_COMMIT_EACH, _COMMIT_SHARE * held):
        change.commit(settle=False)
