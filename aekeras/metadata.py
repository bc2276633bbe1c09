"""What is known of pictures besides their pixels: a table `factors.csv` in their folder."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from aekeras.artefacts import shown_path
from aekeras.errors import InputError, MissingError
from aekeras.places import FACTORS


def read(folders: Sequence[Path]) -> dict[Path, dict[str, str]]:
    """The rows of the folders' tables by the absolute path of their picture; empty where a folder has no table.

    A table has a header with a column `path`, relative to its folder; every other column is a factor.

    Raises:
        InputError: A table without a column `path`, or one that is not text.
    """
    known = {}
    for folder in folders:
        table = folder / FACTORS
        if table.is_file():
            known.update(read_table(table))
    return known


def read_table(table: Path, base: Path | None = None) -> dict[Path, dict[str, str]]:
    """The rows of a table by the absolute path of their picture.

    Args:
        table: A CSV file with a column `path`.
        base: The folder that these paths are relative to; without it, the table's.

    Raises:
        MissingError: There is no such table.
        InputError: It has no column `path`, or is not text.
    """
    if not table.is_file():
        raise MissingError(f"Expected a table in {shown_path(table)}. Found none. Name a file with a column `path`.")
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            if "path" not in (reader.fieldnames or ()):
                raise InputError(
                    f"Expected a column `path` in {shown_path(table)}. Received: {reader.fieldnames}. "
                    "Add it, or rename the file."
                )
            return {
                _absolute((table.parent if base is None else base) / row.pop("path")): {
                    key: value for key, value in row.items() if key
                }
                for row in reader
            }
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"Expected a table of text in {shown_path(table)}. Received: {error}. Mend it, or rename the file."
        ) from error


def _absolute(path: Path) -> Path:
    """Without `..`, as `images.find` names its pictures; links stay as they are."""
    return Path(os.path.normpath(path.absolute()))
