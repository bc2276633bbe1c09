"""The items behind the codes: one SQLite table, written once and read by id."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aekeras.artefacts import digest, shown_path, sync
from aekeras.errors import InputError
from aekeras.index.manifest import REBUILD

_COLUMNS = "id, path, size, mtime_ns, digest, metadata"
_TABLE = """
    CREATE TABLE items (
        id INTEGER PRIMARY KEY, path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        digest TEXT NOT NULL, metadata TEXT
    )
"""
# File names need not be Unicode: they are kept as the bytes that the system knows them by.
_INSERT = f"INSERT INTO items ({_COLUMNS}) VALUES (?, CAST(? AS TEXT), ?, ?, ?, ?)"
_ERRNO = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EFBIG,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}
# SQLite before 3.32 takes no more parameters than 999.
_IDS_AT_ONCE = 900


@dataclass(frozen=True, kw_only=True)
class Item:
    """A picture as it was when its code was made.

    Attributes:
        path: Absolute path.
        size: Bytes.
        mtime_ns: Time of its last change, nanoseconds.
        digest: SHA-256 of the file, 64 hexadecimal digits.
        metadata: What else is known of it.
    """

    path: Path
    size: int
    mtime_ns: int
    digest: str
    metadata: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if not self.path.is_absolute():
            raise InputError(f"Expected an absolute path. Received: {self.path}. Use `Path.absolute()`.")

    @classmethod
    def of(cls, path: Path, metadata: dict[str, str] | None = None) -> Item:
        """The item of a file as it is now; reads the whole file for its digest.

        Raises:
            MissingError: There is no such file.
        """
        content = digest(path)
        status = path.stat()
        return cls(
            path=path.absolute(),
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
            digest=content,
            metadata=metadata,
        )


def write_items(path: Path, ids: Iterable[int], items: Iterable[Item]) -> None:
    """Writes a new file of items, synced.

    Raises:
        OSError: The disk is full, or the place cannot be written.
    """
    with _refusals(path), closing(sqlite3.connect(path)) as connection:
        # Nobody reads the file before it is whole, and a broken one is thrown away: no journal is needed.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        with connection:
            connection.execute(_TABLE)
            connection.executemany(_INSERT, map(_row, ids, items))
    sync(path)


class ItemTable:
    """The items of an index, read by id without loading the rest; for any number of threads."""

    def __init__(self, path: Path) -> None:
        """Opens the file.

        Raises:
            InputError: The file is damaged.
        """
        self._path = path
        with self._damage():
            # The file of a generation never changes, so nobody needs to lock it.
            uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self.close = weakref.finalize(self, self._connection.close)
            self._connection.text_factory = os.fsdecode
            self._connection.execute(f"SELECT {_COLUMNS} FROM items LIMIT 1").fetchone()

    def paths(self, ids: Sequence[int]) -> dict[int, Path]:
        """The path of each id.

        Raises:
            InputError: The file is damaged, or an id is not in it.
        """
        found: dict[int, Path] = {}
        with self._damage():
            for start in range(0, len(ids), _IDS_AT_ONCE):
                part = ids[start : start + _IDS_AT_ONCE]
                marks = ",".join("?" * len(part))
                rows = self._connection.execute(f"SELECT id, path FROM items WHERE id IN ({marks})", part)
                found.update((key, Path(path)) for key, path in rows)
        if missing := set(ids) - set(found):
            raise self._damaged(f"no item has the id {min(missing)}")
        return found

    def __iter__(self) -> Iterator[tuple[int, Item]]:
        """All (id, item), in the order of the ids."""
        with self._damage():
            for row in self._connection.execute(f"SELECT {_COLUMNS} FROM items ORDER BY id"):
                yield row[0], _item(row)

    @contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, reason: str) -> InputError:
        return InputError(
            f"Expected the items of an index. Received: {shown_path(self._path)}, "
            f"which is damaged ({reason}). {REBUILD}"
        )


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Gives SQLite's refusals the numbers that the system has for them."""
    try:
        yield
    except sqlite3.OperationalError as error:
        number = _ERRNO.get(error.sqlite_errorcode & 0xFF)
        if number is None:
            raise
        raise OSError(number, str(error), str(path)) from error


def _row(key: int, item: Item) -> tuple[Any, ...]:
    metadata = None if item.metadata is None else json.dumps(item.metadata)
    return key, os.fsencode(item.path), item.size, item.mtime_ns, item.digest, metadata


def _item(row: tuple[Any, ...]) -> Item:
    _, path, size, mtime_ns, content, metadata = row
    return Item(
        path=Path(path),
        size=size,
        mtime_ns=mtime_ns,
        digest=content,
        metadata=None if metadata is None else json.loads(metadata),
    )
