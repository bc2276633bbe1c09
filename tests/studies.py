"""A study made by hand, with all that a page must be able to show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from aekeras import samples
from aekeras.equality.results import Cell, Result, Table
from aekeras.pictures import Block, Row, Tile
from aekeras.samples import Sample
from aekeras.study.parts import Dispute, DisputeAnswer, LossFacts, Shown, Study

LOSSES = {
    "l1": ((), "the same pixels"),
    "l1_gray": (
        ("chroma",),
        "the same lightness: a ginger and a blue cat are one",
    ),
    "l1_red": (("green", "blue"), "the same red: what green and blue do is nobody's business"),
    "mirror(l1_gray)": (("chroma", "left-right flip"), "the same lightness, seen directly or in a mirror"),
    "0.7*l1_gray + 0.3*l1_edges": (("chroma",), "the same lightness, outlines above all"),
}


@dataclass(frozen=True, kw_only=True, repr=False)
class Matrix(Result):
    """Shares, loss by loss, as a table and as dots."""

    title: ClassVar[str] = "Do codes find what their loss finds?"
    key: ClassVar[str] = "fidelity"
    losses: tuple[str, ...]

    def _shares(self) -> np.ndarray:
        count = len(self.losses)
        return 0.2 + 0.5 * np.eye(count) + 0.2 * np.random.default_rng(0).random((count, count))

    def sentences(self) -> tuple[str, ...]:
        found = self._shares()
        return (
            f"For every loss, the codes trained under it find more of its own 10 nearest neighbors than those of any "
            f"other loss: `{self.losses[0]}` finds {100 * found[0, 0]:.0f} % of them.",
            "Surprisingly, shrunken pictures find nearly as many of them, and a network without any training finds a "
            "third; what training adds is the rest.",
        )

    def tables(self) -> tuple[Table, ...]:
        rows = tuple(
            (
                loss,
                tuple(
                    Cell(
                        text=f"{share:.2f}",
                        interval=f"[{share - 0.02:.2f}, {share + 0.02:.2f}]",
                        shade=share,
                        mark="highest" if share == max(shares) else "",
                    )
                    for share in shares
                ),
            )
            for loss, shares in zip(self.losses, self._shares(), strict=True)
        )
        return (
            Table(
                caption="Share of the 10 nearest by each loss that the codes find, from 0 to 1.",
                corner="codes of",
                columns=self.losses,
                rows=rows,
            ),
        )

    def plot(self, axes: Any) -> None:
        shares = self._shares().diagonal()
        axes.errorbar(shares, range(len(shares)), xerr=0.02, fmt="o", label="its own codes")
        axes.errorbar(shares - 0.1, range(len(shares)), xerr=0.02, fmt="s", label="PCA")
        axes.set_yticks(range(len(shares)), self.losses)
        axes.invert_yaxis()
        axes.set_xlabel("share of the 10 nearest that are found")
        axes.legend()

    def to_dict(self) -> dict[str, Any]:
        return {"matrix": {}}


@dataclass(frozen=True, kw_only=True, repr=False)
class Scatter(Result):
    """Pairs of numbers, loss by loss, and a table with many rows."""

    title: ClassVar[str] = "Is a distance of codes what the loss would say?"
    key: ClassVar[str] = "calibration"
    losses: tuple[str, ...]

    def sentences(self) -> tuple[str, ...]:
        return ("A distance of codes is the loss itself, give or take 8 %.",)

    def tables(self) -> tuple[Table, ...]:
        rows = tuple((f"pair {row}", (Cell(text="0.11"), Cell(text="0.12", mark="too far"))) for row in range(40))
        return (Table(caption="Pairs of pictures.", corner="pair", columns=("by the loss", "by the code"), rows=rows),)

    def plot(self, axes: Any) -> None:
        draw = np.random.default_rng(0)
        for loss in self.losses:
            true = draw.random(200)
            axes.scatter(true, true * draw.normal(1, 0.1, 200), s=6, alpha=0.6, linewidths=0, label=loss)
        axes.plot([0, 1], [0, 1], linewidth=1, color="C7")
        axes.set_xlabel("loss")
        axes.set_ylabel("distance of codes")
        axes.legend()

    def to_dict(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, kw_only=True, repr=False)
class Words(Result):
    """A measurement that had nothing to measure."""

    title: ClassVar[str] = "What can still be read from the codes?"
    key: ClassVar[str] = "leakage"

    def sentences(self) -> tuple[str, ...]:
        return ("`l1` is blind to nothing, so nothing can leak.",)

    def tables(self) -> tuple[Table, ...]:
        return ()

    def plot(self, axes: Any) -> None:
        pass

    def to_dict(self) -> dict[str, Any]:
        return {}


def drawn(number: int) -> np.ndarray:
    """A sample picture, uint8 (64, 64, 3), another for each number."""
    shape, color = ("cat", "dog", "fish", "bird")[number % 4], ("ginger", "blue", "brown")[number % 3]
    return np.asarray(samples.draw(Sample(shape=shape, color=color), 64))


def shown(number: int, name: str | None = None) -> Shown:
    path = Path("pictures", name or f"a-picture-with-a-rather-long-name-{number:03}.png")
    return Shown(path=path, image=drawn(number), note=f"{number / 100:.4f}")


def dispute(losses: tuple[str, ...], number: int = 0, query: Shown | None = None) -> Dispute:
    answers = tuple(
        DisputeAnswer(
            loss=loss, blind_to=LOSSES.get(loss, ((), ""))[0], neighbors=tuple(shown(row + place) for place in range(6))
        )
        for row, loss in enumerate(losses)
    )
    return Dispute(query=query or shown(number), score=0.91, answers=answers)


def gallery(losses: tuple[str, ...]) -> Block:
    rows = [
        Row(
            label=loss,
            note="three seeds",
            tiles=[Tile(image=drawn(seed), caption=f"seed {seed}", below=(drawn(seed)[..., :1],)) for seed in range(3)],
        )
        for loss in losses
    ]
    return Block(rows=rows, heading=Tile(image=drawn(0), caption="the picture"))


def study(*losses: str, disputes: int = 2) -> Study:
    """A study of these losses, of the five by default."""
    losses = losses or tuple(LOSSES)
    facts = tuple(
        LossFacts(name=loss, blind_to=LOSSES.get(loss, ((), ""))[0], summary=LOSSES.get(loss, ((), ""))[1])
        for loss in losses
    )
    return Study(
        title=f"What {len(losses)} {'loss counts' if len(losses) == 1 else 'losses count'} as equal",
        results=(Matrix(losses=losses), Words(), Scatter(losses=losses)),
        notes=("Factors are left out: Expected labels. Received: none. Pass `--labels FILE`.",),
        facts=(
            ("Queries", "200, held out from every training"),
            ("Models", ", ".join(f"models/{one}/1" for one in losses)),
        ),
        losses=facts,
        disputes=tuple(dispute(losses, number) for number in range(disputes)),
        galleries={"calibration": (gallery(losses),)},
    )
