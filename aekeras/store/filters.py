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
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

from aekeras.errors import InputError, did_you_mean

OF_FILES = ("path", "name", "bytes")
"""Columns that every picture has: its absolute path, the name of the file, its bytes."""

_ROWS_AT_ONCE = 20_000  # judged together, so memory does not grow with the index
_SECONDS = 5.0  # for so many rows: a hundred times what an honest condition takes
_LONGEST = 100_000  # bytes of what a condition computes: one step of SQLite cannot be interrupted
_SHOWN = 200  # characters of a condition in a message
# None that reads files, tells about SQLite, differs from call to call, or makes much out of little.
_FUNCTION = re.compile(
    "abs|ceil|ceiling|floor|max|min|round|sign|trunc|unicode"
    "|glob|instr|length|like|lower|ltrim|replace|rtrim|substr|substring|trim|upper"
    "|coalesce|ifnull|iif|nullif|typeof"
    "|current_date|current_time|current_timestamp|date|datetime|julianday|strftime|time|unixepoch"
)
# The tokens of SQLite that matter here; to it, every character beyond ASCII is a letter.
_TOKEN = re.compile(
    r"""'(?:[^']|'')*'
    |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<word>[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)
    |\d[\w.]*
    |[()]
    |(?P<unclosed>['"`\[])
    |(?P<foreign>--|/\*|[;?:@$\#\0])""",
    re.VERBOSE | re.ASCII,
)
_Row = tuple[Any, ...]  # id, path, name, bytes, and the value of each key that the condition reads; texts as bytes
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
        where: An expression of SQL: comparisons, LIKE, GLOB, IN, BETWEEN, IS NULL, AND, OR, NOT, arithmetic, and
            functions of numbers, texts and dates; without subqueries.

    Raises:
        InputError: It is no such expression, reads a column that there is not, or takes too long.
        sqlite3.DatabaseError: The file is damaged.
    """
    found = defaultdict(list)
    seen: set[str] = set()
    with closing(sqlite3.connect(":memory:")) as database:
        judge = _Judge(database, where)
        rows = _rows(connection, judge.keys, seen)
        while part := list(islice(rows, _ROWS_AT_ONCE)):
            for key, path in judge.satisfied(part):
                found[key].append(os.fsdecode(path))
    _check_columns(judge.keys, seen)
    return {key: sorted(found[key]) for key in sorted(found)}


class _Judge:
    """A database in memory, empty at first, that tells which rows satisfy a condition.

    Its table has a column for every name that the condition mentions: where there is no such column, SQLite takes
    "a name" in double quotes for a text. Only the columns that the condition reads are filled.

    Attributes:
        keys: The columns besides `OF_FILES` that the condition reads.
    """

    def __init__(self, database: sqlite3.Connection, where: str) -> None:
        names = {_folded(name): name for name in _names(where) if _folded(name) not in OF_FILES}
        hidden = "id"
        while hidden in names:
            hidden += "_"
        self._database, self._where, self._deadline = database, where, 0.0
        self._select = f"SELECT {hidden}, CAST(path AS BLOB) FROM pictures WHERE (\n{where}\n)"
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        columns = [f"{hidden} INTEGER", "path TEXT", "name TEXT", "bytes INTEGER"]
        columns += [f"{_quoted(name)} NUMERIC" for name in names.values()]
        authority = _Authority()
        with self._faults(authority):
            database.execute(f"CREATE TABLE pictures ({', '.join(columns)})")
            database.set_authorizer(authority)
            database.execute(self._select)
        database.set_authorizer(None)
        database.set_progress_handler(lambda: time.monotonic() > self._deadline, 1_000)
        self.keys = [name for folded, name in names.items() if folded in authority.read]
        filled = ", ".join([hidden, *OF_FILES, *map(_quoted, self.keys)])
        texts = ", CAST(? AS TEXT)" * len(self.keys)  # as bytes, since a path need not be Unicode
        self._insert = f"INSERT INTO pictures ({filled}) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), ?{texts})"

    def satisfied(self, rows: Sequence[_Row]) -> list[tuple[int, bytes]]:
        """The ids and paths of the rows that satisfy the condition."""
        self._deadline = time.monotonic() + _SECONDS
        with self._faults():
            self._database.execute("DELETE FROM pictures")
            self._database.executemany(self._insert, rows)
            return self._database.execute(self._select).fetchall()

    @contextmanager
    def _faults(self, authority: _Authority | None = None) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            reason = str(error)
            if authority and authority.refusal:
                reason = authority.refusal
            elif getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                if time.monotonic() <= self._deadline:  # then somebody wants to leave, and SQLite has swallowed it
                    raise KeyboardInterrupt from error
                reason = f"it takes more than {_SECONDS:.0f} seconds for {_ROWS_AT_ONCE:,} pictures"
            elif reason.startswith('near ")"') and ")" not in self._where:
                reason = "it ends too early"  # SQLite met the parenthesis that is put around it
            raise _refused(self._where, reason) from error


class _Authority:
    """Says to SQLite what a condition may do: read its row and call harmless functions.

    Attributes:
        read: The columns that it reads, folded.
        refusal: What it must not do, where it tried to.
    """

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.refusal = ""
        self._queries = 0

    def __call__(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        self.refusal = self.refusal or self._objection(action, first, _folded(second or ""))
        return sqlite3.SQLITE_DENY if self.refusal else sqlite3.SQLITE_OK

    def _objection(self, action: int, first: str | None, second: str) -> str:
        if action == sqlite3.SQLITE_READ and first == "pictures":
            self.read.add(second)
            return ""
        if action == sqlite3.SQLITE_FUNCTION:
            return "" if _FUNCTION.fullmatch(second) else f"`{second}` is not allowed in it"
        self._queries += action == sqlite3.SQLITE_SELECT
        return "" if action == sqlite3.SQLITE_SELECT and self._queries == 1 else "it has a subquery"


def _names(where: str) -> list[str]:
    """The names that a condition mentions, keywords among them; it is sure to end where its parentheses do.

    Raises:
        InputError: It is empty, or has what no expression has.
    """
    if not where.strip():
        raise _refused(where, "it is empty")
    if not where.isascii() and re.search("[\ud800-\udfff]", where):
        raise _refused(where, "it is not Unicode")
    names, depth = [], 0
    for token in _TOKEN.finditer(where):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if token["foreign"]:
            raise _refused(where, f"it has a {token[0]!r}")
        if token["unclosed"]:
            raise _refused(where, f"its {token[0]} is not closed")
        if depth < 0:
            break
        if token["quoted"]:
            mark = token[0][-1]
            names.append(token[0][1:-1].replace(mark * 2, mark))
        elif token["word"] and _folded(token[0]) not in ("true", "false"):
            names.append(token[0])
    if depth:
        raise _refused(where, "its parentheses do not match")
    return names


def _rows(connection: sqlite3.Connection, keys: Sequence[str], seen: set[str]) -> Iterator[_Row]:
    """All paths; `seen` becomes the names of all metadata, where a condition reads any."""
    spellings: dict[str, list[str]] = {_folded(key): [] for key in keys}
    metadata = "metadata" if keys else "NULL"
    for key, path, size, text in connection.execute(f"SELECT id, CAST(path AS BLOB), size, {metadata} FROM paths"):
        known = json.loads(text) if text else {}
        if not known.keys() <= seen:
            for name in known.keys() - seen:
                seen.add(name)
                insort(spellings.get(_folded(name), []), name)
        values = [_value(known, names) for names in spellings.values()]
        yield key, path, os.path.basename(path), size, *values  # noqa: PTH119 bytes


def _value(known: dict[str, str], names: Sequence[str]) -> bytes | None:
    for name in names:
        if name in known:
            return known[name].encode("utf-8", "surrogatepass")
    return None


def _check_columns(read: Sequence[str], seen: set[str]) -> None:
    """Raises an InputError for a name that no picture has."""
    there = {_folded(name) for name in seen}
    for name in read:
        if _folded(name) not in there:
            columns = [*OF_FILES, *sorted(seen)]
            hint = did_you_mean(name, columns) or f" A text stands in single quotes: '{name}'."
            raise InputError(f"Expected columns that there are: {', '.join(columns)}. Received: {name!r}.{hint}")


def _folded(name: str) -> str:
    """As SQLite compares names: without case, of the letters of ASCII only."""
    return name.translate(_LOWER)


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def _refused(where: str, reason: str) -> InputError:
    shown = " ".join(where.split())
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return InputError(
        f"Expected a condition such as \"hue > 40 AND label = 'cat'\". Received: {shown!r} ({reason}). "
        "Write one expression of SQL, without subqueries."
    )
