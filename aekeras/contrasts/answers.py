"""What came of a question for contrasts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aekeras.artefacts import shown_path
from aekeras.contrasts.limits import Limits
from aekeras.equality.results import listed
from aekeras.shares import shown_percent


@dataclass(frozen=True, kw_only=True)
class Match:
    """A picture that is equal to the query under some losses and different under others.

    Attributes:
        rank: 1 for the most equal.
        path: Absolute path of the picture.
        shares: The figure of the verdict, in typical losses, loss by loss.
        code_shares: What the codes say, in typical distances of codes, loss by loss.
        percentiles: Of the loss among random pairs of the training, in percent, loss by loss.
        distances: Of the codes, in the units of each loss.
    """

    rank: int
    path: Path
    shares: Mapping[str, float]
    code_shares: Mapping[str, float]
    percentiles: Mapping[str, float]
    distances: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """One entry of `neighbors`."""
        return {
            "rank": self.rank,
            "path": shown_path(self.path),
            "shares": _rounded(self.shares),
            "code_shares": _rounded(self.code_shares),
            "percentiles": {loss: round(value, 6) for loss, value in self.percentiles.items()},
            "distances": {loss: round(value, 6) for loss, value in self.distances.items()},
        }


@dataclass(frozen=True, kw_only=True)
class ContrastResult:
    """What is equal to one query under some losses and different under others.

    Attributes:
        query: The picture that was asked for.
        equal: Losses under which the matches are equal.
        different: Losses under which they are different.
        neighbors: The most equal first.
        models: Folder of each loss's model.
        limits: What counts as equal, and as different.
        by_codes: Losses whose index keeps no pictures, so that codes decide.
        note: Which limit left nothing; empty where there is something.
    """

    query: Path
    equal: tuple[str, ...]
    different: tuple[str, ...]
    neighbors: tuple[Match, ...]
    models: Mapping[str, Path]
    limits: Limits
    by_codes: tuple[str, ...] = ()
    note: str

    @property
    def asked(self) -> str:
        """The question in words: "equal under l1_gray, different under l1"."""
        parts = (("equal", self.equal), ("different", self.different))
        return ", ".join(f"{word} under {listed(losses)}" for word, losses in parts if losses)

    def contradicted(self, match: Match, loss: str) -> bool:
        """Whether the codes say otherwise of a picture than the loss."""
        limit = self.limits.equal_below if loss in self.equal else self.limits.different_above
        return (match.shares[loss] <= limit) != (match.code_shares[loss] <= limit)

    def figure(self, match: Match, loss: str) -> str:
        """How far a picture is under a loss, in typical ones, with a mark where the codes contradict that."""
        mark = "!" if self.contradicted(match, loss) else ""
        return f"{shown_percent(100 * match.shares[loss])}{mark}"

    def to_dict(self) -> dict[str, Any]:
        """One line of `aekeras search --equal ... --different ... --json`."""
        return {
            "query": shown_path(self.query),
            "equal": list(self.equal),
            "different": list(self.different),
            "neighbors": [match.to_dict() for match in self.neighbors],
            "judged_by": {
                loss: "codes" if loss in self.by_codes else "loss" for loss in (*self.equal, *self.different)
            },
            **({"note": self.note} if self.note else {}),
        }

    def __str__(self) -> str:
        losses = (*self.equal, *self.different)
        widths = [max(8, len(loss)) for loss in losses]
        lines = [
            shown_path(self.query),
            f"  {self.asked}; in typical losses",
            "    ".ljust(9) + "  ".join(map(str.rjust, losses, widths)),
        ]
        for match in self.neighbors:
            figures = map(str.rjust, (self.figure(match, loss) for loss in losses), widths)
            lines.append(f"    {match.rank:>3}  {'  '.join(figures)}  {shown_path(match.path)}".rstrip())
        if any(self.contradicted(match, loss) for match in self.neighbors for loss in losses):
            lines.append("    !: the codes say otherwise.")
        if self.by_codes:
            lines.append(f"    Under {listed(self.by_codes)} the codes decide, for the index keeps no pictures.")
        return "\n".join(lines if self.neighbors else [*lines[:1], f"  {self.asked}: none", f"    {self.note}"])


def _rounded(shares: Mapping[str, float]) -> dict[str, float | None]:
    return {loss: None if math.isinf(share) else round(share, 6) for loss, share in shares.items()}


class ContrastResults(tuple[ContrastResult, ...]):
    """The results of several queries, in their order."""

    def __str__(self) -> str:
        return "\n".join(str(result) for result in self)

    __repr__ = __str__

    def to_dict(self) -> list[dict[str, Any]]:
        """The lines of `aekeras search --equal ... --different ... --json`."""
        return [result.to_dict() for result in self]
