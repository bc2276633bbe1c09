"""What every measurement gives: words, tables, a plot, and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One entry of a table.

    Attributes:
        text: What is shown: a figure, or a word.
        interval: Its 95 % interval, as text; empty without one.
        shade: How strongly to color it, from 0 to 1; None for not at all.
        mark: A word for what stands out here, such as "highest" or "seen after all"; empty for nothing.
    """

    text: str
    interval: str = ""
    shade: float | None = None
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Figures in rows and columns.

    Attributes:
        caption: What the figures are, with unit and range.
        corner: What the rows are.
        columns: Headings.
        rows: Each a heading and its cells, one per column.
    """

    caption: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]

    def __str__(self) -> str:
        lines = [(self.corner, *self.columns), *((name, *map(_printed, cells)) for name, cells in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        first = [line[0].ljust(widths[0]) for line in lines]
        others = [
            "  ".join(text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)) for line in lines
        ]
        return "\n".join(
            [self.caption, *(f"  {one}  {rest}".rstrip() for one, rest in zip(first, others, strict=True))]
        )


class Result:
    """What a measurement gives. Each one says in words what its figures mean.

    Attributes:
        title: Of the measurement.
        key: Under which `to_dict` goes into the JSON of a report.
    """

    title: ClassVar[str]
    key: ClassVar[str]

    def sentences(self) -> tuple[str, ...]:
        """What was measured and what came of it, for a person who has not read the code; names in backticks."""
        raise NotImplementedError

    def tables(self) -> tuple[Table, ...]:
        """The figures."""
        raise NotImplementedError

    def plot(self, axes: Any) -> None:
        """Draws the figures into axes of Matplotlib."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON holds them, with their intervals and the seed."""
        raise NotImplementedError

    def details(self) -> dict[str, Any]:
        """What else JSON holds beside `to_dict`, whose keys other programs read."""
        return {}

    def __str__(self) -> str:
        return "\n\n".join([self.title, *self.sentences(), *map(str, self.tables())])

    __repr__ = __str__


def listed(words: Iterable[str]) -> str:
    """Words as a sentence has them: "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def share_of(share: float) -> str:
    """A share in [0, 1] as people say it: "93 %"."""
    return f"{100 * share:.0f} %"


def _printed(cell: Cell) -> str:
    return " ".join(filter(None, (cell.text, f"({cell.interval})" if cell.interval else "", cell.mark)))
