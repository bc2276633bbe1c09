"""The page: what is shown of a study, in which order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from aekeras.artefacts import shown_path, write_file, write_json
from aekeras.equality.results import Cell, Result, Table
from aekeras.pictures import Block, Row, value_range
from aekeras.report import colors
from aekeras.report.figures import figure
from aekeras.report.text import prose, showable
from aekeras.report.thumbnails import data_uri

if TYPE_CHECKING:
    from aekeras.study.parts import Study

_LONG, _LONG_TOO = 30, 12  # rows: longer tables are folded, the first of a result and the further ones
_FIGURE = re.compile(r"[-+<>~\s]*\d")


@dataclass(frozen=True, kw_only=True)
class Section:
    """A result as the page shows it.

    Attributes:
        anchor: Where the table of contents leads.
        title: Its heading.
        sentences: What it says.
        figure: An <svg> element; empty for none.
        blocks: Pictures.
        tables: Its figures, those without a row left out.
    """

    anchor: str
    title: str
    sentences: tuple[str, ...]
    figure: Markup
    blocks: tuple[Block, ...]
    tables: tuple[Table, ...]


def write(study: Study, path: Path) -> None:
    """Puts the page at `path`: whole or not at all.

    Raises:
        StorageError: The disk is full, or the place cannot be written.
    """
    write_file(path, render(study).encode())


def write_figures(study: Study, path: Path) -> None:
    """Puts every figure of the page at `path`, as JSON.

    Raises:
        StorageError: The disk is full, or the place cannot be written.
    """
    write_json(path, study.to_dict())


def render(study: Study) -> str:
    """The page as HTML: one file, which asks nothing of any network."""
    losses = [loss.name for loss in study.losses]
    html = (
        _environment(losses)
        .get_template("page.html")
        .render(
            study=study,
            colors=list(colors.of_losses(losses).values()),
            series=colors.SERIES,
            sections=[_section(result, study, losses) for result in study.results],
            long=_LONG,
            long_too=_LONG_TOO,
        )
    )
    return showable(html)


def _environment(losses: list[str]) -> Environment:
    # Names of files and losses are anybody's: everything is escaped but what is marked as HTML here.
    page = Environment(
        loader=PackageLoader("aekeras.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters.update(
        prose=prose, shown=shown_path, picture=data_uri, shading=_shading, companions=_companions, wordy=_wordy
    )
    page.globals.update(number_of={name: number for number, name in enumerate(losses)})
    return page


def _section(result: Result, study: Study, losses: list[str]) -> Section:
    return Section(
        anchor=f"result-{result.key.replace('_', '-')}",
        title=result.title,
        sentences=result.sentences(),
        figure=Markup(figure(result, losses)),  # Matplotlib has escaped its text
        blocks=tuple(study.galleries.get(result.key, ())),
        tables=tuple(table for table in result.tables() if table.rows),
    )


def _shading(cell: Cell) -> str:
    """How strongly a cell is colored, in percent of the strongest shade on which its text can be read."""
    return f"{100 * min(max(cell.shade or 0.0, 0.0), 1.0):.0f}"


def _wordy(table: Table) -> list[bool]:
    """Which columns hold words and not figures."""
    columns = zip(*(cells for _, cells in table.rows), strict=True)
    return [not any(_FIGURE.match(cell.text) for cell in column) for column in columns]


def _companions(row: Row) -> list[list[str]]:
    """What a loss sees of each picture of a row, all on one scale."""
    views: list[np.ndarray] = [view for tile in row.tiles for view in tile.below]
    shown = value_range(views) if views else (0.0, 1.0)
    return [[data_uri(view, shown, row.tint) for view in tile.below] for tile in row.tiles]
