"""How well distances of codes stand for the loss: do codes find what their loss finds?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from aekeras.equality.displays import as_json, dots, estimates, share_cell
from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.neighbors import check_losses, extent, in_common, nearest
from aekeras.equality.results import Cell, Result, Table, listed

_CONTROLS = {
    "mds": "MDS (classical scaling of the loss's own values, to codes of the same size)",
    "pca": "PCA (as many principal components of what the loss sees)",
    "pixels": "the pictures shrunk to as many numbers",
    "untrained": "the same encoder without training",
}
_SHOWN = {"mds": "MDS", "pca": "PCA"}


class Lead(NamedTuple):
    """By how much codes find more of their own loss's neighbors than of the best other loss's."""

    over: str
    by: Estimate


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrossFidelity(Result):
    """Fidelity of every loss's codes to every loss.

    Attributes:
        k: Neighbors that are compared.
        asked: Neighbors that were asked for: more than `k` where the collection holds no more.
        queries: Q.
        collection: N.
        seed: Of the intervals.
        matrix: {codes of: {neighbors by: share}}.
        controls: {control: {loss: share}}.
        leads: {codes of: how much more they find of their own loss}, where there is another one. A difference within
            the same queries, so its interval is narrower than those of the shares.
        over_controls: {control: {loss: share of its codes less that of the control}}, likewise.
    """

    title: ClassVar[str] = "Do codes find what their loss finds?"
    key: ClassVar[str] = "fidelity"

    k: int
    asked: int
    queries: int
    collection: int
    seed: int
    matrix: Mapping[str, Mapping[str, Estimate]]
    controls: Mapping[str, Mapping[str, Estimate]]
    leads: Mapping[str, Lead]
    over_controls: Mapping[str, Mapping[str, Estimate]]

    def sentences(self) -> tuple[str, ...]:
        few = f"Of the {self.asked} neighbors asked for there are only {self.k}, so every list holds all pictures."
        return (
            f"For each query ({self.queries:,} in all), the {self.k} nearest of {self.collection:,} pictures by code "
            f"are compared with the {self.k} nearest by each loss itself. A figure is the share that both lists have "
            f"in common: chance gives {100 * self.k / self.collection:.2g} %.",
            *((few,) if self.asked > self.k else ()),
            *self._diagonal(),
            *(self._against(control) for control, leads in self.over_controls.items() if leads),
        )

    def _diagonal(self) -> tuple[str, ...]:
        """Is the diagonal each row's maximum?"""
        if not self.leads:
            return ()
        lost = [name for name, lead in self.leads.items() if lead.by.value < 0]
        found = (
            "The codes of every loss agree most with their own loss: the diagonal of the table is each row's maximum."
        )
        if lost:
            found = f"Not all codes agree most with their own loss: those of {listed(map(_quoted, lost))} do not."
        return found + _close({name: lead.by for name, lead in self.leads.items()}), *map(self._exception, lost)

    def _exception(self, name: str) -> str:
        over = self.leads[name].over
        return (
            f"The codes of `{name}` find {100 * self.matrix[name][over].value:.1f} % of the neighbors by `{over}`, and "
            f"{100 * self.matrix[name][name].value:.1f} % of those by `{name}` itself."
        )

    def _against(self, control: str) -> str:
        """For which losses do the codes find more than a control, or fewer?"""
        groups: dict[str, list[str]] = {"more": [], "fewer": [], "as many, beyond chance,": []}
        for name, lead in self.over_controls[control].items():
            group = "more" if lead.low > 0 else "fewer" if lead.high < 0 else "as many, beyond chance,"
            groups[group].append(self._figures(control, name) if group == "fewer" else _quoted(name))
        said = "; ".join(f"{group} for {listed(names)}" for group, names in groups.items() if names)
        return f"Against {_CONTROLS.get(control, control)}, the codes find {said}."

    def _figures(self, control: str, name: str) -> str:
        own, other = self.matrix[name][name].value, self.controls[control][name].value
        return f"`{name}` ({100 * own:.1f} % against {100 * other:.1f} %)"

    def tables(self) -> tuple[Table, ...]:
        caption = f"Share of the {self.k} nearest by code that are among the {self.k} nearest by the loss"
        matrix = Table(
            caption=caption,
            corner="codes of",
            columns=tuple(next(iter(self.matrix.values()), ())),
            rows=tuple((name, tuple(map(share_cell, row.values(), _marks(row)))) for name, row in self.matrix.items()),
        )
        compared = Table(
            caption=f"{caption}, beside codes that need no training",
            corner="loss",
            columns=("its own codes", *(_SHOWN.get(control, control) for control in self.controls)),
            rows=tuple((name, self._compared(name)) for name in self.matrix),
        )
        return (matrix, compared) if self.controls else (matrix,)

    def _compared(self, name: str) -> tuple[Cell, ...]:
        cells = [share_cell(self.matrix[name][name])]
        for control, shares in self.controls.items():
            lead = self.over_controls[control].get(name)
            beaten = "" if lead is None or lead.value >= 0 else "better" if lead.high < 0 else "perhaps better"
            cells.append(share_cell(shares.get(name), beaten))
        return tuple(cells)

    def plot(self, axes: Any) -> None:
        own = [self.matrix[name][name] for name in self.matrix]
        others = {
            _SHOWN.get(control, control): [shares.get(name) for name in self.matrix]
            for control, shares in self.controls.items()
        }
        dots(axes, list(self.matrix), {"its own codes": own, **others})
        axes.set_xlabel(f"share of the {self.k} nearest by the loss that are found (%)")

    def to_dict(self) -> dict[str, Any]:
        return {
            "k": self.k,
            **as_json("matrix", self.matrix),
            **as_json("controls", self.controls),
            **as_json("leads", {name: {lead.over: lead.by} for name, lead in self.leads.items()}),
            **as_json("leads_over_controls", self.over_controls),
            "queries": self.queries,
            "collection": self.collection,
            "seed": self.seed,
        }


def cross_fidelity(
    by_code: Mapping[str, np.ndarray],
    by_loss: Mapping[str, np.ndarray],
    controls: Mapping[str, Mapping[str, np.ndarray]],
    k: int,
    seed: int,
) -> CrossFidelity:
    """Fidelity@k of every loss's codes to every loss, and of codes that need no training.

    Args:
        by_code: Distances of each loss's codes, (Q, N).
        by_loss: Values of each loss, (Q, N); there may be more losses than codes.
        controls: {control: {loss: distances of the control's codes, (Q, N)}}.
        k: Neighbors to compare; all N where there are no more.
        seed: Of the intervals.

    Raises:
        InputError: Shapes that differ, no query, no picture, `k` below 1, or codes without their loss.
    """
    rivals = [distances for each in controls.values() for distances in each.values()]
    queries, collection = extent([*by_code.values(), *by_loss.values(), *rivals], k)
    check_losses(by_code, by_loss)
    wanted = {name: nearest(distances, k) for name, distances in by_loss.items()}
    shares = {
        name: {by: in_common(found, columns) for by, columns in wanted.items()}
        for name, found in ((name, nearest(distances, k)) for name, distances in by_code.items())
    }
    others = {
        control: {name: in_common(nearest(each[name], k), wanted[name]) for name in by_code if name in each}
        for control, each in controls.items()
    }
    leads = {
        control: {name: shares[name][name] - share for name, share in each.items()} for control, each in others.items()
    }
    return CrossFidelity(
        k=min(k, collection),
        asked=k,
        queries=queries,
        collection=collection,
        seed=seed,
        matrix=estimates(shares, seed),
        controls=estimates(others, seed),
        leads={name: _lead(name, row, seed) for name, row in shares.items() if len(row) > 1},
        over_controls=estimates(leads, seed),
    )


def _lead(name: str, row: Mapping[str, np.ndarray], seed: int) -> Lead:
    best = max((by for by in row if by != name), key=lambda by: float(row[by].mean()))
    return Lead(best, estimate(row[name] - row[best], seed))


def fidelity(by_code: np.ndarray, by_loss: np.ndarray, k: int = 10) -> np.ndarray:
    """Share of each query's k nearest by code that are among its k nearest by the loss, shape (Q,), in [0, 1].

    Args:
        by_code: Distances of codes, (Q, N).
        by_loss: Values of the loss, (Q, N).
        k: Neighbors that are compared.
    """
    return in_common(nearest(by_code, k), nearest(by_loss, k))


def metamer_recall(by_code: np.ndarray) -> float:
    """Share of queries whose nearest code is the one in their own column: (N, N), metamer i of image i in row i."""
    return float(np.mean(nearest(by_code, 1)[:, 0] == np.arange(len(by_code))))


def median_ratio(by_code: np.ndarray, by_loss: np.ndarray, k: int = 10) -> float:
    """Median of code distance / loss over the k nearest codes of each query; 1 where distances are the loss."""
    rows = nearest(by_code, k)
    reported, true = np.take_along_axis(by_code, rows, 1), np.take_along_axis(by_loss, rows, 1)
    return float(np.median(reported[true > 0] / true[true > 0]))


def _marks(row: Mapping[str, Estimate]) -> list[str]:
    highest = max(one.value for one in row.values())
    return ["highest" if len(row) > 1 and one.value == highest else "" for one in row.values()]


def _close(leads: Mapping[str, Estimate]) -> str:
    """Says which differences resampling does not tell from nothing."""
    names = [_quoted(name) for name, lead in leads.items() if lead.low <= 0 <= lead.high]
    return f" The difference may be chance for {listed(names)}." if names else ""


def _quoted(name: str) -> str:
    return f"`{name}`"
