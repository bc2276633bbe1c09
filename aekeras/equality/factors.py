"""Factors: of what is known of the pictures, what do neighbors under a loss share?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.neighbors import extent
from aekeras.equality.results import Cell, Result, Table, listed, share_of
from aekeras.errors import InputError

Columns = Mapping[str, Sequence[str]]
_MANY = 20  # different values, above which numbers are cut into equally filled parts
_PARTS = 5
_REPEATED = 2.0  # pictures per value that a factor needs, on the average


@dataclass(frozen=True, kw_only=True)
class Found:
    """How well the neighbors of one loss share one factor with the query."""

    precision: Estimate
    recall: Estimate
    mean_average_precision: Estimate


@dataclass(frozen=True, kw_only=True, repr=False)
class Factors(Result):
    """What neighbors share, factor by factor and loss by loss.

    Attributes:
        k: Neighbors that precision and recall are taken of.
        found: By factor, then by loss.
        chance: Precision of random neighbors, by factor.
        cut: Factors whose numbers were cut into five equally filled parts.
        left_out: Factors that cannot be measured, and why.
        seed: Of the intervals.
    """

    title: ClassVar[str] = "What do neighbors share?"
    key: ClassVar[str] = "factors"

    k: int
    found: Mapping[str, Mapping[str, Found]]
    chance: Mapping[str, float]
    cut: tuple[str, ...]
    left_out: Mapping[str, str]
    seed: int

    def sentences(self) -> tuple[str, ...]:
        losses = dict.fromkeys(loss for of_loss in self.found.values() for loss in of_loss)
        said = [
            f"How many of a query's {self.k} nearest pictures are like it in what is known of them, and in brackets "
            "how many would be by chance.",
            *map(self._of_loss, losses),
        ]
        if self.cut:
            said.append(f"The numbers of {listed(self.cut)} were cut into {_PARTS} equally filled parts.")
        said += [f"{factor} is left out: {why}." for factor, why in self.left_out.items()]
        return tuple(said)

    def _of_loss(self, loss: str) -> str:
        shares = (
            f"{factor.replace('_', ' ')} {share_of(of_loss[loss].precision.value)} ({share_of(self.chance[factor])})"
            for factor, of_loss in self.found.items()
        )
        return f"Under `{loss}`: {listed(shares)}."

    def tables(self) -> tuple[Table, ...]:
        kinds = {
            f"Precision@{self.k}: share of the neighbors with the query's value": "precision",
            f"Recall@{self.k}: share of the pictures with the query's value that are found": "recall",
            "Mean average precision over the whole ranking": "mean_average_precision",
        }
        return tuple(self._table(caption, name) for caption, name in kinds.items())

    def _table(self, caption: str, kind: str) -> Table:
        losses = tuple(next(iter(self.found.values())))
        chance = ("chance",) if kind == "precision" else ()
        rows = []
        for factor, of_loss in self.found.items():
            figures = [getattr(of_loss[loss], kind) for loss in losses]
            cells = [Cell(text=f"{one.value:.3f}", interval=one.shown, shade=one.value) for one in figures]
            cells += [Cell(text=f"{self.chance[factor]:.3f}")] * len(chance)
            rows.append((factor, tuple(cells)))
        return Table(caption=caption, corner="factor", columns=(*losses, *chance), rows=tuple(rows))

    def plot(self, axes: Any) -> None:
        losses = list(next(iter(self.found.values())))
        places = np.arange(len(self.found))
        width = 0.8 / len(losses)
        for number, loss in enumerate(losses):
            values = [of_loss[loss].precision.value for of_loss in self.found.values()]
            axes.bar(places + (number - (len(losses) - 1) / 2) * width, values, width, label=loss)
        for place, chance in zip(places, self.chance.values(), strict=True):
            axes.plot([place - 0.45, place + 0.45], [chance, chance], linestyle="--", linewidth=1, color="C7")
        axes.set_xticks(places, [name.replace("_", " ") for name in self.found], rotation=20)
        axes.set_ylabel(f"precision@{self.k}; dashed: chance")
        axes.set_ylim(0, 1)
        axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.2))

    def to_dict(self) -> dict[str, Any]:
        kinds = {"precision": "precision", "recall": "recall", "map": "mean_average_precision"}
        figures: dict[str, Any] = {}
        for key, kind in kinds.items():
            of_kind = {
                factor: {loss: getattr(one, kind) for loss, one in of_loss.items()}
                for factor, of_loss in self.found.items()
            }
            figures[key] = {f: {loss: round(one.value, 6) for loss, one in row.items()} for f, row in of_kind.items()}
            figures[f"{key}_intervals"] = {
                f: {loss: one.interval for loss, one in row.items()} for f, row in of_kind.items()
            }
        chance = {factor: round(share, 6) for factor, share in self.chance.items()}
        return {"k": self.k, "chance": chance, **figures, "left_out": dict(self.left_out), "seed": self.seed}


def factors(
    by_code: Mapping[str, np.ndarray], of_queries: Columns, of_collection: Columns, k: int, seed: int
) -> Factors:
    """Precision@k, recall@k and mean average precision of every factor under every loss.

    Queries without a value, or whose value nobody else has, do not count. A picture without a value shares none.

    Args:
        by_code: Distances of codes, (Q, N), by loss.
        of_queries: By factor, the values of the Q queries; empty text where nothing is known.
        of_collection: The same of the N pictures.
        k: Neighbors; above N, all of them.
        seed: Of the intervals.

    Raises:
        InputError: No factor can be measured, its values are not one per picture, distances are of different shapes,
            or `k` is below 1.
    """
    queries, collection = extent(list(by_code.values()), k)
    k = min(k, collection)
    rankings = {loss: np.argsort(distances, axis=1, kind="stable") for loss, distances in by_code.items()}
    found, chance, cut, left_out = {}, {}, [], {}
    for factor, values in of_queries.items():
        if factor not in of_collection:
            left_out[factor] = "it is known of the queries only"
            continue
        asked, others = np.asarray(values), np.asarray(of_collection[factor])
        if (len(asked), len(others)) != (queries, collection):
            raise InputError(
                f"Expected {queries:,} values of {factor} for the queries, and {collection:,} for the pictures. "
                f"Received: {len(asked):,} and {len(others):,}. Give one per picture, or an empty text."
            )
        if _is_to_be_cut(asked, others):
            asked, others = _parts(asked, others)
            cut.append(factor)
        reason = _reason(asked, others)
        relevant = (asked[:, None] == others[None]) & (asked != "")[:, None]
        counted = relevant.any(axis=1)
        if reason or not counted.any():
            left_out[factor] = reason or "no query shares its value with another picture"
            continue
        chance[factor] = float(relevant[counted].mean())
        found[factor] = {
            loss: _found(ranking[counted], relevant[counted], k, seed) for loss, ranking in rankings.items()
        }
    if not found:
        reasons = "; ".join(f"{factor}: {why}" for factor, why in left_out.items())
        raise InputError(f"Expected a factor that several pictures share. Received: {reasons}. Give other labels.")
    return Factors(k=k, found=found, chance=chance, cut=tuple(cut), left_out=left_out, seed=seed)


def _found(ranking: np.ndarray, relevant: np.ndarray, k: int, seed: int) -> Found:
    hits = np.take_along_axis(relevant, ranking, axis=1)
    at_k = hits[:, :k].sum(axis=1)
    precision_at = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return Found(
        precision=estimate(at_k / k, seed),
        recall=estimate(at_k / hits.sum(axis=1), seed),
        mean_average_precision=estimate(np.sum(precision_at * hits, axis=1) / hits.sum(axis=1), seed),
    )


def _reason(asked: np.ndarray, others: np.ndarray) -> str:
    """Why a factor says nothing; empty where it does."""
    values = np.concatenate([asked, others])
    values = values[values != ""]
    kinds = len(set(values.tolist()))
    if kinds < 2:
        return "every picture has the same value" if kinds else "no picture has a value"
    return "" if len(values) >= _REPEATED * kinds else "nearly every picture has a value of its own"


def _is_to_be_cut(asked: np.ndarray, others: np.ndarray) -> bool:
    values = {value for value in (*asked.tolist(), *others.tolist()) if value}
    return len(values) > _MANY and all(_is_number(value) for value in values)


def _is_number(value: str) -> bool:
    try:
        return bool(np.isfinite(float(value)))
    except ValueError:
        return False


def _parts(asked: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The names of five equally filled parts in the place of numbers."""
    numbers = [float(value) for value in (*asked.tolist(), *others.tolist()) if value]
    edges = np.quantile(numbers, np.linspace(0, 1, _PARTS + 1)[1:-1])

    def part(values: np.ndarray) -> np.ndarray:
        return np.array([str(np.searchsorted(edges, float(value), side="right")) if value else "" for value in values])

    return part(asked), part(others)
