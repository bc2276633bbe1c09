"""The disk: what it refuses, said in one line, and what is safely on it."""

from __future__ import annotations

import errno
import os
import platform
import re
import secrets
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aekeras.artefacts.names import shown_path
from aekeras.errors import StorageError

_FREE_SPACE = "Free some space, then run it again."
_OTHER_PLACE = "Choose another place, or change its permissions."
_A_FOLDER = "Choose a place that is a folder."
_REMEDIES = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EFBIG: "Raise the limit on the size of a file, or choose another disk.",
    errno.EACCES: _OTHER_PLACE,
    errno.EPERM: _OTHER_PLACE,
    errno.EROFS: _OTHER_PLACE,
    errno.ENOTDIR: _A_FOLDER,
    errno.EEXIST: _A_FOLDER,
    errno.EISDIR: "Choose a place that is not a folder.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}
_ONE_DAY = 24 * 60 * 60


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns the system's refusals (disk full, no permission, ...) into one clear line about `path`.

    Raises:
        StorageError: The disk is full, a limit is reached, or the place cannot be used.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _REMEDIES:
            raise
        where = f" ({os.fsdecode(error.filename)})" if error.filename else ""
        raise StorageError(
            f"Expected to read and write {shown_path(path)}. Received: {error.strerror}{where}. "
            f"{_REMEDIES[error.errno]}"
        ) from error


def sync(path: Path) -> None:
    """Waits until a file, or the list of names in a folder, is on the disk."""
    windows = os.name == "nt"
    if windows and path.is_dir():
        return  # Windows has no way to sync a folder.
    descriptor = os.open(path, os.O_RDWR if windows else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def partial_path(parent: Path, name: str) -> Iterator[Path]:
    """A path in `parent` for a file or a folder that nobody else uses; what is left there in the end goes.

    What earlier runs that were killed have left of the same name goes first.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(parent, name)
    partial = parent / f".{name}.{_host()}-{os.getpid()}-{secrets.token_hex(4)}.partial"
    try:
        yield partial
    finally:
        _remove(partial)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _host() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"


def _remove_abandoned(parent: Path, name: str) -> None:
    pattern = re.compile(rf"\.{re.escape(name)}\.([0-9a-f]{{8}})-([0-9]{{1,9}})-[0-9a-f]{{8}}\.partial")
    for path in list(parent.iterdir()):
        match = pattern.fullmatch(path.name)
        # Another process may be tidying up too, or just finish what it writes.
        with suppress(FileNotFoundError):
            if match and _is_abandoned(path, host=match[1], process=int(match[2])):
                _remove(path)


def _is_abandoned(path: Path, host: str, process: int) -> bool:
    # A process number says nothing on another machine or in another container, and Windows has no harmless
    # signal to ask with: there, only age tells.
    if host != _host() or os.name == "nt":
        return time.time() - path.stat().st_mtime > _ONE_DAY
    try:
        os.kill(process, 0)
    except OSError as error:
        return error.errno == errno.ESRCH
    return False
