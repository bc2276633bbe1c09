"""One generation of an index: its two files, written beside the old ones and made current by the manifest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from aekeras.artefacts import digest, shown_path, storage_errors, sync
from aekeras.errors import InputError, MissingError
from aekeras.index.codes import Codes, write_codes
from aekeras.index.items import Item, write_items
from aekeras.index.manifest import REBUILD, Manifest, Origin, StoredFile

_FILE = re.compile(r"(?:codes|items)-([0-9]+)\.(?:faiss|sqlite)")
# Some milliseconds' worth of reading, for certainty; what is larger is not read when an index is opened.
_READ_WHOLE = 4 * 1024 * 1024


def write_generation(directory: Path, codes: Codes, items: Sequence[Item], origin: Origin) -> Manifest:
    """Writes the next generation and makes it the current one; when that fails, nothing of it is left.

    Raises:
        OSError: The disk is full, or the place cannot be written.
    """
    # What a killed run has left behind counts too: no file is ever written twice.
    number = max((number for number, _ in _files(directory)), default=0) + 1
    try:
        return _write(directory, number, (codes, items), origin)
    except BaseException:
        if _current(directory) != number:
            _remove(path for found, path in _files(directory) if found == number)
        raise


def remove_older(directory: Path, number: int) -> None:
    """Removes the files of earlier generations."""
    _remove(path for found, path in _files(directory) if found < number)


def check_file(path: Path, stored: StoredFile, *, whole: bool = False) -> None:
    """Passes when the file is as it was written: its size, and every byte of a small one or of a `whole` one.

    Raises:
        MissingError: There is no such file.
        InputError: It has changed.
        StorageError: It cannot be read.
    """
    try:
        with storage_errors(path), path.open("rb"):
            size = path.stat().st_size
    except FileNotFoundError as error:
        raise MissingError(f"Expected a file at {shown_path(path)}. Found none. {REBUILD}") from error
    if size != stored.size:
        raise _damaged(path, f"{size} bytes instead of {stored.size}")
    if (whole or size <= _READ_WHOLE) and digest(path) != stored.sha256:
        raise _damaged(path, "other bytes")


def _damaged(path: Path, found: str) -> InputError:
    return InputError(f"Expected {shown_path(path)} as it was written. Received: {found}: it is damaged. {REBUILD}")


def _write(directory: Path, number: int, content: tuple[Codes, Sequence[Item]], origin: Origin) -> Manifest:
    codes, items = content
    ids = np.arange(len(items), dtype=np.int64)
    codes_path = directory / f"codes-{number}.faiss"
    items_path = directory / f"items-{number}.sqlite"
    write_codes(codes_path, codes, ids)
    write_items(items_path, ids.tolist(), items)
    sync(directory)
    manifest = Manifest(
        origin=origin,
        generation=number,
        kind="flat",
        count=len(items),
        code_dim=codes.shape[1],
        next_id=len(items),
        codes=StoredFile.of(codes_path),
        items=StoredFile.of(items_path),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    manifest.write(directory)
    return manifest


def _files(directory: Path) -> list[tuple[int, Path]]:
    matches = ((_FILE.fullmatch(path.name), path) for path in directory.iterdir())
    return [(int(match[1]), path) for match, path in matches if match]


def _current(directory: Path) -> int | None:
    try:
        return Manifest.read(directory).generation
    except (MissingError, InputError):
        return None


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        # Windows keeps a file while somebody has it open; the next generation removes it.
        with suppress(PermissionError):
            path.unlink(missing_ok=True)
