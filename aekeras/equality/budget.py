"""Budget: how do fidelity and leakage grow with the numbers of a code?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.fidelity import fidelity
from aekeras.equality.results import Cell, Result, Table

SHOWN = {"trained": "trained", "pca": "PCA of the view", "mds": "scaling of the loss's distances"}


@dataclass(frozen=True, kw_only=True, repr=False)
class Budget(Result):
    """Fidelity@k and leakage by code size, for one loss.

    Attributes:
        loss: Its name.
        k: Neighbors that are compared.
        fidelity: By "trained", "pca" and "mds", then by code size.
        leakage: R2 of the probe, by code size; empty for a loss that is blind to nothing.
        gains: Gain in fidelity, query by query, from each size to the next one, by the larger.
        seed: Of the intervals.
    """

    title: ClassVar[str] = "How large must a code be?"
    key: ClassVar[str] = "budget"

    loss: str
    k: int
    fidelity: Mapping[str, Mapping[int, Estimate]]
    leakage: Mapping[int, Estimate]
    gains: Mapping[int, Estimate]
    seed: int

    def sentences(self) -> tuple[str, ...]:
        trained = self.fidelity["trained"]
        said = [
            f"Codes of `{self.loss}` by their size: "
            + ", ".join(f"{found.value:.3f} with {size} numbers" for size, found in trained.items())
            + f" (fidelity@{self.k})."
        ]
        idle = [size for size, gain in self.gains.items() if gain.low <= 0]
        if idle:
            said.append(f"From the size before to {idle[0]} numbers, no gain can be told from chance.")
        elif self.gains:
            said.append("Each step brings a gain beyond chance.")
        if self.leakage:
            least, most = min(self.leakage), max(self.leakage)
            said.append(
                f"Leakage, R2: {self.leakage[least].value:.3f} with {least} numbers, {self.leakage[most].value:.3f} with {most}."
            )
        return tuple(said)

    def tables(self) -> tuple[Table, ...]:
        columns = {SHOWN[name]: of for name, of in self.fidelity.items()}
        if self.leakage:
            columns["leakage, R2"] = self.leakage
        rows = tuple(
            (str(size), tuple(Cell(text=f"{of[size].value:.3f}", interval=of[size].shown) for of in columns.values()))
            for size in self.fidelity["trained"]
        )
        caption = f"Fidelity@{self.k} under {self.loss} by the numbers of a code"
        return (Table(caption=caption, corner="numbers", columns=tuple(columns), rows=rows),)

    def plot(self, axes: Any) -> None:
        for name, of in self.fidelity.items():
            sizes = list(of)
            axes.plot(sizes, [of[size].value for size in sizes], "o-", label=SHOWN[name])
            axes.fill_between(sizes, [of[size].low for size in sizes], [of[size].high for size in sizes], alpha=0.15)
        axes.set_xscale("log", base=2)
        sizes = list(self.fidelity["trained"])
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.set_xlabel("numbers per code")
        axes.set_ylabel(f"fidelity@{self.k}")
        axes.legend(frameon=False)

    def to_dict(self) -> dict[str, Any]:
        sizes = {
            str(size): {
                "fidelity": round(found.value, 6),
                "interval": found.interval,
                **{name: round(of[size].value, 6) for name, of in self.fidelity.items() if name != "trained"},
                **(
                    {"r2": round(self.leakage[size].value, 6), "r2_interval": self.leakage[size].interval}
                    if self.leakage
                    else {}
                ),
            }
            for size, found in self.fidelity["trained"].items()
        }
        return {"loss": self.loss, "k": self.k, "sizes": sizes, "seed": self.seed}


def budget(
    loss: str,
    by_code: Mapping[str, Mapping[int, np.ndarray]],
    by_loss: np.ndarray,
    leakage: Mapping[int, Estimate],
    k: int,
    seed: int,
) -> Budget:
    """Fidelity@k by the numbers of a code.

    Args:
        loss: The loss's name.
        by_code: By "trained", "pca" and "mds", then by ascending code size: distances of codes, (Q, N).
        by_loss: Values of the loss, (Q, N).
        leakage: R2 of the probe, by code size; empty for a loss that is blind to nothing.
        k: Neighbors; above N, all of them.
        seed: Of the intervals.
    """
    k = min(k, by_loss.shape[1])
    shares = {
        name: {size: fidelity(distances, by_loss, k) for size, distances in of.items()} for name, of in by_code.items()
    }
    trained = list(shares["trained"].items())
    return Budget(
        loss=loss,
        k=k,
        fidelity={name: {size: estimate(share, seed) for size, share in of.items()} for name, of in shares.items()},
        leakage=leakage,
        gains={
            size: estimate(share - before, seed)
            for (_, before), (size, share) in zip(trained, trained[1:], strict=False)
        },
        seed=seed,
    )
