"""Invariance: which changes of a picture leave it where it was, under each loss and in its codes?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from aekeras.equality.distances import MOVED, as_floats, losses_of_pairs
from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.results import Cell, Result, Table, listed
from aekeras.equality.scale import EQUAL_SHARE, Scale
from aekeras.equality.transformations import TRANSFORMATIONS, Transformation
from aekeras.shares import nearness

Encode = Callable[[np.ndarray], np.ndarray]
_LABELS = {one.name: one.label for one in TRANSFORMATIONS}


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one transformation does under one loss.

    Attributes:
        share: Median, over pictures, of the code distance as a share of a typical one.
        percentile: Median of its percentile among random pairs.
        loss_value: Median of the loss itself, in its units.
        loss_share: Median of the loss as a share of a typical one.
        loss_percentile: Median of its percentile among random pairs.
        threshold: Share up to which two pictures count as equal.
    """

    share: Estimate
    percentile: Estimate
    loss_value: Estimate
    loss_share: Estimate
    loss_percentile: Estimate
    threshold: float

    @property
    def equal(self) -> bool:
        """Whether the codes say that nothing has changed."""
        return self.share.value <= self.threshold

    @property
    def loss_equal(self) -> bool:
        """Whether the loss says so."""
        return self.loss_share.value <= self.threshold

    @property
    def surprise(self) -> str:
        """What codes and loss disagree on, beyond what chance explains: both intervals lie clear of the threshold."""
        code, loss = self.share, self.loss_share
        if loss.high <= self.threshold < code.low:
            return "seen by the code"
        return "missed by the code" if code.high <= self.threshold < loss.low else ""


@dataclass(frozen=True, kw_only=True, repr=False)
class Invariance(Result):
    """Transformations under losses.

    Attributes:
        effects: By loss, then by the name of the transformation; without those that changed no picture.
        threshold: Share of a typical distance up to which two pictures count as equal.
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
            f"Each of {self.pictures:,} pictures is changed, and its code compared with the old one, in typical "
            f"distances: 1 is as far as two random ones. Up to {self.threshold:g}, two pictures count as equal.",
            *(self._of_loss(loss, effects) for loss, effects in self.effects.items()),
            *self._surprises(),
        )

    def _of_loss(self, loss: str, effects: Mapping[str, Effect]) -> str:
        equal = [name for name, effect in effects.items() if effect.equal and effect.loss_equal]
        if not equal:
            return f"Under `{loss}`, none of these changes is equal, by the loss itself and by its codes."
        percentile = max(effects[name].percentile.value for name in equal)
        verb = "is" if len(equal) == 1 else "are"
        return (
            f"Under `{loss}`, {listed(_LABELS[name] for name in equal)} {verb} equal, by loss and codes: at most "
            f"{max(effects[name].share.value for name in equal):.3f} of a typical distance, {nearness(percentile)}."
        )

    def _surprises(self) -> tuple[str, ...]:
        found: dict[tuple[str, str], list[str]] = {}
        for loss, effects in self.effects.items():
            for name, effect in effects.items():
                if effect.surprise:
                    found.setdefault((name, effect.surprise), []).append(loss)
        if not found:
            return ("In no cell does the code contradict its loss.",)
        return (
            "Where codes and loss contradict each other:",
            *(self._said(*key, losses) for key, losses in found.items()),
        )

    def _said(self, name: str, surprise: str, losses: Sequence[str]) -> str:
        codes, values = (
            [getattr(self.effects[loss][name], kind).value for loss in losses] for kind in ("share", "loss_share")
        )
        label, where = _LABELS[name], listed(f"`{loss}`" for loss in losses)
        return (
            f"{label[0].upper()}{label[1:]}: {surprise} under {where} (code {_range(codes)}, loss {_range(values)} of "
            "a typical distance)."
        )

    def tables(self) -> tuple[Table, ...]:
        return (
            self._table("How far a change moves the code, in typical distances", "share"),
            self._table("How far apart the loss itself puts the two, in typical distances", "loss_share"),
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
            axes.plot([effects[name].share.value for name in shown], places, "o", label=loss, alpha=0.8)
        axes.axvline(self.threshold, linewidth=1, linestyle="--", color="C7")
        axes.set_xscale("symlog", linthresh=self.threshold)
        most = max(effect.share.value for effects in self.effects.values() for effect in effects.values())
        axes.set_xlim(-0.1 * self.threshold, 1.3 * max(most, 1.0))
        axes.set_xticks([0, self.threshold, 0.1, 0.3, 1], ["0", f"{self.threshold:g}", "0.1", "0.3", "1"])
        axes.set_yticks([-number for number in range(len(names))], [_LABELS[name] for name in names])
        axes.set_xlabel("code distance, in typical distances; left of the dashed line: equal")
        axes.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.4, 1.0))

    def to_dict(self) -> dict[str, Any]:
        return {
            loss: {name: _as_dict(effect) | {"seed": self.seed} for name, effect in effects.items()}
            for loss, effects in self.effects.items()
        }


def invariance(
    losses: Mapping[str, Any],
    encode: Mapping[str, Encode],
    images: np.ndarray,
    code_scale: Mapping[str, Scale],
    loss_scale: Mapping[str, Scale],
    seed: int,
    threshold: float = EQUAL_SHARE,
    transformations: Sequence[Transformation] = TRANSFORMATIONS,
) -> Invariance:
    """Transforms images and compares codes and losses before and after.

    Args:
        losses: The losses, by name.
        encode: Encoders, by the same names: images (N, S, S, 3) to codes (N, D).
        images: uint8 or [0, 1], shape (N, S, S, 3).
        code_scale: What distances of codes are usual.
        loss_scale: What values of the losses are usual.
        seed: Of the transformations and the intervals.
        threshold: Share of a typical distance up to which two pictures count as equal.
        transformations: What is done to the images.
    """
    before = as_floats(images)
    codes = {name: encode[name](before) for name in losses}
    effects: dict[str, dict[str, Effect]] = {name: {} for name in losses}
    for transformation in transformations:
        after = np.asarray(transformation.apply(before, seed), np.float32)
        moved = np.abs(after - before).mean(axis=(1, 2, 3)) > MOVED
        if not moved.any():
            continue
        pairs = before[moved], after[moved]
        for name, loss in losses.items():
            far = np.linalg.norm(encode[name](pairs[1]).astype(np.float64) - codes[name][moved], axis=1)
            values = losses_of_pairs(loss, *pairs)
            effects[name][transformation.name] = Effect(
                share=estimate(code_scale[name].share(far), seed, np.median),
                percentile=estimate(code_scale[name].percentile(far), seed, np.median),
                loss_value=estimate(values, seed, np.median),
                loss_share=estimate(loss_scale[name].share(values), seed, np.median),
                loss_percentile=estimate(loss_scale[name].percentile(values), seed, np.median),
                threshold=threshold,
            )
    return Invariance(effects=effects, threshold=threshold, pictures=len(images), seed=seed)


def _cell(effect: Effect | None, kind: str) -> Cell:
    if effect is None:
        return Cell(text="-")
    found: Estimate = getattr(effect, kind)
    if kind == "percentile":
        return Cell(text=f"{found.value:.2f}", interval=found.shown, shade=1 - found.value / 100)
    mark = effect.surprise if kind == "share" else ""
    return Cell(text=f"{found.value:.3f}", interval=found.shown, shade=1 - min(found.value, 1.0), mark=mark)


def _as_dict(effect: Effect) -> dict[str, Any]:
    figures = {
        name: getattr(effect, name) for name in ("percentile", "share", "loss_value", "loss_share", "loss_percentile")
    }
    return {
        **{name: round(found.value, 6) for name, found in figures.items()},
        **{f"{name}_interval": found.interval for name, found in figures.items()},
        "equal": effect.equal,
        "loss_equal": effect.loss_equal,
        "surprise": effect.surprise,
        "pictures": effect.share.count,
    }


def _range(values: Sequence[float]) -> str:
    """The least and the greatest: "0.02 to 0.04", or one where they are alike."""
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"
