"""Conditions on what is known of pictures, judged by SQLite, against plain Python."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from aekeras.errors import InputError
from aekeras.store import filters
from aekeras.store.filters import matching

_TABLE = """
    CREATE TABLE paths (
        path TEXT PRIMARY KEY, id INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, metadata TEXT
    ) WITHOUT ROWID
"""
Known = Mapping[str, str] | None
Row = tuple[str, int, int, Known]  # path, id, size, metadata
Truth = bool | None
Condition = tuple[str, Callable[[Row], Truth]]  # in SQL, and in Python


@contextmanager
def index(file: Path, rows: Sequence[Row]) -> Iterator[sqlite3.Connection]:
    """A connection to paths as an index keeps them."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(_TABLE)
        connection.executemany(
            "INSERT INTO paths VALUES (CAST(? AS TEXT), ?, ?, 0, ?)",
            [
                (os.fsencode(path), key, size, None if known is None else json.dumps(known))
                for path, key, size, known in rows
            ],
        )
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        connection.text_factory = os.fsdecode
        yield connection


def found(folder: Path, known: Sequence[Known], where: str) -> list[int]:
    """The places, in a list of metadata, of what a condition finds."""
    rows = [(f"/photos/{row}.png", row, row, metadata) for row, metadata in enumerate(known)]
    with index(folder / f"items-{len(list(folder.iterdir()))}.sqlite", rows) as connection:
        return list(matching(connection, where))


def number(value: str | float) -> float | None:
    """What a text says that looks like a number, as SQLite's affinity NUMERIC understands it."""
    if not isinstance(value, str):
        return value
    return float(value) if re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", value, re.I | re.A) else None


def rank(value: str | float) -> tuple[int, Any]:
    """Numbers by size, then texts by their characters."""
    read = number(value)
    return (1, value) if read is None else (0, read)


def seen_by_like(value: str) -> str:
    read = number(value)
    return value if read is None else str(int(read) if read.is_integer() else read)


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def both(first: Truth, second: Truth) -> Truth:
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def either(first: Truth, second: Truth) -> Truth:
    return negated(both(negated(first), negated(second)))


def value_of(row: Row, key: str) -> str | None:
    return (row[3] or {}).get(key)


COLUMNS = {"hue": "hue", "note": "Note", '"scan date"': "scan date", "größe": "größe", "[it's]": "it's"}
VALUES = [
    "7",
    "007",
    "40",
    "40.0",
    "3.5",
    "-2",
    "1e2",
    " 5 ",
    "",
    "cat",
    "Cat",
    "dog",
    "7 cats",
    "2024-01-05",
    "Ünï",
    "%",
]
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def literal(chance: random.Random) -> tuple[str, str | float]:
    if chance.random() < 0.5:
        some = chance.choice([0, 5, 7, 40, 3.5, -2, 100])
        return str(some), some
    text = chance.choice(VALUES)
    return f"'{text}'", text


def comparison(chance: random.Random) -> Condition:
    column, key = chance.choice(sorted(COLUMNS.items()))
    sign = chance.choice(sorted(COMPARISONS))
    written, right = literal(chance)

    def holds(row: Row) -> Truth:
        left = value_of(row, key)
        return None if left is None else COMPARISONS[sign](rank(left), rank(right))

    return f"{column} {sign} {written}", holds


def membership(chance: random.Random) -> Condition:
    column, key = chance.choice(sorted(COLUMNS.items()))
    members = [literal(chance) for _ in range(3)]

    def holds(row: Row) -> Truth:
        left = value_of(row, key)
        return None if left is None else rank(left) in [rank(member) for _, member in members]

    return f"{column} IN ({', '.join(written for written, _ in members)})", holds


def likeness(chance: random.Random) -> Condition:
    column, key = chance.choice(sorted(COLUMNS.items()))
    part = chance.choice(["7", "cat", "CAT", "0", "ü", "-"])
    pattern = re.compile(re.escape(part), re.I | re.A)

    def holds(row: Row) -> Truth:
        left = value_of(row, key)
        return None if left is None else pattern.search(seen_by_like(left)) is not None

    return f"{column} LIKE '%{part}%'", holds


def absence(chance: random.Random) -> Condition:
    column, key = chance.choice(sorted(COLUMNS.items()))
    return f"{column} IS NULL", lambda row: value_of(row, key) is None


def of_the_file(chance: random.Random) -> Condition:
    size, part = chance.randrange(100), chance.choice(["/b/", "x1", "photos"])
    if chance.random() < 0.5:
        return f"bytes >= {size}", lambda row: row[2] >= size
    if chance.random() < 0.5:
        return f"path LIKE '%{part}%'", lambda row: part in row[0]
    return f"name = 'x{size}.png'", lambda row: Path(row[0]).name == f"x{size}.png"


def condition(chance: random.Random, depth: int) -> Condition:
    if depth == 0 or chance.random() < 0.2:
        return chance.choice([comparison, comparison, membership, likeness, absence, of_the_file])(chance)
    sql, holds = condition(chance, depth - 1)
    if chance.random() < 0.2:
        return f"NOT ({sql})", lambda row: negated(holds(row))
    other_sql, other = condition(chance, depth - 1)
    word, joined = chance.choice([("AND", both), ("or", either)])
    return f"({sql}) {word} ({other_sql})", lambda row: joined(holds(row), other(row))


def made_up(chance: random.Random, count: int) -> list[Row]:
    rows: list[Row] = []
    for row in range(count):
        known = {key: chance.choice(VALUES) for key in sorted(COLUMNS.values()) if chance.random() < 0.8}
        path = f"/photos/{chance.choice('abc')}/{row}/x{chance.randrange(100)}.png"
        rows.append((path, chance.randrange(count), chance.randrange(100), known if chance.random() < 0.9 else None))
    return rows


@pytest.mark.parametrize("rows_at_once", [1, 7, 20_000])
def test_conditions_find_what_plain_python_finds(
    rows_at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "_ROWS_AT_ONCE", rows_at_once)
    chance = random.Random(rows_at_once)
    rows = made_up(chance, 120)
    rows.append(("/photos/z.png", 500, 1, dict.fromkeys(COLUMNS.values(), "z")))  # every column is there
    with index(tmp_path / "items.sqlite", rows) as connection:
        for _ in range(150):
            sql, holds = condition(chance, depth=3)
            expected: dict[int, list[str]] = {}
            for row in sorted(rows, key=lambda row: (row[1], row[0])):
                if holds(row):
                    expected.setdefault(row[1], []).append(row[0])
            answer = matching(connection, sql)
            assert answer == expected, sql
            assert list(answer) == sorted(answer), sql


def test_values_that_look_like_numbers_are_compared_as_numbers(tmp_path: Path) -> None:
    known = [{"hue": value} for value in ("5", "40", "41.5", "100", "007")]
    assert found(tmp_path, known, "hue > 40") == [2, 3]
    assert found(tmp_path, known, "hue = '007'") == [4]


def test_arithmetic_and_functions_count_with_numbers_too(tmp_path: Path) -> None:
    known = [{"hue": "5"}, {"hue": "100"}, {}]
    assert found(tmp_path, known, "coalesce(hue, 50) * 2 > 80 AND abs(max(ifnull(hue, 1), 2)) < 60") == [2]


def test_what_no_picture_was_given_is_null(tmp_path: Path) -> None:
    known = [{"label": "cat"}, {"label": ""}, {"other": "x"}, {}, None]
    assert found(tmp_path, known, "label IS NULL") == [2, 3, 4]


def test_keys_that_differ_in_case_only_are_one_column_of_the_first_by_name(tmp_path: Path) -> None:
    known = [{"label": "cat"}, {"Label": "cat"}, {"label": "cat", "LABEL": "dog"}, {"label": "dog", "Label": "cat"}]
    assert found(tmp_path, known, "laBel = 'cat'") == [0, 1, 3]


def test_only_the_letters_of_ascii_have_no_case(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Received: 'GRÖßE'"):
        found(tmp_path, [{"größe": "1"}], "GRÖßE = 1")


@pytest.mark.parametrize("key", ["id", "id_", "rowid", "order", "true", 'a "b"', "pictures", "a.b", "a;b", "--", "$.x"])
@pytest.mark.parametrize("quotes", ['""', "``"])
def test_any_key_can_be_asked_for_in_quotes(key: str, quotes: str, tmp_path: Path) -> None:
    written = f"{quotes[0]}{key.replace(quotes[0], quotes)}{quotes[0]}"
    assert found(tmp_path, [{key: "1"}, {key: "2"}, {}], f"{written} = 1") == [0]


def test_keys_named_like_what_is_behind_the_scenes_are_keys(tmp_path: Path) -> None:
    known = [{"id": "1", "id_": "x"}, {"id": "2", "id_": "x"}, {"id": "1"}]
    assert found(tmp_path, known, "id = 1 AND id_ = 'x'") == [0]


def test_columns_of_the_file_hide_keys_of_the_same_name(tmp_path: Path) -> None:
    assert found(tmp_path, [{"name": "b", "Bytes": "9"}, {}], "name = '0.png' OR bytes = 1") == [0, 1]


def test_numbers_in_names_of_files_stay_text(tmp_path: Path) -> None:
    with index(tmp_path / "items.sqlite", [("/a/007", 1, 1, None), ("/a/7", 2, 1, None)]) as connection:
        assert matching(connection, "name = '007'") == {1: ["/a/007"]}
        assert matching(connection, "name LIKE '00%'") == {1: ["/a/007"]}


def test_one_content_is_found_with_those_of_its_paths_that_match(tmp_path: Path) -> None:
    rows = [
        ("/z.png", 3, 1, {"n": "1"}),
        ("/a.png", 3, 1, {"n": "1"}),
        ("/b.png", 3, 1, {"n": "2"}),
        ("/c", 1, 1, None),
    ]
    with index(tmp_path / "items.sqlite", rows) as connection:
        assert matching(connection, "n = 1") == {3: ["/a.png", "/z.png"]}
        assert list(matching(connection, "true").items()) == [(1, ["/c"]), (3, ["/a.png", "/b.png", "/z.png"])]


@pytest.mark.skipif(sys.platform == "win32", reason="names are Unicode there")
def test_paths_that_are_not_unicode_come_back_as_they_are(tmp_path: Path) -> None:
    strange = os.fsdecode(b"/photos/\xff\xe4.png")
    with index(tmp_path / "items.sqlite", [(strange, 1, 1, {"note": "\ud800"})]) as connection:
        assert matching(connection, "path LIKE '/photos/%' AND note IS NOT NULL") == {1: [strange]}


def test_an_index_without_pictures_has_no_match(tmp_path: Path) -> None:
    with index(tmp_path / "items.sqlite", []) as connection:
        assert matching(connection, "bytes > 1") == {}


def test_a_long_list_is_a_condition_too(tmp_path: Path) -> None:
    listed = ", ".join(f"'{n}'" for n in range(5_000))
    assert found(tmp_path, [{"n": "4999"}, {"n": "5000"}], f"n IN ({listed})") == [0]


def refusal(folder: Path, where: str) -> str:
    with pytest.raises(InputError) as caught:
        found(folder, [{"hue": "1", "label": "cat"}, {"hue": "2", "scan date": "2024-01-01"}], where)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("where", "name", "hint"),
    [
        ("lable = 'cat'", "lable", "Did you mean 'label'?"),
        ('"scan dates" > 1', "scan dates", "Did you mean 'scan date'?"),
        ("label = cat", "cat", "A text stands in single quotes: 'cat'."),
        ('label = "cat"', "cat", "A text stands in single quotes: 'cat'."),
        ("id = 0", "id", "A text stands in single quotes: 'id'."),
        ("rowid = 0", "rowid", "A text stands in single quotes: 'rowid'."),
    ],
)
def test_a_column_that_there_is_not_is_named_with_those_there_are(
    where: str, name: str, hint: str, tmp_path: Path
) -> None:
    columns = "path, name, bytes, hue, label, scan date"
    assert refusal(tmp_path, where) == f"Expected columns that there are: {columns}. Received: {name!r}. {hint}"


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("hue >", "it ends too early"),
        ("hue > > 1", 'near ">": syntax error'),
        ("hue > 1 ORDER BY hue", 'near "ORDER": syntax error'),
        ("hue > 1 LIMIT 1", 'near "LIMIT": syntax error'),
        ("(hue > 1", "its parentheses do not match"),
        ("hue > 1) OR (1", "its parentheses do not match"),
        ("1) UNION SELECT 1, 2 FROM (pictures", "its parentheses do not match"),
        ("label = 'cat", "its ' is not closed"),
        ('"label = 1', 'its " is not closed'),
        ("hue > 1; DROP TABLE paths", "it has a ';'"),
        ("hue > 1 -- more", "it has a '--'"),
        ("hue > 1 /* more", "it has a '/*'"),
        ("hue = ?", "it has a '?'"),
        ("hue = :hue", "it has a ':'"),
        ("hue = 1\0", r"it has a '\x00'"),
        ("hue = '\udcff'", "it is not Unicode"),
        ("ATTACH 'x' AS y", "near \"'x'\": syntax error"),
        ("DELETE FROM pictures", 'near "DELETE": syntax error'),
        ("(SELECT 1)", "it has a subquery"),
        ("SELECT 1", "it has a subquery"),
        ("hue IN (SELECT id FROM paths)", "no such table: paths"),
        ("hue IN (SELECT 1)", "it has a subquery"),
        ("hue IN (VALUES (1))", "it has a subquery"),
        ("hue IN sqlite_master", "it has a subquery"),
        ("hue IN pragma_database_list", "it has a subquery"),
        (
            "EXISTS (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)",
            "it has a subquery",
        ),
        ("load_extension('x')", "`load_extension` is not allowed in it"),
        ("randomblob(1000000000) = 1", "`randomblob` is not allowed in it"),
        ("printf('%1000000000d', 1) = 1", "`printf` is not allowed in it"),
        ("count(hue) > 1", "`count` is not allowed in it"),
        ("max(hue) > 1", "misuse of aggregate function max()"),
        ("nonsense(hue)", "no such function: nonsense"),
        ("abs(-9223372036854775807 - bytes - 1) > 1", "integer overflow"),
    ],
)
def test_what_is_no_condition_is_refused_in_one_line(where: str, reason: str, tmp_path: Path) -> None:
    shown = " ".join(where.split())
    assert refusal(tmp_path, where) == (
        f"Expected a condition such as \"hue > 40 AND label = 'cat'\". Received: {shown!r} ({reason}). "
        "Write one expression of SQL, without subqueries."
    )


def test_a_long_condition_is_not_shown_in_full(tmp_path: Path) -> None:
    assert len(refusal(tmp_path, "hue = 1 OR " * 1_000)) < 500


def _growing(times: int) -> str:
    """A condition that makes a text ten times as long, again and again; not constant, or it would be made once."""
    text = "(hue || 'aaaaaaaaaa')"
    for _ in range(times):
        text = f"replace({text}, 'a', 'aaaaaaaaaa')"
    return f"length({text}) > 1"


def test_a_condition_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "_SECONDS", 0.2)
    with pytest.raises(InputError, match=r"\(it takes more than 0 seconds for 20,000 pictures\)"):
        found(tmp_path, [{"hue": str(row)} for row in range(20_000)], _growing(3))


def test_a_condition_that_fills_the_memory_is_stopped(tmp_path: Path) -> None:
    assert "(string or blob too big)" in refusal(tmp_path, _growing(9))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers there")
def test_a_condition_can_be_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "_SECONDS", 60.0)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with index(tmp_path / "items.sqlite", [(f"/{n}", n, n, {"hue": str(n)}) for n in range(20_000)]) as connection:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(KeyboardInterrupt):
                matching(connection, _growing(3))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_nothing_is_left_behind_on_the_connection(tmp_path: Path) -> None:
    with index(tmp_path / "items.sqlite", [("/a", 1, 1, {"n": "1"})]) as connection:
        with pytest.raises(InputError):
            matching(connection, "load_extension('x')")
        assert matching(connection, "n = 1") == {1: ["/a"]}
        assert connection.execute("SELECT count(*) FROM paths, (SELECT hex(randomblob(2)))").fetchone() == (1,)


def test_a_damaged_file_is_the_callers_to_name(tmp_path: Path) -> None:
    file = tmp_path / "items.sqlite"
    with index(file, [(f"/{'x' * 500}/{n}", n, 1, {"n": "1"}) for n in range(200)]):
        pass
    data = bytearray(file.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    file.write_bytes(data)
    uri = f"{file.as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection, pytest.raises(sqlite3.DatabaseError):
        matching(connection, "n = 1")
