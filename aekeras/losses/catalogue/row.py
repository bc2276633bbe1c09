"""One loss of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Shade = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One loss of the catalogue, as `aekeras losses` shows it.

    Attributes:
        name: What it is called in an expression.
        path: "module:Class", loaded when the loss is asked for.
        family: One of pixel, color, structural, arrangement, deep, wrapper.
        question: Whom the loss answers to: "who cares about colors?"
        summary: What it counts as equal, in a line.
        formula: loss(x, y) in plain text.
        sees: What an error under this loss is made of.
        blind_to: What it cannot see, in words.
        knobs: Keyword arguments and their defaults.
        wraps: Whether it is made of another loss, its first argument.
        needs: What must be given before there is a loss at all; empty for all that have defaults.
        source: Where it comes from: authors, title, year, DOI.
        shade: RGB in [0, 1]: the color in which a view of one channel is drawn; gray without it.
    """

    name: str
    path: str
    family: str
    question: str
    summary: str
    formula: str
    sees: str
    blind_to: tuple[str, ...] = ()
    knobs: Mapping[str, Any] = field(default_factory=dict)
    wraps: bool = False
    needs: str = ""
    source: str = "aekeras"
    shade: Shade | None = None

    @property
    def example(self) -> str:
        """An expression with this loss in it; empty where something must be given that no one can know."""
        if self.needs:
            return ""
        return f"{self.name}(l1_gray)" if self.wraps else self.name

    def to_dict(self) -> dict[str, object]:
        """The row under the keys of `aekeras losses list --json`."""
        shown = asdict(self)
        del shown["path"], shown["shade"]
        knobs = {name: list(value) if isinstance(value, tuple) else value for name, value in self.knobs.items()}
        return shown | {"blind_to": list(self.blind_to), "knobs": knobs}
