"""Invariance: which changes of a picture leave it where it was, under each loss and in its codes?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from aekeras.equality.distances import MOVED, as_floats
from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.results import Cell, Result, Table, listed
from aekeras.equality.transformations import TRANSFORMATIONS, Transformation
from aekeras.equality.verdict import Judge, values_of
from aekeras.shares import nearness

Encode = Callable[[np.ndarray], np.ndarray]
_FINEST = 1e-3  # of the axis of a plot
_LABELS = {one.name: one.label for one in TRANSFORMATIONS}


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one transformation does under one loss.

    Attributes:
        verdict: Median, over pictures, of the figure of the one rule, in typical losses.
        share: Median of the code distance as a share of a typical one.
        percentile: Median of its percentile among random pairs.
        loss_value: Median of the loss itself, in its units.
        loss_share: Median of the loss as a share of a typical one.
        loss_percentile: Median of its percentile among random pairs.
        threshold: Share up to which two pictures count as equal.
    """

    verdict: Estimate
    share: Estimate
    percentile: Estimate
    loss_value: Estimate
    loss_share: Estimate
    loss_percentile: Estimate
    threshold: float

    @property
    def equal(self) -> bool:
        """Whether pictures stay equal, by the one rule."""
        return self.verdict.value <= self.threshold

    @property
    def code_equal(self) -> bool:
        """Whether the codes say so."""
        return self.share.value <= self.threshold

    @property
    def surprise(self) -> str:
        """Where the codes contradict the verdict beyond chance: both intervals lie clear of the threshold."""
        code, verdict = self.share, self.verdict
        if verdict.high <= self.threshold < code.low:
            return "seen by the code"
        return "missed by the code" if code.high <= self.threshold < verdict.low else ""


@dataclass(frozen=True, kw_only=True, repr=False)
class Invariance(Result):
    """Transformations under losses.

    Attributes:
        effects: By loss, then by the name of the transformation; without those that changed no picture.
        threshold: Share of a typical loss up to which two pictures count as equal.
        pictures: How many were transformed.
        seed: Of the transformations and the intervals.
    """

    title: ClassVar[str] = "What does each loss ignore?"
    key: ClassVar[str] = "invariance"

    effects: Mapping[str, Mapping[str, Effect]]
    threshold: float
    pictures: int
    seed: int

    def sentences(self) -> tuple[str, ...]:
        return (
            f"Each of {self.pictures:,} pictures is changed, and compared with what it was, in typical losses: 1 is as "
            f"far as two random pictures of the training. Within {self.threshold:g}, two pictures count as equal, by "
            "the loss of the two, or of both slightly smoothed.",
            *(self._of_loss(loss, effects) for loss, effects in self.effects.items()),
            *self._surprises(),
        )

    def _of_loss(self, loss: str, effects: Mapping[str, Effect]) -> str:
        equal = [name for name, effect in effects.items() if effect.equal]
        if not equal:
            return f"Under `{loss}`, none of these changes leaves pictures equal."
        percentile = max(effects[name].loss_percentile.value for name in equal)
        verb = "is" if len(equal) == 1 else "are"
        return (
            f"Under `{loss}`, {listed(_LABELS[name] for name in equal)} {verb} equal: at most "
            f"{max(effects[name].verdict.value for name in equal):.3f} of a typical loss, {nearness(percentile)}."
        )

    def _surprises(self) -> tuple[str, ...]:
        found: dict[tuple[str, str], list[str]] = {}
        for loss, effects in self.effects.items():
            for name, effect in effects.items():
                if effect.surprise:
                    found.setdefault((name, effect.surprise), []).append(loss)
        if not found:
            return ("In no cell do the codes contradict the verdict.",)
        return (
            "Where codes contradict the verdict:",
            *(self._said(*key, losses) for key, losses in found.items()),
        )

    def _said(self, name: str, surprise: str, losses: Sequence[str]) -> str:
        codes, values = (
            [getattr(self.effects[loss][name], kind).value for loss in losses] for kind in ("share", "verdict")
        )
        label, where = _LABELS[name], listed(f"`{loss}`" for loss in losses)
        return (
            f"{label[0].upper()}{label[1:]}: {surprise} under {where} (code {_range(codes)}, verdict {_range(values)} "
            "of what is typical)."
        )

    def tables(self) -> tuple[Table, ...]:
        return (
            self._table("How far apart a change puts two pictures: the verdict's figure, in typical losses", "verdict"),
            self._table("The same by the loss itself, of the pictures as they are", "loss_share"),
            self._table("How far a change moves the code, in typical distances of codes", "share"),
            self._table("Distance of codes: percent of random pairs that are nearer", "percentile"),
        )

    def _table(self, caption: str, kind: str) -> Table:
        rows = tuple(
            (_LABELS[name], tuple(_cell(effects.get(name), kind) for effects in self.effects.values()))
            for name in self._names()
        )
        return Table(caption=caption, corner="change", columns=tuple(self.effects), rows=rows)

    def _names(self) -> list[str]:
        """Of all transformations that changed a picture, in the order in which they are shown."""
        return [name for name in _LABELS if any(name in effects for effects in self.effects.values())]

    def plot(self, axes: Any) -> None:
        names = self._names()
        for loss, effects in self.effects.items():
            shown = [name for name in names if name in effects]
            places = [-names.index(name) for name in shown]
            axes.plot([effects[name].verdict.value for name in shown], places, "o", label=loss, alpha=0.8)
        axes.axvline(self.threshold, linewidth=1, linestyle="--", color="C7")
        axes.set_xscale("symlog", linthresh=max(self.threshold, _FINEST))
        most = max(effect.verdict.value for effects in self.effects.values() for effect in effects.values())
        axes.set_xlim(-0.1 * max(self.threshold, _FINEST), 1.3 * max(most, 1.0))
        axes.set_xticks([0, self.threshold, 0.1, 0.3, 1], ["0", f"{self.threshold:g}", "0.1", "0.3", "1"])
        axes.set_yticks([-number for number in range(len(names))], [_LABELS[name] for name in names])
        axes.set_xlabel("the verdict's figure, in typical losses; left of the dashed line: equal")
        axes.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.4, 1.0))

    def to_dict(self) -> dict[str, Any]:
        return {
            loss: {name: _as_dict(effect) | {"seed": self.seed} for name, effect in effects.items()}
            for loss, effects in self.effects.items()
        }


def invariance(
    judges: Mapping[str, Judge],
    encode: Mapping[str, Encode],
    images: np.ndarray,
    seed: int,
    transformations: Sequence[Transformation] = TRANSFORMATIONS,
) -> Invariance:
    """Transforms images and compares codes and losses before and after.

    Args:
        judges: Each loss, what is typical under it, and the one share up to which two pictures count as equal.
        encode: Encoders, by the same names: images (N, S, S, 3) to codes (N, D).
        images: uint8 or [0, 1], shape (N, S, S, 3).
        seed: Of the transformations and the intervals.
        transformations: What is done to the images.
    """
    before = as_floats(images)
    codes = {name: encode[name](before) for name in judges}
    effects: dict[str, dict[str, Effect]] = {name: {} for name in judges}
    for transformation in transformations:
        after = np.asarray(transformation.apply(before, seed), np.float32)
        moved = np.abs(after - before).mean(axis=(1, 2, 3)) > MOVED
        if not moved.any():
            continue
        pairs = before[moved], after[moved]
        for name, judge in judges.items():
            far = np.linalg.norm(encode[name](pairs[1]).astype(np.float64) - codes[name][moved], axis=1)
            effects[name][transformation.name] = _effect(judge, far, pairs, seed)
    threshold = next(iter(judges.values())).within
    return Invariance(effects=effects, threshold=threshold, pictures=len(images), seed=seed)


def _effect(judge: Judge, far: np.ndarray, pairs: tuple[np.ndarray, np.ndarray], seed: int) -> Effect:
    """Of the distances of codes, (N,), and the pictures before and after."""
    values, scales = values_of(judge.loss, *pairs), judge.scales
    figures = {
        "verdict": judge.shares_of(values, *pairs),
        "share": scales.codes.share(far),
        "percentile": scales.codes.percentile(far),
        "loss_value": values,
        "loss_share": scales.loss.share(values),
        "loss_percentile": scales.loss.percentile(values),
    }
    estimates = {name: estimate(figure, seed, np.median) for name, figure in figures.items()}
    return Effect(**estimates, threshold=judge.within)


def _cell(effect: Effect | None, kind: str) -> Cell:
    if effect is None:
        return Cell(text="-")
    found: Estimate = getattr(effect, kind)
    if kind == "percentile":
        return Cell(text=f"{found.value:.2f}", interval=found.shown, shade=1 - found.value / 100)
    mark = effect.surprise if kind in ("share", "verdict") else ""
    return Cell(text=f"{found.value:.3f}", interval=found.shown, shade=1 - min(found.value, 1.0), mark=mark)


def _as_dict(effect: Effect) -> dict[str, Any]:
    figures = {
        name: getattr(effect, name)
        for name in ("verdict", "percentile", "share", "loss_value", "loss_share", "loss_percentile")
    }
    return {
        **{name: round(found.value, 6) for name, found in figures.items()},
        **{f"{name}_interval": found.interval for name, found in figures.items()},
        "equal": effect.equal,
        "code_equal": effect.code_equal,
        "surprise": effect.surprise,
        "pictures": effect.share.count,
    }


def _range(values: Sequence[float]) -> str:
    """The least and the greatest: "0.02 to 0.04", or one where they are alike."""
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"
