"""The items of the next generation: a copy of the last ones, changed, then left alone for ever."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aekeras.artefacts import sync
from aekeras.store.items import Item

# File names need not be Unicode: they are kept as the bytes that the system knows them by.
_TABLES = """
    CREATE TABLE contents (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, file INTEGER, row INTEGER);
    CREATE TABLE paths (
        path TEXT PRIMARY KEY, id INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, metadata TEXT
    ) WITHOUT ROWID;
    CREATE INDEX paths_of_ids ON paths (id);
    CREATE TABLE unreadable (
        path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, reason TEXT NOT NULL
    ) WITHOUT ROWID;
"""
_PUT = "INSERT OR REPLACE INTO paths (path, id, size, mtime_ns, metadata) VALUES (CAST(? AS TEXT), ?, ?, ?, ?)"
_READABLE = "DELETE FROM unreadable WHERE path = CAST(? AS TEXT)"
_ERRNO = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EFBIG,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}


class ItemDraft:
    """A file of items that nobody reads yet.

    Raises:
        OSError: From every method: the disk is full, or the place cannot be written.
    """

    def __init__(self, path: Path, base: Path | None) -> None:
        """Begins with a copy of `base`, or with nothing."""
        self.path = path
        if base is not None:
            shutil.copyfile(base, path)
        with self._refusals():
            self._connection = sqlite3.connect(path)
            self._connection.text_factory = os.fsdecode
            try:
                # Nobody reads the file before it is whole, and a broken one is thrown away: no journal is needed.
                self._connection.execute("PRAGMA journal_mode = OFF")
                self._connection.execute("PRAGMA synchronous = OFF")
                if base is None:
                    self._connection.executescript(_TABLES)
            except BaseException:
                self._connection.close()
                raise

    def put_contents(self, rows: Iterable[tuple[int, str, int | None, int | None]]) -> None:
        """Adds contents: (id, digest, file and row of the small picture)."""
        with self._refusals():
            self._connection.executemany("INSERT INTO contents (id, digest, file, row) VALUES (?, ?, ?, ?)", rows)

    def put_paths(self, items: Iterable[tuple[int, Item]]) -> set[int]:
        """Says which content files have; gives the ids of the contents that they had before."""
        left: set[int] = set()
        with self._refusals():
            for key, item in items:
                path = os.fsencode(item.path)
                found = self._connection.execute("SELECT id FROM paths WHERE path = CAST(? AS TEXT)", (path,))
                left.update(old for (old,) in found if old != key)
                metadata = None if item.metadata is None else json.dumps(item.metadata)
                self._connection.execute(_PUT, (path, key, item.size, item.mtime_ns, metadata))
                self._connection.execute(_READABLE, (path,))
        return left

    def describe(self, metadata: Mapping[str, Mapping[str, str]]) -> None:
        """Says what else is known of files."""
        rows = ((json.dumps(known), os.fsencode(path)) for path, known in metadata.items())
        with self._refusals():
            self._connection.executemany("UPDATE paths SET metadata = ? WHERE path = CAST(? AS TEXT)", rows)

    def put_unreadable(self, files: Iterable[tuple[str, int, int, str]]) -> None:
        """Remembers files that are no pictures: (path, size, mtime_ns, reason)."""
        rows = ((os.fsencode(path), *rest) for path, *rest in files)
        with self._refusals():
            self._connection.executemany("INSERT OR REPLACE INTO unreadable VALUES (CAST(? AS TEXT), ?, ?, ?)", rows)

    def remove_paths(self, paths: Iterable[str]) -> set[int]:
        """Forgets files; gives the ids of their contents."""
        left: set[int] = set()
        with self._refusals():
            for path in map(os.fsencode, paths):
                found = self._connection.execute("SELECT id FROM paths WHERE path = CAST(? AS TEXT)", (path,))
                left.update(key for (key,) in found)
                self._connection.execute("DELETE FROM paths WHERE path = CAST(? AS TEXT)", (path,))
                self._connection.execute(_READABLE, (path,))
        return left

    def remove_orphans(self, ids: Iterable[int]) -> set[int]:
        """Of these contents, forgets those that no file has any more; gives their ids."""
        with self._refusals():
            gone = {
                key
                for key in ids
                if self._connection.execute("SELECT 1 FROM paths WHERE id = ? LIMIT 1", (key,)).fetchone() is None
            }
            self._connection.executemany("DELETE FROM contents WHERE id = ?", ((key,) for key in gone))
        return gone

    def place_images(self, places: Mapping[int, tuple[int, int]]) -> None:
        """Says where small pictures lie: (number of the file, row) by id."""
        with self._refusals():
            self._connection.executemany(
                "UPDATE contents SET file = ?, row = ? WHERE id = ?", ((*place, key) for key, place in places.items())
            )

    def image_counts(self) -> dict[int, int]:
        """How many small pictures are in use, by the number of their file."""
        with self._refusals():
            return dict(
                self._connection.execute("SELECT file, COUNT(*) FROM contents WHERE file IS NOT NULL GROUP BY file")
            )

    def images_in(self, file: int) -> list[tuple[int, int]]:
        """The (row, id) of the small pictures of a file that are in use."""
        with self._refusals():
            return list(self._connection.execute("SELECT row, id FROM contents WHERE file = ? ORDER BY row", (file,)))

    def id_of_digest(self, digest: str) -> int | None:
        """The id of a content by its digest."""
        with self._refusals():
            row = self._connection.execute("SELECT id FROM contents WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else row[0]

    def count(self) -> int:
        """How many contents there are."""
        with self._refusals():
            return self._connection.execute("SELECT COUNT(*) FROM contents").fetchone()[0]

    def finish(self) -> None:
        """Brings all to the disk; nothing can be changed afterwards."""
        with self._refusals():
            self._connection.commit()
            self._connection.close()
        sync(self.path)

    def close(self) -> None:
        """Lets go of the file, finished or not."""
        self._connection.close()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Gives SQLite's refusals the numbers that the system has for them."""
        try:
            yield
        except sqlite3.OperationalError as error:
            number = _ERRNO.get(error.sqlite_errorcode & 0xFF)
            if number is None:
                raise
            raise OSError(number, str(error), str(self.path)) from error
