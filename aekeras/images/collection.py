"""Many files to one array of pictures."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aekeras.errors import InputError, StorageError
from aekeras.images.quiet import quiet
from aekeras.images.reading import check_size, pixels_of, reason

MEMORY_BUDGET = 2 * 1024**3
"""Bytes of pictures held in memory; more go to a temporary file."""


class Unreadable(NamedTuple):
    """A file that was passed over, and why, in a few words."""

    path: Path
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Collection:
    """Pictures and the files they came from, in the order of the files.

    Attributes:
        images: uint8, shape (N, S, S, 3), read-only; N counts the readable files. Above the memory budget it
            is a `numpy.memmap`.
        paths: The N files, absolute.
        unreadable: The files that were passed over.
        digest: SHA-256 of the pixels in order, hexadecimal.
    """

    images: np.ndarray
    paths: tuple[Path, ...]
    unreadable: tuple[Unreadable, ...]
    digest: str

    def __len__(self) -> int:
        return len(self.paths)

    def __repr__(self) -> str:
        side = self.images.shape[1]
        return (
            f"Collection({len(self):,} pictures of {side}x{side}, "
            f"{len(self.unreadable):,} unreadable, sha256 {self.digest[:12]})"
        )


def load(
    paths: Sequence[Path],
    size: int,
    *,
    memory_budget: int = MEMORY_BUDGET,
    advance: Callable[[int, int], None] | None = None,
) -> Collection:
    """The pictures of the files, read on all cores; unreadable ones are passed over and recorded.

    Args:
        paths: The files, as `find` gives them.
        size: Side of every picture in pixels.
        memory_budget: Bytes; above it the pictures lie in a temporary file that vanishes with the process.
        advance: Called with (done, total) after each file.

    Raises:
        InputError: No file at all, or none that can be read.
        StorageError: No room for the temporary file.
    """
    check_size(size)
    files = tuple(Path(path).absolute() for path in paths)
    images = _room_for((len(files), size, size, 3), memory_budget)
    kept: list[Path] = []
    unreadable: list[Unreadable] = []
    digest = hashlib.sha256()
    with closing(_read_in_order(files, size)) as outcomes:
        for done, (path, outcome) in enumerate(outcomes, start=1):
            if isinstance(outcome, Unreadable):
                unreadable.append(outcome)
            else:
                images[len(kept)] = outcome
                digest.update(outcome.data)
                kept.append(path)
            if advance is not None:
                advance(done, len(files))
    if not kept:
        raise _none_readable(unreadable)
    readable = images[: len(kept)]
    readable.flags.writeable = False
    return Collection(images=readable, paths=tuple(kept), unreadable=tuple(unreadable), digest=digest.hexdigest())


def _read_in_order(files: Sequence[Path], size: int) -> Generator[tuple[Path, np.ndarray | Unreadable], None, None]:
    """Each file with its outcome; few are under way at once, so memory does not grow with their number."""
    workers = _cores()
    under_way: deque[tuple[Path, Future[np.ndarray | Unreadable]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="aekeras-images")
    with quiet():
        try:
            for path in files:
                under_way.append((path, pool.submit(_outcome, path, size)))
                if len(under_way) >= 8 * workers:
                    first, outcome = under_way.popleft()
                    yield first, outcome.result()
            for path, outcome in under_way:
                yield path, outcome.result()
        finally:
            # Also on KeyboardInterrupt: at most one picture per worker is finished, the others are dropped.
            pool.shutdown(cancel_futures=True)


def _outcome(path: Path, size: int) -> np.ndarray | Unreadable:
    try:
        return pixels_of(path, size)
    except Exception as fault:  # As in `read`: one damaged file must not stop the others.
        return Unreadable(path, reason(fault))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _room_for(shape: tuple[int, ...], memory_budget: int) -> np.ndarray:
    bytes_needed = int(np.prod(shape, dtype=np.int64))
    if bytes_needed <= memory_budget:
        return np.empty(shape, np.uint8)
    try:
        with tempfile.TemporaryFile(prefix="aekeras-images-") as file:
            if hasattr(os, "posix_fallocate"):
                # Without it a full disk would end the process with SIGBUS in the middle of the reading.
                os.posix_fallocate(file.fileno(), 0, bytes_needed)
            return np.memmap(file, np.uint8, "w+", shape=shape)
    except OSError as fault:
        raise StorageError(
            f"Expected room for {bytes_needed:,} bytes of pictures in '{tempfile.gettempdir()}'. "
            f"Received: {fault.strerror}. Free some, set TMPDIR to a larger disk, or use smaller pictures."
        ) from fault


def _none_readable(unreadable: Sequence[Unreadable]) -> InputError:
    if not unreadable:
        return InputError("Expected at least one picture. Received: no file. Name a file or a folder.")
    first = unreadable[0]
    return InputError(
        f"Expected at least one readable picture. Received: {len(unreadable):,} files, none of them readable; the "
        f"first is {str(first.path)!r} ({first.reason}). Name other files."
    )
