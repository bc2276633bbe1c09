"""Which pictures satisfy a condition on what is known of them: `hue > 40 AND label IN ('cat', 'dog')`.

A condition is an expression of SQL. SQLite itself judges it, in a database of its own that holds the columns it reads
and nothing else: no condition reaches the index or a file.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import string
import time
from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

from aekeras.errors import InputError, did_you_mean

OF_FILES = ("path", "name", "size")
"""Columns that every picture has: its absolute path, the name of the file, its bytes."""

_ROWS_AT_ONCE = 20_000  # judged together, so memory does not grow with the index
_SECONDS = 5.0  # for so many rows: a hundred times what an honest condition takes
_LONGEST = 10_000_000  # bytes of what a condition computes
_SHOWN = 200  # characters of a condition in a message
_FUNCTIONS = frozenset(
    "abs ceil ceiling coalesce current_date current_time current_timestamp date datetime floor glob ifnull iif instr "
    "julianday length like lower ltrim max min nullif replace round rtrim sign strftime substr substring time trim "
    "typeof unicode unixepoch upper".split()
)
# The tokens of SQLite that matter here; to it, every character beyond ASCII is a letter.
_TOKEN = re.compile(
    r"""'(?:[^']|'')*'
    |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<word>[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)
    |\d[\w.]*
    |(?P<parenthesis>[()])
    |(?P<foreign>--|/\*|[;?:@$\#'"`\[\0])""",
    re.VERBOSE | re.ASCII,
)
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def matching(connection: sqlite3.Connection, where: str) -> dict[int, list[str]]:
    """The ids of which at least one path satisfies a condition, ascending, each with these paths, sorted.

    Its columns are those of `OF_FILES` and the keys of the metadata; a key with a name of `OF_FILES` is hidden. SQL
    does not tell case apart in names: keys that differ in case only are one column, and a picture that has several of
    them has the first by name. A picture without the key has NULL.

    A value that looks like a number is one, and less than every text, as in any column of affinity NUMERIC: '007' is
    equal to '007' and to 7, and LIKE sees '7'. Path and name are always text.

    Args:
        connection: To a file with a table `paths` (path, id, size, metadata).
        where: An expression of SQL without subqueries.

    Raises:
        InputError: It is no such expression, reads a column that there is not, or takes too long.
        sqlite3.DatabaseError: The file is damaged.
    """
    found = defaultdict(list)
    seen: set[str] = set()
    with closing(_Judge(where)) as judge:
        rows = _rows(connection, judge.keys, seen)
        while part := list(islice(rows, _ROWS_AT_ONCE)):
            for key, path in judge.satisfied(part):
                found[key].append(os.fsdecode(path))
    _check_columns(judge.keys, seen)
    return {key: sorted(found[key]) for key in sorted(found)}


class _Judge:
    """A database in memory that tells which rows satisfy a condition.

    Its table has a column for every name that the condition mentions: where there is no such column, SQLite takes
    "a name" in double quotes for a text. Only those that the condition reads are filled.

    Attributes:
        keys: The columns besides `OF_FILES` that the condition reads.
    """

    def __init__(self, where: str) -> None:
        names = {_folded(name): name for name in _names(where) if _folded(name) not in OF_FILES}
        self._id = "id"
        while self._id in names:
            self._id += "_"
        self._where = where
        self._select = f"SELECT {self._id}, CAST(path AS BLOB) FROM pictures WHERE (\n{where}\n)"
        self._deadline = 0.0
        self._database = sqlite3.connect(":memory:")
        self._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        columns = [f"{self._id} INTEGER", "path TEXT", "name TEXT", "size INTEGER"]
        columns += [f"{_quoted(name)} NUMERIC" for name in names.values()]
        with self._faults():
            self._database.execute(f"CREATE TABLE pictures ({', '.join(columns)})")
        read = self._columns_read()
        self.keys = [name for folded, name in names.items() if folded in read]
        self._database.set_progress_handler(self._late, 10_000)

    def close(self) -> None:
        self._database.close()

    def satisfied(self, rows: Sequence[Row]) -> list[tuple[int, bytes]]:
        """The ids and paths of the rows that satisfy the condition."""
        filled = [self._id, *OF_FILES, *map(_quoted, self.keys)]
        # As bytes: a path need not be Unicode.
        values = ["?", "CAST(? AS TEXT)", "CAST(? AS TEXT)", "?", *["CAST(? AS TEXT)"] * len(self.keys)]
        self._deadline = time.monotonic() + _SECONDS
        with self._faults():
            self._database.execute("DELETE FROM pictures")
            self._database.executemany(
                f"INSERT INTO pictures ({', '.join(filled)}) VALUES ({', '.join(values)})", rows
            )
            return self._database.execute(self._select).fetchall()

    def _columns_read(self) -> set[str]:
        """Prepares the condition under the eyes of an authorizer: the columns that it reads, folded.

        Raises:
            InputError: It is not an expression, or does more than compare.
        """
        read: set[str] = set()
        refused: list[str] = []
        queries = 0

        def authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
            nonlocal queries
            queries += action == sqlite3.SQLITE_SELECT
            if action == sqlite3.SQLITE_READ and first == "pictures":
                read.add(_folded(second or ""))
            elif action == sqlite3.SQLITE_FUNCTION and _folded(second or "") not in _FUNCTIONS:
                refused.append(f"{second} is none of the functions {', '.join(sorted(_FUNCTIONS))}")
            elif action not in (sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION) and queries > 1:
                refused.append("it has a subquery")
            elif action not in (sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_SELECT):
                refused.append("it does more than compare")
