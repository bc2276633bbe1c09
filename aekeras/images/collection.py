"""Many files to one array of pictures."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from aekeras.errors import InputError, StorageError
from aekeras.images.reading import check_size
from aekeras.images.stream import FileState, Unreadable, stream

MEMORY_BUDGET = 2 * 1024**3
"""Bytes of pictures held in memory; more go to a temporary file."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Collection:
    """Pictures and the files they came from, in the order of the files.

    Attributes:
        images: uint8, shape (N, S, S, 3), read-only; N counts the readable files. Above the memory budget it
            is a `numpy.memmap`.
        files: The N files.
        unreadable: The files that were passed over.
        digest: SHA-256 of the pixels in order, hexadecimal.
    """

    images: np.ndarray
    files: tuple[FileState, ...]
    unreadable: tuple[Unreadable, ...]
    digest: str

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The N files' paths, absolute."""
        return tuple(file.path for file in self.files)

    def __len__(self) -> int:
        return len(self.files)

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
    images = _room_for((len(paths), size, size, 3), memory_budget)
    kept: list[FileState] = []
    unreadable: list[Unreadable] = []
    digest = hashlib.sha256()
    with closing(stream(paths, (size,))) as outcomes:
        for done, outcome in enumerate(outcomes, start=1):
            if isinstance(outcome, Unreadable):
                unreadable.append(outcome)
            else:
                images[len(kept)] = outcome.pixels[size]
                digest.update(outcome.pixels[size].data)
                kept.append(outcome.file)
            if advance is not None:
                advance(done, len(paths))
    if not kept:
        raise _none_readable(unreadable)
    readable = images[: len(kept)]
    readable.flags.writeable = False
    return Collection(images=readable, files=tuple(kept), unreadable=tuple(unreadable), digest=digest.hexdigest())


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
