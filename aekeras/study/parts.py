"""What a study holds, ready to be printed, drawn as a page, or written as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from aekeras.artefacts import shown_path
from aekeras.equality.results import Result
from aekeras.pictures import Block
from aekeras.shares import EQUAL_WITHIN


@dataclass(frozen=True, kw_only=True)
class LossFacts:
    """What is known of a loss before anything is measured."""

    name: str
    blind_to: tuple[str, ...]
    summary: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """A picture on a page.

    Attributes:
        path: Its file.
        image: uint8, shape (H, W, 3); None where the file has vanished since.
        note: What is said below it, such as a distance.
        distance: To the query, in the loss's units, and as a share of a typical one; None of the query itself.
    """

    path: Path
    image: np.ndarray | None
    note: str = ""
    distance: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class DisputeAnswer:
    """The neighbors of a query under one loss, nearest first."""

    loss: str
    blind_to: tuple[str, ...]
    neighbors: tuple[Shown, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Dispute:
    """A query whose neighbors change from loss to loss.

    Attributes:
        query: The picture.
        score: 1 - mean overlap@k of two losses: 1 where no two agree on any neighbor.
        answers: One per loss.
    """

    query: Shown
    score: float
    answers: tuple[DisputeAnswer, ...]

    def to_dict(self) -> dict[str, Any]:
        """The dispute as JSON holds it."""
        neighbors = {answer.loss: [_found(one) for one in answer.neighbors] for answer in self.answers}
        return {"query": shown_path(self.query.path), "score": round(self.score, 6), "neighbors": neighbors}


def _found(neighbor: Shown) -> dict[str, Any]:
    distance, share = neighbor.distance or (0.0, 0.0)
    return {"path": shown_path(neighbor.path), "distance": round(distance, 6), "share": round(share, 6)}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Study:
    """What each trained loss of a project counts as equal.

    Attributes:
        title: A line that says what was measured.
        results: The measurements, in the order in which they are read.
        notes: What was left out, and what else a reader should know, in sentences.
        facts: What the study is based on, as pairs of a name and a value.
        losses: The losses.
        disputes: The queries that losses disagree on most, most disputed first.
        galleries: Pictures that belong to a result, by its key.
        seed: Of all that is random.
        equal_within: Share of a typical loss up to which two pictures are equal.
    """

    title: str
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    losses: tuple[LossFacts, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    galleries: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    seed: int = 0
    equal_within: float = EQUAL_WITHIN

    def summary(self) -> str:
        """Every measurement in words."""
        parts = [f"{result.title}\n" + "\n".join(f"  {line}" for line in result.sentences()) for result in self.results]
        return "\n\n".join([self.title, *parts])

    def to_dict(self) -> dict[str, Any]:
        """Every figure, by measurement, with its interval and the seed."""
        figures = {result.key: result.to_dict() for result in self.results}
        details = {f"{result.key}_details": result.details() for result in self.results if result.details()}
        return {
            "title": self.title,
            "facts": dict(self.facts),
            "losses": [{"loss": one.name, "blind_to": list(one.blind_to)} for one in self.losses],
            **figures,
            **details,
            "disputed": [dispute.to_dict() for dispute in self.disputes],
            "notes": list(self.notes),
            "equal_within": self.equal_within,
            "seed": self.seed,
        }

    def __str__(self) -> str:
        return "\n\n\n".join([self.title, *map(str, self.results), *self.notes])

    __repr__ = __str__
