"""The items behind the codes: an SQLite file, read by id or by path without loading the rest.

    contents    id, digest, and where the small picture lies: (number of the file, row), or NULL
    paths       the files that have this content: path, id, size, mtime_ns, metadata (JSON)
    unreadable  files that are no pictures, so that nobody tries again before they change: path, size, mtime_ns, reason

The same bytes under two paths are one content with two paths. An id belongs to its content for ever.
"""

from __future__ import annotations

import json
import os
import sqlite3
import weakref
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aekeras.artefacts import digest, shown_path
from aekeras.errors import InputError
from aekeras.store.filters import matching
from aekeras.store.records import REBUILD

# SQLite before 3.32 takes no more parameters than 999.
_AT_ONCE = 900


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


@dataclass(frozen=True)
class PathState:
    """A file as the index knows it: the id of its content, its size, its time, and its metadata as JSON."""

    id: int
    size: int
    mtime_ns: int
    metadata: str | None


class ItemTable:
    """The items of an index; for any number of threads."""

    def __init__(self, path: Path) -> None:
        """Opens the file.

        Raises:
            InputError: The file is damaged.
        """
        self._path = path
        with self._damage():
            # A file of an index never changes, so nobody needs to lock it.
            uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self.close = weakref.finalize(self, self._connection.close)
            self._connection.text_factory = os.fsdecode
            self._connection.execute("SELECT id, digest, file, row FROM contents LIMIT 1").fetchone()
            self._connection.execute("SELECT path, id, size, mtime_ns, metadata FROM paths LIMIT 1").fetchone()

    def paths(self, ids: Sequence[int]) -> dict[int, list[str]]:
        """The paths of each id, sorted.

        Raises:
            InputError: The file is damaged, or an id is not in it.
        """
        found = defaultdict(list)
        for key, path in self._of_ids("SELECT id, path FROM paths WHERE id IN ({}) ORDER BY path", ids):
            found[key].append(path)
        if missing := set(ids) - set(found):
            raise self._damaged(f"no item has the id {min(missing)}")
        return dict(found)

    def images(self, ids: Sequence[int]) -> dict[int, tuple[int, int] | None]:
        """Where the small picture of each id lies: (number of the file, row); None where there is none."""
        rows = self._of_ids("SELECT id, file, row FROM contents WHERE id IN ({})", ids)
        return {key: None if file is None else (file, row) for key, file, row in rows}

    def id_of(self, path: str) -> int | None:
        """The id of the content that a file has; None where the path is not indexed."""
        with self._damage():
            row = self._connection.execute(
                "SELECT id FROM paths WHERE path = CAST(? AS TEXT)", (os.fsencode(path),)
            ).fetchone()
        return None if row is None else row[0]

    def id_of_digest(self, digest: str) -> int | None:
        """The id of a content; None where it is not indexed."""
        with self._damage():
            row = self._connection.execute("SELECT id FROM contents WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else row[0]

    def states(self) -> dict[str, PathState]:
        """Every file as it is known, by its path."""
        with self._damage():
            rows = self._connection.execute("SELECT path, id, size, mtime_ns, metadata FROM paths")
            return {path: PathState(*rest) for path, *rest in rows}

    def matching(self, where: str) -> dict[int, list[str]]:
        """The ids of which at least one file satisfies a condition, each with these files, sorted.

        Args:
            where: An SQL condition on metadata, as in `aekeras.store.filters`.

        Raises:
            InputError: It is none, or the file is damaged.
        """
        with self._damage():
            return matching(self._connection, where)

    def states_of(self, ids: Sequence[int]) -> dict[int, dict[str, tuple[int, int]]]:
        """The files of each id: size and mtime_ns by path."""
        found: dict[int, dict[str, tuple[int, int]]] = {}
        for key, path, *state in self._of_ids("SELECT id, path, size, mtime_ns FROM paths WHERE id IN ({})", ids):
            found.setdefault(key, {})[path] = (state[0], state[1])
        return found

    def count_paths(self) -> int:
        """How many files there are."""
        with self._damage():
            return self._connection.execute("SELECT COUNT(*) FROM paths").fetchone()[0]

    def unreadable(self) -> dict[str, tuple[int, int]]:
        """Size and mtime_ns of the files that were no pictures."""
        with self._damage():
            rows = self._connection.execute("SELECT path, size, mtime_ns FROM unreadable")
            return {path: (size, mtime_ns) for path, size, mtime_ns in rows}

    def below(self, folder: str) -> dict[int, list[str]]:
        """The paths below a folder, sorted, by the ids of their contents."""
        prefix = os.fsencode(folder.rstrip(os.sep) + os.sep)
        behind = prefix[:-1] + bytes([prefix[-1] + 1])
        found = defaultdict(list)
        with self._damage():
            for key, path in self._connection.execute(
                "SELECT id, path FROM paths WHERE path >= CAST(? AS TEXT) AND path < CAST(? AS TEXT) ORDER BY path",
                (prefix, behind),
            ):
                found[key].append(path)
        return dict(found)

    def id_by_path(self) -> dict[str, int]:
        """The id of every file."""
        with self._damage():
            return dict(self._connection.execute("SELECT path, id FROM paths"))

    def __iter__(self) -> Iterator[tuple[int, Item]]:
        """All (id, item), in the order of the ids; a content with two paths comes twice."""
        columns = "contents.id, path, size, mtime_ns, digest, metadata"
        with self._damage():
            for key, path, size, mtime_ns, content, metadata in self._connection.execute(
                f"SELECT {columns} FROM contents JOIN paths ON paths.id = contents.id ORDER BY contents.id, path"
            ):
                known = None if metadata is None else json.loads(metadata)
                yield (
                    key,
                    Item(path=Path(path), size=size, mtime_ns=mtime_ns, digest=content, metadata=known),
                )

    def check(self, ids: set[int], images: dict[int, int]) -> None:
        """Passes when the items fit to the codes with these ids and to files of so many small pictures.

        Raises:
            InputError: They do not.
        """
        with self._damage():
            contents = list(self._connection.execute("SELECT id, file, row FROM contents"))
            if (number := {key for key, *_ in contents} ^ ids) or len(contents) != len(ids):
                raise self._damaged(f"the item or the code with the id {min(number, default=-1)} is missing")
            if {key for (key,) in self._connection.execute("SELECT DISTINCT id FROM paths")} != ids:
                raise self._damaged("an item has no path")
        for key, file, row in contents:
            if file is not None and not 0 <= row < images.get(file, 0):
                raise self._damaged(f"the small picture of the id {key} is missing")

    def _of_ids(self, query: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        with self._damage():
            for start in range(0, len(ids), _AT_ONCE):
                part = ids[start : start + _AT_ONCE]
                yield from self._connection.execute(query.format(",".join("?" * len(part))), part)

    @contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError as error:
            raise InputError("Expected an open index. Received: a closed one. Open it again.") from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, reason: str) -> InputError:
        return InputError(
            f"Expected the items of an index. Received: {shown_path(self._path)}, "
            f"which is damaged ({reason}). {REBUILD}"
        )
