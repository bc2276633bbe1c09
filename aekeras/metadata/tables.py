"""Tables of pictures: a row each, known by its column `path`."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from aekeras.artefacts import shown_path
from aekeras.errors import InputError, MissingError
from aekeras.places import FACTORS

Row = tuple[str, dict[str, str]]
"""A path and what is known of the picture there."""

_SEPARATORS = ",;\t"  # spreadsheets write a semicolon where the comma is in the numbers


def read(folders: Sequence[Path]) -> dict[Path, dict[str, str]]:
    """The rows of the folders' tables by the absolute path of their picture; empty where a folder has no table.

    A table has a header with a column `path`, relative to its folder; every other column is a factor.

    Raises:
        InputError: A table without a column `path`, or one that is not text.
    """
    known = {}
    for table in factors(folders):
        known.update(read_table(table))
    return known


def factors(folders: Sequence[Path]) -> list[Path]:
    """The tables that lie in the folders themselves."""
    return [table for folder in folders if (table := folder / FACTORS).is_file()]


def read_table(table: Path, base: Path | None = None) -> dict[Path, dict[str, str]]:
    """The rows of a table by the absolute path of their picture.

    Args:
        table: A CSV file with a column `path`; a comma, a semicolon or a tab parts its columns.
        base: The folder that these paths are relative to; without it, the table's.

    Raises:
        MissingError: There is no such table.
        InputError: It has no column `path`, or is not text.
    """
    folder = table.parent if base is None else base
    return {Path(path): row for path, row in located(read_rows(table), folder)}


def located(rows: Sequence[Row], folder: Path) -> Iterator[Row]:
    """The rows with absolute paths, without `..`, as `images.find` names its pictures; links stay as they are."""
    start = str(folder.absolute())
    for path, row in rows:
        yield os.path.normpath(os.path.join(start, path)), row  # noqa: PTH118 a Path for each takes ten times as long


def read_rows(table: Path) -> list[Row]:
    """The rows of a table with their paths as they are written.

    Columns without a name are left out; what a short row lacks is empty.

    Raises:
        MissingError: There is no such table.
        InputError: It has no column `path`, or is not text.
    """
    if not table.is_file():
        raise MissingError(f"Expected a table in {shown_path(table)}. Found none. Name a file with a column `path`.")
    try:
        header, *lines = _lines(table.read_bytes().decode("utf-8-sig"))
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise InputError(
            f"Expected a table of text in {shown_path(table)}. Received: {error}. Mend it, or rename the file."
        ) from error
    if "path" not in header:
        raise InputError(
            f"Expected a column `path` in {shown_path(table)}. Received: {header or None}. Add it, or rename the file."
        )
    return [_row(header, line) for line in lines]


def _lines(text: str) -> list[list[str]]:
    """The header, and the lines below it that are not empty, parted by whatever finds a `path` in the header."""
    read_by = {}
    for separator in _SEPARATORS:
        lines = filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        read_by[separator] = header = [name.strip() for name in next(lines, [])]
        if "path" in header:
            return [header, *lines]
    return [read_by[_SEPARATORS[0]]]


def _row(header: Sequence[str], line: Sequence[str]) -> Row:
    row = {name: "" for name in header if name}
    row.update((name, value) for name, value in zip(header, line, strict=False) if name)
    return row.pop("path"), row
