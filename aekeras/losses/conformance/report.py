"""What a check of a loss found, as an object, as JSON and as a table."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

_WIDTH = 110
_INDENT = " " * 4
_UNIT = "  A typical loss is the median between two different pictures."


@dataclass(frozen=True)
class Check:
    """What one check found.

    Attributes:
        name: What is checked, in a word or two.
        passed: Whether it holds.
        figure: What was measured; None where there is no figure or it is no number.
        told: What the figure is; for a failure, what was expected, what was received and what to do.
    """

    name: str
    passed: bool
    figure: float | None
    told: str

    @property
    def measured(self) -> bool:
        """Whether it could be looked at: not where an earlier failure stood in the way."""
        return self.passed or not self.told.startswith(NOT_MEASURED)

    def to_dict(self) -> dict[str, object]:
        return {"name": self.name, "passed": self.passed, "figure": self.figure, "told": self.told}


NOT_MEASURED = "Not measured"
"""How a failure is told that only follows from an earlier one."""


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
        good = sum(check.passed for check in self.checks)
        head = f"{self.loss}: {good} of {len(self.checks)} checks passed"
        return "\n".join([head, *map(self._line, self.checks), _UNIT])

    def _line(self, check: Check) -> str:
        width = max(len(one.name) for one in self.checks)
        mark = "passed" if check.passed else "FAILED" if check.measured else "  -   "
        figure = "" if check.figure is None else f"{check.figure:.3g}"
        head = f"  {mark}  {check.name:<{width}}  {figure:>9}"
        if check.passed or not check.measured:
            return f"{head}  {check.told}"
        told = textwrap.fill(
            check.told, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False
        )
        return f"{head.rstrip()}\n{told}"
