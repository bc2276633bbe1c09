"""How much the losses agree: what the neighbors of one picture by two losses have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

import numpy as np

from aekeras.equality.displays import as_json, dots, share_cell
from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.neighbors import extent, in_common, nearest
from aekeras.equality.results import Result, Table, share_of
from aekeras.errors import InputError

_REST = 1e-4  # weight of all ranks below those that rank-biased overlap looks at
_SHOWN = 20  # pairs of losses in the plot


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Overlap(Result):
    """What the neighbors by every two losses have in common. Both tables are symmetric.

    Attributes:
        k: Neighbors that are compared.
        p: Persistence of rank-biased overlap: how slowly the weight of a rank falls.
        depth: Ranks that rank-biased overlap looks at.
        chance: Share that two random lists have in common.
        seed: Of the intervals.
        shares: {loss: {loss: share of the k nearest that both have}}.
        rank_biased: {loss: {loss: rank-biased overlap, in [0, 1]}}.
    """

    title: ClassVar[str] = "How much do the losses agree?"
    key: ClassVar[str] = "overlap"

    k: int
    p: float
    depth: int
    chance: float
    seed: int
    shares: Mapping[str, Mapping[str, Estimate]]
    rank_biased: Mapping[str, Mapping[str, Estimate]]

    def sentences(self) -> tuple[str, ...]:
        pairs = self._pairs()
        if not pairs:
            return ("There is one loss only, so there is nothing to compare it with.",)
        most, least = pairs[0], pairs[-1]
        first = (
            f"Of the {self.k} nearest pictures by code, random lists would have {100 * self.chance:.2g} % in common."
        )
        if len(pairs) == 1:
            return first, f"{self._of(most)} have {self._common(most)}."
        return (
            first,
            f"{self._of(most)} agree most: they have {self._common(most)}.",
            f"{self._of(least)} agree least: they have {self._common(least)}.",
        )

    def _pairs(self) -> list[tuple[str, str]]:
        """Every two losses, the most alike first."""
        return sorted(combinations(self.shares, 2), key=lambda pair: -self.shares[pair[0]][pair[1]].value)

    def _of(self, pair: tuple[str, str]) -> str:
        return f"`{pair[0]}` and `{pair[1]}`"

    def _common(self, pair: tuple[str, str]) -> str:
        share, ranked = self.shares[pair[0]][pair[1]], self.rank_biased[pair[0]][pair[1]]
        return (
            f"{share_of(share.value)} in common ({100 * share.low:.0f} to {100 * share.high:.0f}), and "
            f"{share_of(ranked.value)} where the first ranks weigh more"
        )

    def tables(self) -> tuple[Table, ...]:
        if len(self.shares) < 2:
            return ()
        return (
            self._table(f"Share of the {self.k} nearest by code that two losses have in common", self.shares),
            self._table(f"Rank-biased overlap (p = {self.p:g}), which counts the first ranks more", self.rank_biased),
        )

    def _table(self, caption: str, shares: Mapping[str, Mapping[str, Estimate]]) -> Table:
        rows = tuple((name, tuple(map(share_cell, row.values()))) for name, row in shares.items())
        return Table(caption=caption, corner="loss", columns=tuple(shares), rows=rows)

    def plot(self, axes: Any) -> None:
        pairs = self._pairs()
        if len(pairs) > _SHOWN:
            pairs = pairs[: _SHOWN // 2] + pairs[-_SHOWN // 2 :]
            axes.set_title(f"the {_SHOWN // 2} pairs of losses that agree most, and least")
        dots(
            axes,
            [f"{one}, {other}" for one, other in pairs],
            {
                f"overlap of the {self.k} nearest": [self.shares[one][other] for one, other in pairs],
                "rank-biased overlap": [self.rank_biased[one][other] for one, other in pairs],
            },
        )
        axes.axvline(100 * self.chance, linestyle=":", color="gray")
        axes.set_xlabel("in common (%); dotted: random lists")

    def to_dict(self) -> dict[str, Any]:
        shares: dict[str, Any] = as_json("shares", self.shares)["shares"]
        return shares

    def details(self) -> dict[str, Any]:
        """What stands beside `to_dict`, whose keys are losses alone."""
        return {
            "k": self.k,
            "intervals": as_json("shares", self.shares)["shares_intervals"],
            "p": self.p,
            "depth": self.depth,
            **as_json("rbo", self.rank_biased),
            "chance": round(self.chance, 6),
            "seed": self.seed,
        }


def overlap(by_code: Mapping[str, np.ndarray], k: int, seed: int, *, p: float = 0.9) -> Overlap:
    """What the neighbors by every two losses have in common.

    Args:
        by_code: Distances by each loss, (Q, N).
        k: Neighbors to compare; all N where there are no more.
        seed: Of the intervals.
        p: Persistence of rank-biased overlap, in (0, 1): the chance that a reader of the list goes on to the next rank.

    Raises:
        InputError: Shapes that differ, no loss, no query, no picture, `k` below 1, or `p` out of range.
    """
    _, collection = extent(list(by_code.values()), k)
    if not 0 < p < 1:
        raise InputError(f"Expected `p` between 0 and 1. Received: {p:g}. Use 0.9, to look at the first ten or so.")
    depth = min(collection, max(k, int(np.ceil(np.log(_REST) / np.log(p)))))
    lists = {name: nearest(distances, depth) for name, distances in by_code.items()}
    shares: dict[str, dict[str, Estimate]] = {name: {} for name in by_code}
    rank_biased: dict[str, dict[str, Estimate]] = {name: {} for name in by_code}
    for one in by_code:
        for other in by_code:
            if one in shares[other]:
                shares[one][other], rank_biased[one][other] = shares[other][one], rank_biased[other][one]
                continue
            common = in_common(lists[one][:, :k], lists[other][:, :k])
            shares[one][other] = estimate(common, seed)
            rank_biased[one][other] = estimate(rank_biased_overlap(lists[one], lists[other], p), seed)
    return Overlap(
        k=min(k, collection),
        p=p,
        depth=depth,
        chance=min(k, collection) / collection,
        seed=seed,
        shares=shares,
        rank_biased=rank_biased,
    )


def rank_biased_overlap(lists: np.ndarray, others: np.ndarray, p: float = 0.9) -> np.ndarray:
    """Extrapolated rank-biased overlap of two rankings without repeats, (Q, D) and (Q, D) -> (Q,), in [0, 1].

    X_D / D p^D + (1 - p) / p sum_d X_d / d p^d, with X_d the entries that the first d ranks have in common: the
    agreement at the last rank is taken to go on below it. 1 for equal rankings, 0 for disjoint ones.

    References:
        Webber, Moffat, Zobel, "A similarity measure for indefinite rankings", ACM Transactions on Information Systems
        28(4), 2010, DOI 10.1145/1852102.1852106.
    """
    queries, depth = lists.shape
    met = np.sort(np.concatenate([_tagged(lists), _tagged(others)], axis=1), axis=1)
    same = met[:, 1:] // depth == met[:, :-1] // depth
    rows, places = np.nonzero(same)
    ranks = np.maximum(met[rows, places] % depth, met[rows, places + 1] % depth)  # at which both have met the entry
    new = np.bincount(rows * depth + ranks, minlength=queries * depth).reshape(queries, depth)
    agreement = np.cumsum(new, axis=1) / np.arange(1, depth + 1)
    weights = p ** np.arange(1, depth + 1)
    return agreement[:, -1] * weights[-1] + (1 - p) / p * agreement @ weights


def _tagged(lists: np.ndarray) -> np.ndarray:
    """Entries with their ranks in one number, which sorts by entry: entry * D + rank."""
    return lists.astype(np.int64) * lists.shape[1] + np.arange(lists.shape[1])


def dispute(by_code: Mapping[str, np.ndarray], k: int) -> np.ndarray:
    """How little the losses agree on each query's neighbors: 1 - mean overlap@k of every two, (Q,), in [0, 1]."""
    queries, _ = extent(list(by_code.values()), k)
    lists = [nearest(distances, k) for distances in by_code.values()]
    shares = [in_common(one, other) for one, other in combinations(lists, 2)]
    return 1.0 - np.mean(shares, axis=0) if shares else np.zeros(queries)


def disputed(by_code: Mapping[str, np.ndarray], k: int) -> np.ndarray:
    """Rows of the queries, (Q,): first those whose neighbors change most from loss to loss; equals in their order."""
    return np.argsort(-dispute(by_code, k), kind="stable")
