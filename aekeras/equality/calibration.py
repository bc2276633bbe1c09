"""Calibration: is a distance of codes what the loss itself would say?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import stats

from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.fidelity import nearest
from aekeras.equality.results import Cell, Result, Table, listed
from aekeras.errors import InputError

_DRAWN = 600  # pairs per loss in the plot
_FAIR = 1.25  # a ratio within 1 / 1.25 to 1.25 may be read as the loss


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Calibration(Result):
    """How distances of codes stand to the loss, loss by loss.

    Attributes:
        k: Neighbors that the ratio is taken of.
        median_ratio: Median of code distance / loss over the k nearest codes of each query.
        spearman: Rank correlation of code distances and losses of a query's pairs, averaged over queries.
        drawn: Some pairs for the plot: (code distances, losses), half of them of near neighbors.
        seed: Of the intervals, and of the choice of pairs.
    """

    title: ClassVar[str] = "Is a distance of codes what the loss would say?"
    key: ClassVar[str] = "calibration"

    k: int
    median_ratio: Mapping[str, Estimate]
    spearman: Mapping[str, Estimate]
    drawn: Mapping[str, tuple[np.ndarray, np.ndarray]]
    seed: int

    def sentences(self) -> tuple[str, ...]:
        odd = [
            f"`{loss}` ({ratio.value:.2f})"
            for loss, ratio in self.median_ratio.items()
            if not 1 / _FAIR <= ratio.value <= _FAIR
        ]
        least = min(self.spearman, key=lambda loss: self.spearman[loss].value)
        return (
            "The distance of two codes is meant to be the loss of their pictures, in the same units. The median ratio of the "
            f"two among the {self.k} nearest neighbors would then be 1"
            + (
                f"; it is far from it for {listed(odd)}."
                if odd
                else f"; here it lies within {1 / _FAIR:.2f} to {_FAIR}."
            ),
            f"Over all pairs, near and far, distances rank as the loss does: Spearman's correlation is at least "
            f"{self.spearman[least].value:.2f} (`{least}`).",
        )

    def tables(self) -> tuple[Table, ...]:
        rows = tuple(
            (
                loss,
                (
                    Cell(text=f"{self.median_ratio[loss].value:.3f}", interval=self.median_ratio[loss].shown),
                    Cell(text=f"{self.spearman[loss].value:.3f}", interval=self.spearman[loss].shown),
                ),
            )
            for loss in self.spearman
        )
        return (
            Table(
                caption="Distances of codes against the loss of the same pairs",
                corner="loss",
                columns=(f"median ratio, {self.k} nearest", "Spearman's correlation, all pairs"),
                rows=rows,
            ),
        )

    def plot(self, axes: Any) -> None:
        for loss, (by_code, by_loss) in self.drawn.items():
            unit = np.median(by_loss) or 1.0
            axes.scatter(by_loss / unit, by_code / unit, s=5, alpha=0.5, linewidths=0, label=loss)
        end = max(axes.get_xlim()[1], axes.get_ylim()[1])
        axes.plot([0, end], [0, end], linewidth=1, color="C7")
        axes.set(xlim=(0, end), ylim=(0, end), aspect="equal")
        axes.set_xlabel("loss, in medians of each loss")
        axes.set_ylabel("distance of codes, in the same unit")
        axes.legend(frameon=False, markerscale=3, loc="lower right")

    def to_dict(self) -> dict[str, Any]:
        return {
            loss: {
                "median_ratio": round(self.median_ratio[loss].value, 6),
                "median_ratio_interval": self.median_ratio[loss].interval,
                "spearman": round(self.spearman[loss].value, 6),
                "spearman_interval": self.spearman[loss].interval,
                "k": self.k,
                "seed": self.seed,
            }
            for loss in self.spearman
        }


def calibration(by_code: Mapping[str, np.ndarray], by_loss: Mapping[str, np.ndarray], k: int, seed: int) -> Calibration:
    """Median ratio, rank correlation and some pairs to draw, of every loss that there are codes of.

    Args:
        by_code: Distances of codes, (Q, N), by loss.
        by_loss: Values of the losses, (Q, N).
        k: Neighbors that the ratio is taken of; above N, all of them.
        seed: Of the intervals, and of the choice of pairs.

    Raises:
        InputError: All queries equal all of their neighbors under a loss.
    """
    k = min(k, next(iter(by_code.values())).shape[1])
    return Calibration(
        k=k,
        median_ratio={loss: estimate(_ratios(by_code[loss], by_loss[loss], k), seed, np.median) for loss in by_code},
        spearman={loss: estimate(rank_correlations(by_code[loss], by_loss[loss]), seed) for loss in by_code},
        drawn={loss: _some_pairs(by_code[loss], by_loss[loss], k, seed) for loss in by_code},
        seed=seed,
    )


def rank_correlations(by_code: np.ndarray, by_loss: np.ndarray) -> np.ndarray:
    """Spearman's correlation of each query's row, (Q, N) and (Q, N) -> (Q,); 0 where a row is constant."""
    ranks = [stats.rankdata(distances, axis=1) for distances in (by_code, by_loss)]
    some, others = (rows - rows.mean(axis=1, keepdims=True) for rows in ranks)
    norms = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)
    return np.divide(np.sum(some * others, axis=1), norms, out=np.zeros(len(norms)), where=norms > 0)


def _ratios(by_code: np.ndarray, by_loss: np.ndarray, k: int) -> np.ndarray:
    """The median ratio of each query's k nearest, shape (Q,) or less: without queries whose k are all equal to them."""
    rows = nearest(by_code, k)
    reported, true = np.take_along_axis(by_code, rows, 1), np.take_along_axis(by_loss, rows, 1)
    ratios = np.divide(reported, true, out=np.full(true.shape, np.nan), where=true > 0)
    counted = ratios[np.isfinite(ratios).any(axis=1)]
    if not len(counted):
        raise InputError(
            f"Expected pictures that differ from their {k} nearest under the loss. Received: copies only. Add other "
            "pictures, or compare more neighbors."
        )
    return np.nanmedian(counted, axis=1)


def _some_pairs(by_code: np.ndarray, by_loss: np.ndarray, k: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    near = nearest(by_code, k)
    queries = draw.integers(len(near), size=_DRAWN)
    columns = np.where(
        np.arange(_DRAWN) % 2,
        near[queries, draw.integers(k, size=_DRAWN)],
        draw.integers(by_code.shape[1], size=_DRAWN),
    )
    return by_code[queries, columns], by_loss[queries, columns]
