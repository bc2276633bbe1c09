"""Calibration: is a distance of codes what the loss itself would say?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import stats

from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.neighbors import check_losses, extent, nearest
from aekeras.equality.results import Cell, Result, Table, listed

_DRAWN = 600  # pairs per loss in the plot
_FAIR = 1.25  # a ratio within 1 / 1.25 to 1.25 may be read as the loss


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Calibration(Result):
    """How distances of codes stand to the loss, loss by loss.

    Attributes:
        k: Neighbors that the ratio is taken of.
        median_ratio: Median over queries of the median of code distance / loss over their k nearest codes. A loss is
            left out where these are all copies under it.
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
        ratios = {loss: one.value for loss, one in self.median_ratio.items()}
        odd = [f"`{loss}` ({ratio:.2f})" for loss, ratio in ratios.items() if not 1 / _FAIR <= ratio <= _FAIR]
        within = f"it is far from it for {listed(odd)}" if odd else f"here it lies within {1 / _FAIR:.2f} to {_FAIR}"
        copies = [f"`{loss}`" for loss in self.spearman if loss not in ratios]
        least = min(self.spearman, key=lambda loss: self.spearman[loss].value)
        said = [
            "The distance of two codes is meant to be the loss of their pictures, in the same units. The median ratio "
            f"of the two among the {self.k} nearest neighbors would then be 1" + (f"; {within}." if ratios else "."),
            "Over all pictures, near and far, distances by code rank as the loss does: Spearman's correlation, "
            f"averaged over queries, is at least {self.spearman[least].value:.2f} (`{least}`).",
            "In the plot, half of the pairs are near neighbors, which are rare among all pairs.",
        ]
        if copies:
            said.append(f"There is no ratio for {listed(copies)}: all near neighbors are copies under the loss.")
        return tuple(said)

    def tables(self) -> tuple[Table, ...]:
        columns = {
            f"median ratio, {self.k} nearest": self.median_ratio,
            "Spearman's correlation, all pairs": self.spearman,
        }
        rows = tuple((loss, tuple(_cell(column.get(loss)) for column in columns.values())) for loss in self.spearman)
        caption = "Distances of codes against the loss of the same pairs"
        return (Table(caption=caption, corner="loss", columns=tuple(columns), rows=rows),)

    def plot(self, axes: Any) -> None:
        for loss, (by_code, by_loss) in self.drawn.items():
            unit = np.median(by_loss[::2]) or 1.0  # every other pair is any pair, not a near one
            axes.scatter(by_loss / unit, by_code / unit, s=5, alpha=0.5, linewidths=0, label=loss)
        end = max(axes.get_xlim()[1], axes.get_ylim()[1])
        axes.plot([0, end], [0, end], linewidth=1, color="C7")
        axes.set(xlim=(0, end), ylim=(0, end), aspect="equal")
        axes.set_xlabel("loss (1: the median of random pairs)")
        axes.set_ylabel("distance of codes, in the same unit")
        axes.legend(frameon=False, markerscale=3, loc="lower right")

    def to_dict(self) -> dict[str, Any]:
        return {loss: {**self._figures(loss), "k": self.k, "seed": self.seed} for loss in self.spearman}

    def _figures(self, loss: str) -> dict[str, Any]:
        figures: dict[str, Any] = {}
        for key, column in (("median_ratio", self.median_ratio), ("spearman", self.spearman)):
            if loss in column:
                figures |= {key: round(column[loss].value, 6), f"{key}_interval": column[loss].interval}
        return figures


def calibration(by_code: Mapping[str, np.ndarray], by_loss: Mapping[str, np.ndarray], k: int, seed: int) -> Calibration:
    """Median ratio, rank correlation and some pairs to draw, of every loss that there are codes of.

    Args:
        by_code: Distances of codes, (Q, N), by loss.
        by_loss: Values of the losses, (Q, N).
        k: Neighbors that the ratio is taken of; above N, all of them.
        seed: Of the intervals, and of the choice of pairs.

    Raises:
        InputError: Shapes that differ, no query, no picture, `k` below 1, or codes without their loss.
    """
    _, collection = extent([*by_code.values(), *by_loss.values()], k)
    check_losses(by_code, by_loss)
    k = min(k, collection)
    ratios = {loss: _ratios(by_code[loss], by_loss[loss], k) for loss in by_code}
    return Calibration(
        k=k,
        median_ratio={loss: estimate(one, seed, np.median) for loss, one in ratios.items() if len(one)},
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
    return np.nanmedian(ratios[np.isfinite(ratios).any(axis=1)], axis=1)


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


def _cell(figure: Estimate | None) -> Cell:
    return Cell(text="") if figure is None else Cell(text=f"{figure.value:.3f}", interval=figure.shown)
