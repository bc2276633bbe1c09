"""All that is known of pictures, from every source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from aekeras.artefacts import shown_path
from aekeras.errors import InputError
from aekeras.metadata.sidecars import Unread, read_sidecars
from aekeras.metadata.tables import Row, factors, located, read_rows


def collect(
    paths: Sequence[str], folders: Sequence[Path], tables: Sequence[Path] = ()
) -> tuple[dict[str, dict[str, str]], list[Unread]]:
    """What is known of pictures: the folders' `factors.csv`, then sidecars, then the tables; later wins, key by key.

    Args:
        paths: All the pictures, absolute, without `..`: a table that fits none of them is refused.
        folders: Their folders; what is no folder has no table.
        tables: CSV files with a column `path`, relative to the folder of the table; where not one row fits a picture
            that way, to the working directory.

    Returns:
        The values by path of the picture; all are text, and empty ones are left out, as they say nothing. And the
        sidecars that could not be read, each with the reason.

    Raises:
        MissingError: There is no such table.
        InputError: A table without a column `path`, one that is not text, or one that fits no picture.
    """
    known: dict[str, dict[str, str]] = {path: {} for path in paths}
    for table in factors(folders):
        _add(known, located(read_rows(table), table.parent))
    beside, unread = read_sidecars(paths)
    _add(known, beside.items())
    for table in tables:
        _add(known, _fitting(table, known.keys()))
    return {path: row for path, row in known.items() if row}, unread


def _add(known: dict[str, dict[str, str]], rows: Iterable[Row]) -> None:
    for path, row in rows:
        if path in known:
            known[path].update((key, value) for key, value in row.items() if value)


def _fitting(table: Path, pictures: AbstractSet[str]) -> list[Row]:
    """The rows of pictures.

    Raises:
        InputError: There is none.
    """
    rows = read_rows(table)
    for folder in (table.parent, Path()):  # the second: paths as commands print them
        if fitting := [(path, row) for path, row in located(rows, folder) if path in pictures]:
            return fitting
    if not pictures:
        return []
    received = f"{len(rows):,} others, such as {rows[0][0]!r}" if rows else "no rows"
    raise InputError(
        f"Expected paths of the pictures in {shown_path(table)}, such as {shown_path(Path(min(pictures)))}. "
        f"Received: {received}. Write paths relative to the folder of {table.name}."
    )
