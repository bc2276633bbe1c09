"""Budget: how do fidelity and leakage change with the numbers of a code?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from aekeras.equality.displays import share_cell
from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.fidelity import fidelity
from aekeras.equality.neighbors import extent
from aekeras.equality.results import Cell, Result, Table, listed
from aekeras.errors import InputError

TRAINED = "trained"
SHOWN = {TRAINED: "trained", "pca": "PCA of what the loss sees", "mds": "MDS of the loss's own values"}
_R2 = "leakage (R2 of a probe)"

Curve = Mapping[int, Estimate]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Budget(Result):
    """Fidelity@k and leakage by code size, for one loss.

    Attributes:
        loss: Its name.
        k: Neighbors that are compared.
        fidelity: {"trained" or a control: {code size: share}}.
        leads: {control: {code size: share of trained codes less that of the control}}, within the same queries.
        gains: {code size: share less that of the size before}, likewise.
        left: {code size: what the larger size that is surest to be better brings more}, likewise; not of the largest.
        leakage: R2 of the probe, by code size; without those that were not probed.
        seed: Of the intervals.
    """

    title: ClassVar[str] = "How large must a code be?"
    key: ClassVar[str] = "budget"

    loss: str
    k: int
    fidelity: Mapping[str, Curve]
    leads: Mapping[str, Curve]
    gains: Curve
    left: Curve
    leakage: Curve
    seed: int

    @property
    def enough(self) -> int:
        """The smallest code size above which no larger one brings a gain that resampling tells from nothing."""
        return next((size for size, gain in self.left.items() if gain.low <= 0), max(self.fidelity[TRAINED]))

    def sentences(self) -> tuple[str, ...]:
        trained = self.fidelity[TRAINED]
        shares = listed(f"{100 * found.value:.1f} % with {_numbers(size)}" for size, found in trained.items())
        return (
            f"Models of `{self.loss}` that differ in the size of their codes only find this share of each query's "
            f"{self.k} nearest by the loss: {shares}.",
            *self._gain(max(trained)),
            *(self._against(control) for control in self.leads),
            *self._leak(),
        )

    def _gain(self, most: int) -> tuple[str, ...]:
        if not self.gains:
            return ()
        if self.enough < most:
            return (f"More than {_numbers(self.enough)} bring no gain that can be told from chance, up to {most}.",)
        return (f"The last step, to {_numbers(most)}, still brings {100 * self.gains[most].value:.1f} points more.",)

    def _against(self, control: str) -> str:
        leads = self.leads[control]
        ahead = [size for size, lead in leads.items() if lead.low > 0]
        behind = [size for size, lead in leads.items() if lead.high < 0]
        open_ = [size for size in leads if size not in ahead + behind]
        said = [
            f"{verdict} {_sizes(sizes)}"
            for verdict, sizes in (
                ("more with", ahead),
                ("less with", behind),
                ("neither more nor less, beyond chance, with", open_),
            )
            if sizes
        ]
        return f"Against {SHOWN.get(control, control)}, of the same size, training finds {'; '.join(said)}."

    def _leak(self) -> tuple[str, ...]:
        if not self.leakage:
            return ()
        shares = listed(f"{100 * found.value:.1f} % with {_numbers(size)}" for size, found in self.leakage.items())
        return (f"Of what the loss is blind to, a probe reads from the codes this share of the variance: {shares}.",)

    def tables(self) -> tuple[Table, ...]:
        columns: dict[str, Curve] = {SHOWN.get(name, name): curve for name, curve in self.fidelity.items()}
        if self.leakage:
            columns[_R2] = self.leakage
        rows = tuple((str(size), self._row(size, columns.values())) for size in self.fidelity[TRAINED])
        caption = f"Share of the {self.k} nearest by {self.loss} that are among the {self.k} nearest by code"
        return (Table(caption=caption, corner="numbers per code", columns=tuple(columns), rows=rows),)

    def _row(self, size: int, columns: Iterable[Curve]) -> tuple[Cell, ...]:
        return tuple(share_cell(curve.get(size)) for curve in columns)

    def plot(self, axes: Any) -> None:
        for name, curve in self.fidelity.items():
            _line(axes, curve, SHOWN.get(name, name), "o-")
        if self.leakage:
            _line(axes, self.leakage, _R2, "s:")
        axes.set_xscale("log", base=2)
        sizes = list(self.fidelity[TRAINED])
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_xlabel("numbers per code")
        axes.set_ylabel(f"share of the {self.k} nearest found (%)")
        axes.grid(axis="y", alpha=0.3)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)

    def to_dict(self) -> dict[str, Any]:
        sizes = {str(size): self._figures(size) for size in self.fidelity[TRAINED]}
        return {"loss": self.loss, "k": self.k, "sizes": sizes, "seed": self.seed}

    def _figures(self, size: int) -> dict[str, Any]:
        found = self.fidelity[TRAINED][size]
        figures: dict[str, Any] = {"fidelity": round(found.value, 6), "interval": found.interval}
        others: dict[str, Curve] = {name: curve for name, curve in self.fidelity.items() if name != TRAINED}
        others |= {f"lead_over_{name}": curve for name, curve in self.leads.items()}
        for key, curve in {**others, "gain": self.gains, "r2": self.leakage}.items():
            if size in curve:
                figures |= {key: round(curve[size].value, 6), f"{key}_interval": curve[size].interval}
        return figures


def budget(
    loss: str,
    by_code: Mapping[str, Mapping[int, np.ndarray]],
    by_loss: np.ndarray,
    leakage: Mapping[int, Estimate | None],
    k: int,
    seed: int,
) -> Budget:
    """Fidelity@k by the numbers of a code, beside codes of the same size that need no training.

    Args:
        loss: The loss's name.
        by_code: {"trained", "pca" or "mds": {code size: distances of codes, (Q, N)}}; sizes of "trained" ascend.
        by_loss: Values of the loss, (Q, N).
        leakage: R2 of the probe, by code size; None, or no entry, for what was not probed.
        k: Neighbors; above N, all of them.
        seed: Of the intervals.

    Raises:
        InputError: No size, sizes that do not ascend, shapes that differ, or `k` below 1.
    """
    sizes = list(by_code.get(TRAINED, {}))
    if not sizes or sizes != sorted(sizes):
        raise InputError(
            f"Expected distances by {TRAINED!r} codes of ascending sizes. Received: "
            f"{', '.join(map(str, sizes)) or 'none'}. Give one matrix for each size, the smallest first."
        )
    _, collection = extent([by_loss, *(one for curve in by_code.values() for one in curve.values())], k)
    k = min(k, collection)
    shares = {
        name: {size: fidelity(curve[size], by_loss, k) for size in sizes if size in curve}
        for name, curve in by_code.items()
    }
    trained = shares[TRAINED]
    leads = {
        name: {size: trained[size] - share for size, share in curve.items()}
        for name, curve in shares.items()
        if name != TRAINED and curve
    }
    gains = {size: trained[size] - trained[before] for before, size in pairwise(sizes)}
    return Budget(
        loss=loss,
        k=k,
        fidelity={name: _estimates(curve, seed) for name, curve in shares.items()},
        leads={name: _estimates(curve, seed) for name, curve in leads.items()},
        gains=_estimates(gains, seed),
        left={
            size: max((estimate(trained[one] - trained[size], seed) for one in sizes[i + 1 :]), key=lambda one: one.low)
            for i, size in enumerate(sizes[:-1])
        },
        leakage={size: found for size in sizes if (found := leakage.get(size)) is not None},
        seed=seed,
    )


def _estimates(curve: Mapping[int, np.ndarray], seed: int) -> dict[int, Estimate]:
    return {size: estimate(share, seed) for size, share in curve.items()}


def _line(axes: Any, curve: Curve, label: str, marks: str) -> None:
    """A curve in percent with a band of its intervals."""
    sizes = list(curve)
    values, lows, highs = (
        100 * np.array([getattr(one, end) for one in curve.values()]) for end in ("value", "low", "high")
    )
    axes.plot(sizes, values, marks, label=label)
    axes.fill_between(sizes, lows, highs, alpha=0.15)


def _numbers(size: int) -> str:
    return "1 number" if size == 1 else f"{size} numbers"


def _sizes(sizes: list[int]) -> str:
    return "1 number" if sizes == [1] else f"{listed(map(str, sizes))} numbers"
