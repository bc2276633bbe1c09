"""Output space: what do models that differ in nothing but their seed agree on when they rebuild a picture?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

import numpy as np

from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.invariance import losses_of_pairs
from aekeras.equality.results import Cell, Result, Table
from aekeras.errors import InputError

_FREE = 3.0  # times as far apart outside the view as inside it: the colors are free


@dataclass(frozen=True, kw_only=True)
class Apart:
    """How far apart several rebuilt versions of a picture are; 1 is as far as two different pictures.

    Attributes:
        inside: Under the loss.
        outside: In what the loss does not see.
        error: Of each version to the original, under the loss.
    """

    inside: Estimate
    outside: Estimate
    error: Estimate


@dataclass(frozen=True, kw_only=True, repr=False)
class Spread(Result):
    """What the loss leaves open to chance, loss by loss.

    Attributes:
        apart: By loss.
        seeds: Models per loss.
        seed: Of the intervals.
    """

    title: ClassVar[str] = "What does the loss leave open?"
    key: ClassVar[str] = "output_space"

    apart: Mapping[str, Apart]
    seeds: int
    seed: int

    def sentences(self) -> tuple[str, ...]:
        said = [
            f"{self.seeds} models per loss, which differ in their seed only, rebuild the same pictures. Distances are in "
            "those of two different pictures of the sample: 1 is as far apart as these."
        ]
        for loss, found in self.apart.items():
            free = found.outside.value > _FREE * max(found.inside.value, 1e-9)
            said.append(
                f"Under `{loss}`, versions of a picture are {found.inside.value:.2f} apart in what the loss sees, and "
                f"{found.outside.value:.2f} in the rest"
                + (": that is left to chance." if free else ": neither is left to chance.")
            )
        return tuple(said)

    def tables(self) -> tuple[Table, ...]:
        rows = tuple(
            (loss, tuple(_cell(one) for one in (found.inside, found.outside, found.error)))
            for loss, found in self.apart.items()
        )
        columns = ("apart under the loss", "apart in what it does not see", "error to the original")
        caption = f"{self.seeds} models rebuild the same pictures; 1: as far apart as two different pictures"
        return (Table(caption=caption, corner="loss", columns=columns, rows=rows),)

    def plot(self, axes: Any) -> None:
        places = np.arange(len(self.apart))
        for offset, kind, label in ((-0.2, "inside", "what the loss sees"), (0.2, "outside", "the rest")):
            found = [getattr(one, kind) for one in self.apart.values()]
            errors = np.array([[one.value - one.low, one.high - one.value] for one in found]).T
            axes.bar(places + offset, [one.value for one in found], 0.38, yerr=errors, capsize=2, label=label)
        axes.set_xticks(places, list(self.apart))
        axes.set_ylabel("apart; 1: as two different pictures")
        axes.legend(frameon=False)

    def to_dict(self) -> dict[str, Any]:
        return {
            loss: {
                "inside": round(found.inside.value, 6),
                "inside_interval": found.inside.interval,
                "outside": round(found.outside.value, 6),
                "outside_interval": found.outside.interval,
                "error": round(found.error.value, 6),
                "error_interval": found.error.interval,
                "seeds": self.seeds,
                "seed": self.seed,
            }
            for loss, found in self.apart.items()
        }


def spread(losses: Mapping[str, Any], rebuilt: Mapping[str, np.ndarray], originals: np.ndarray, seed: int) -> Spread:
    """How far apart the reconstructions by several models are, under the loss and in what it does not see.

    What a loss does not see of a pixel is its part in the null space of the loss's `matrix`; of a loss that sees every
    color, the pixel itself.

    Args:
        losses: The losses, by name.
        rebuilt: By the same names, float, shape (K, N, S, S, 3): the N originals by K models, in [0, 1].
        originals: Float, shape (N, S, S, 3), N >= 2.
        seed: Of the intervals.

    Raises:
        InputError: Fewer than two models.
    """
    seeds = len(next(iter(rebuilt.values())))
    if seeds < 2:
        raise InputError(f"Expected at least 2 models per loss, to compare. Received: {seeds}. Ask for more seeds.")
    others = np.roll(originals, 1, axis=0)
    apart = {}
    for name, loss in losses.items():
        usual = losses_of_pairs(loss, originals, others).mean()
        unseen = unseen_part(loss.matrix)
        usual_unseen = _unseen_apart(unseen, originals, others).mean()
        pairs = list(combinations(rebuilt[name], 2))
        inside = np.mean([losses_of_pairs(loss, a, b) for a, b in pairs], axis=0)
        outside = np.mean([_unseen_apart(unseen, a, b) for a, b in pairs], axis=0)
        error = np.mean([losses_of_pairs(loss, originals, one) for one in rebuilt[name]], axis=0)
        apart[name] = Apart(
            inside=estimate(inside / usual, seed),
            outside=estimate(outside / (usual_unseen or 1.0), seed),
            error=estimate(error / usual, seed),
        )
    return Spread(apart=apart, seeds=seeds, seed=seed)


def unseen_part(matrix: Any) -> np.ndarray:
    """The projection onto the null space of a linear map of colors, (C, 3) -> (3, 3); the identity where it is empty."""
    rows = np.array(matrix, np.float64)
    projection = np.eye(3) - np.linalg.pinv(rows) @ rows
    return np.eye(3) if np.allclose(projection, 0.0, atol=1e-6) else projection


def _unseen_apart(unseen: np.ndarray, some: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.abs((some - others) @ unseen).mean(axis=(1, 2, 3))


def _cell(found: Estimate) -> Cell:
    return Cell(text=f"{found.value:.3f}", interval=found.shown)
