"""The files of an index: each written once under a number of its own, and never changed."""

from __future__ import annotations

import hashlib
import mmap
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from aekeras.artefacts import shown_path, storage_errors
from aekeras.errors import InputError, MissingError
from aekeras.store.records import REBUILD, StoredFile

_FILE = re.compile(r"(?:codes|items|images|search)-([0-9]{1,15})\.(?:faiss|sqlite|npy)(?:-journal)?")
# A few milliseconds' worth of reading, for certainty; what is larger is read when an index is verified.
_READ_WHOLE = 4 * 1024 * 1024


class Numbers:
    """Names for new files; what a killed run has left behind counts too, so no file is ever written twice."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._next = max((number for number, _ in _numbered(directory)), default=0) + 1

    def new(self, kind: str, suffix: str) -> tuple[int, Path]:
        """A number, and the path of a new file such as `codes-7.faiss`."""
        number = self._next
        self._next += 1
        return number, self._directory / f"{kind}-{number}.{suffix}"


def number_of(name: str) -> int:
    """The number in the name of a file."""
    match = _FILE.fullmatch(name)
    if match is None:
        raise InputError(f"Expected the name of a file of an index. Received: {name!r}. {REBUILD}")
    return int(match[1])


def remove_others(directory: Path, named: Collection[str]) -> None:
    """Removes what earlier generations, and changes that came to nothing, have left; for the writer only."""
    for _, path in _numbered(directory):
        if path.name not in named:
            # Windows keeps a file while somebody has it open; the next change removes it.
            with suppress(PermissionError):
                path.unlink(missing_ok=True)


def check_file(path: Path, stored: StoredFile, *, whole: bool = False) -> None:
    """Passes when the file is as it was written: its size, and every byte of a small one or of a `whole` one.

    Raises:
        MissingError: There is no such file.
        InputError: It has changed.
        StorageError: It cannot be read.
    """
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size != stored.size:
            raise _damaged(path, f"{size} bytes instead of {stored.size}")
        if (whole or size <= _READ_WHOLE) and hashlib.file_digest(file, "sha256").hexdigest() != stored.sha256:
            raise _damaged(path, "other bytes")


class UnreadFile:
    """A large file of which not every byte was read; it can be read even when a later generation has removed it."""

    def __init__(self, path: Path, stored: StoredFile) -> None:
        """Holds the file.

        Raises:
            MissingError: There is no such file.
            StorageError: It cannot be read.
        """
        self._path, self._stored = path, stored
        with _opened(path) as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def check(self) -> None:
        """Passes when every byte is as it was written.

        Raises:
            InputError: It has changed.
        """
        if hashlib.sha256(self._bytes).hexdigest() != self._stored.sha256:
            raise _damaged(self._path, "other bytes")


def unread_files(directory: Path, files: Collection[StoredFile]) -> list[UnreadFile]:
    """Those of the files of which `check_file` reads only the size.

    Raises:
        MissingError: There is no such file.
        StorageError: It cannot be read.
    """
    return [UnreadFile(directory / stored.name, stored) for stored in files if stored.size > _READ_WHOLE]


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    try:
        with storage_errors(path), path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise MissingError(f"Expected a file at {shown_path(path)}. Found none. {REBUILD}") from error


def _damaged(path: Path, found: str) -> InputError:
    return InputError(f"Expected {shown_path(path)} as it was written. Received: {found}: it is damaged. {REBUILD}")


def _numbered(directory: Path) -> list[tuple[int, Path]]:
    matches = ((_FILE.fullmatch(path.name), path) for path in directory.iterdir())
    return [(int(match[1]), path) for match, path in matches if match and not path.is_dir()]
