"""What a check of a loss found, as an object, as JSON and as a table."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

_WIDTH = 110
_INDENT = " " * 4
_UNIT = "  A typical loss is the median between two different pictures."

Outcome = Literal["passed", "failed", "not measured"]
"""Not measured is what an earlier failure stands in the way of."""

_MARKS: dict[Outcome, str] = {"passed": "passed", "failed": "FAILED", "not measured": "  -   "}


@dataclass(frozen=True)
class Check:
    """What one check found.

    Attributes:
        name: What is checked, in a word or two.
        outcome: Whether it holds, where that could be looked at.
        figure: What was measured; None where there is no figure or it is no number.
        told: What the figure is; for a failure, what was expected, what was received and what to do.
    """

    name: str
    outcome: Outcome
    figure: float | None
    told: str

    @property
    def passed(self) -> bool:
        """Whether it is known to hold."""
        return self.outcome == "passed"

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "passed": self.passed,
            "outcome": self.outcome,
            "figure": self.figure,
            "told": self.told,
        }


@dataclass(frozen=True)
class Report:
    """What the checks found on one loss; prints as a table.

    Attributes:
        loss: Its canonical text.
        checks: In the order of the table.
    """

    loss: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return all(check.passed for check in self.checks)

    def to_dict(self) -> dict[str, object]:
        """The report under the keys of `aekeras losses check --json`."""
        return {"loss": self.loss, "passed": self.passed, "checks": [check.to_dict() for check in self.checks]}

    def __str__(self) -> str:
        return self.table(lambda mark, _: mark)

    def table(self, styled: Callable[[str, Outcome], str]) -> str:
        """A line for each check, and what there is to say of a failure below its line.

        Args:
            styled: Gives the mark of an outcome, such as "FAILED", as it is to be printed.
        """
        good = sum(check.passed for check in self.checks)
        head = f"{self.loss}: {good} of {len(self.checks)} checks passed"
        width = max(len(check.name) for check in self.checks)
        lines = [f"  {styled(_MARKS[check.outcome], check.outcome)}  {_line(check, width)}" for check in self.checks]
        return "\n".join([head, *lines, _UNIT])


def _line(check: Check, width: int) -> str:
    """All but the mark."""
    figure = "" if check.figure is None else f"{check.figure:.3g}"
    line = f"{check.name:<{width}}  {figure:>9}"
    if check.outcome != "failed":
        return f"{line}  {check.told}"
    told = textwrap.fill(check.told, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
    return f"{line.rstrip()}\n{told}"
