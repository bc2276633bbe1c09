"""Many files, one after the other: what each was when it was read, and its pixels."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from aekeras.images.quiet import quiet
from aekeras.images.reading import check_regular, check_size, decoded, reason

_CHANGED = "it changed while it was read"


@dataclass(frozen=True, kw_only=True)
class FileState:
    """A file as it was when it was read.

    Attributes:
        path: Absolute.
        size: Bytes.
        mtime_ns: When it was last written, in nanoseconds since 1970.
        digest: SHA-256 of what it holds, 64 hexadecimal digits.
    """

    path: Path
    size: int
    mtime_ns: int
    digest: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A picture in the sizes asked for, and the file it came from.

    Attributes:
        file: The file.
        pixels: By side S: uint8, shape (S, S, 3), as `read` gives it. Empty where the file was `known`.
    """

    file: FileState
    pixels: Mapping[int, np.ndarray]


@dataclass(frozen=True)
class Unreadable:
    """A file that was passed over, and why; unpacks to these two.

    Attributes:
        path: Absolute.
        reason: A few words on one line.
        size: Bytes, where the fault is in what the file holds: as long as size and time stay, reading it again is
            in vain. -1 where another try may succeed: it could not be opened, or it changed meanwhile.
        mtime_ns: As in `FileState`; -1 where `size` is.
    """

    path: Path
    reason: str
    size: int = field(default=-1, compare=False)
    mtime_ns: int = field(default=-1, compare=False)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.path, self.reason))


def stream(
    files: Sequence[Path], sizes: Sequence[int], known: Callable[[str], bool] | None = None
) -> Generator[Picture | Unreadable, None, None]:
    """Each file's picture, in the order of the files; read on all cores, a few ahead of the one that is given.

    Memory does not grow with the number of files. A file is opened once. Closing the generator ends the reading:
    at most one file per core is finished, the others are dropped.

    Args:
        files: Paths, as `find` gives them.
        sizes: Sides of the pictures in pixels.
        known: Asked for the digest of each file, in several threads at once; where it says yes, the file is not
            decoded.

    Raises:
        InputError: A size below 1.
    """
    for size in sizes:
        check_size(size)
    return _in_order([Path(file).absolute() for file in files], tuple(sizes), known)


def _in_order(
    files: Sequence[Path], sizes: Sequence[int], known: Callable[[str], bool] | None
) -> Generator[Picture | Unreadable, None, None]:
    workers = _cores()
    under_way: deque[Future[Picture | Unreadable]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="aekeras-images")
    with quiet():
        try:
            for path in files:
                under_way.append(pool.submit(_outcome, path, sizes, known))
                if len(under_way) >= 8 * workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            # Also on KeyboardInterrupt: at most one file per worker is finished, the others are dropped.
            pool.shutdown(cancel_futures=True)


def _outcome(path: Path, sizes: Sequence[int], known: Callable[[str], bool] | None) -> Picture | Unreadable:
    before: tuple[int, int] | None = None
    with ExitStack() as until_read:
        try:
            status = path.stat()
            before = status.st_size, status.st_mtime_ns
            check_regular(status)  # before it is opened: a pipe would wait for its other end
            file = until_read.enter_context(path.open("rb"))
            before = _size_and_time(file)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        except Exception as fault:
            return _unreadable(path, fault, before)
        if known is not None and known(digest):  # whose errors are the caller's, not the file's
            sizes = ()
        outcome = _decoded(file, sizes, FileState(path=path, size=before[0], mtime_ns=before[1], digest=digest))
        return outcome if _size_and_time(file) == before else Unreadable(path, _CHANGED)


def _decoded(file: IO[bytes], sizes: Sequence[int], state: FileState) -> Picture | Unreadable:
    pixels: dict[int, np.ndarray] = {}
    try:
        for size in sizes:
            pixels[size] = decoded(file, size)
    except Exception as fault:  # As in `read`: one damaged file must not stop the others.
        return _unreadable(state.path, fault, (state.size, state.mtime_ns))
    return Picture(file=state, pixels=pixels)


def _unreadable(path: Path, fault: Exception, size_and_time: tuple[int, int] | None) -> Unreadable:
    from_the_system = isinstance(fault, MemoryError) or (isinstance(fault, OSError) and fault.errno is not None)
    return Unreadable(path, reason(fault), *((-1, -1) if from_the_system or not size_and_time else size_and_time))


def _size_and_time(file: IO[bytes]) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
