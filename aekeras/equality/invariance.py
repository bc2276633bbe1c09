"""Invariance: which changes of a picture leave it where it was, under each loss and in its codes?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from aekeras.equality.distances import as_floats
from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.results import Cell, Result, Table, listed
from aekeras.equality.scale import EQUAL, Scale
from aekeras.equality.transformations import TRANSFORMATIONS, Transformation
from aekeras.losses.explaining import own_code

Encode = Callable[[np.ndarray], np.ndarray]
_MOVED = 1 / 255  # mean absolute difference below which a transformation has left a picture as it was
_BATCH = 64
_LABELS = {one.name: one.label for one in TRANSFORMATIONS}


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one transformation does under one loss.

    Attributes:
        percentile: Median, over pictures, of the percentile of the code distance among random pairs.
        loss_value: Median of the loss itself, in its units.
        loss_percentile: Median of the percentile of the loss among random pairs.
        threshold: Percentile up to which two pictures count as equal.
    """

    percentile: Estimate
    loss_value: Estimate
    loss_percentile: Estimate
    threshold: float

    @property
    def equal(self) -> bool:
        """Whether the codes say that nothing has changed."""
        return self.percentile.value <= self.threshold

    @property
    def loss_equal(self) -> bool:
        """Whether the loss says so."""
        return self.loss_percentile.value <= self.threshold

    @property
    def surprise(self) -> str:
        """What codes and loss disagree on, beyond what chance explains: both intervals lie clear of the threshold."""
        code, loss = self.percentile, self.loss_percentile
        if loss.high <= self.threshold < code.low:
            return "seen by the code"
        return "missed by the code" if code.high <= self.threshold < loss.low else ""


@dataclass(frozen=True, kw_only=True, repr=False)
class Invariance(Result):
    """Transformations under losses.

    Attributes:
        effects: By loss, then by the name of the transformation; without those that changed no picture.
        threshold: Percentile up to which two pictures count as equal.
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
            f"Each of {self.pictures:,} pictures is changed, and its code compared with the old one. The figure is the share of "
            f"random pairs of pictures that are nearer than that, in percent: up to {self.threshold:g}, two pictures count as "
            "equal.",
            *(self._of_loss(loss, effects) for loss, effects in self.effects.items()),
            *self._surprises(),
        )

    def _of_loss(self, loss: str, effects: Mapping[str, Effect]) -> str:
        equal = [_LABELS[name] for name, effect in effects.items() if effect.equal]
        if not equal:
            return f"Under `{loss}`, none of these changes is equal."
        nearer = 100 - max(effects[name].percentile.value for name in effects if effects[name].equal)
        verb = "is" if len(equal) == 1 else "are"
        return f"Under `{loss}`, {listed(equal)} {verb} equal: nearer than {_percent(nearer)} of random pairs."

    def _surprises(self) -> tuple[str, ...]:
        found = [
            f"`{loss}`, {_LABELS[name]} ({effect.surprise}: loss {effect.loss_percentile.value:.1f} %, code "
            f"{effect.percentile.value:.1f} %)"
            for loss, effects in self.effects.items()
            for name, effect in effects.items()
            if effect.surprise
        ]
        if not found:
            return ("In no cell does the code contradict its loss.",)
        return (f"Codes and loss contradict each other in {len(found)} cells: {'; '.join(found)}.",)

    def tables(self) -> tuple[Table, ...]:
        return (
            self._table("Distance of codes: percent of random pairs that are nearer", "percentile"),
            self._table("The loss itself: percent of random pairs that are nearer", "loss_percentile"),
        )

    def _table(self, caption: str, kind: str) -> Table:
        names = dict.fromkeys(name for effects in self.effects.values() for name in effects)
        order = [one.name for one in TRANSFORMATIONS if one.name in names]
        rows = tuple(
            (_LABELS[name], tuple(_cell(effects.get(name), kind) for effects in self.effects.values()))
            for name in order
        )
        return Table(caption=caption, corner="change", columns=tuple(self.effects), rows=rows)

    def plot(self, axes: Any) -> None:
        names = [one.name for one in TRANSFORMATIONS if any(one.name in effects for effects in self.effects.values())]
        for loss, effects in self.effects.items():
            shown = [name for name in names if name in effects]
            places = [-names.index(name) for name in shown]
            axes.plot([effects[name].percentile.value for name in shown], places, "o", label=loss, alpha=0.8)
        axes.axvline(self.threshold, linewidth=1, linestyle="--", color="C7")
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(-0.1, 110)
        axes.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100"])
        axes.set_yticks([-number for number in range(len(names))], [_LABELS[name] for name in names])
        axes.set_xlabel("percent of random pairs that are nearer; left of the dashed line: equal")
        axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.4, 1.14))

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
    threshold: float = EQUAL,
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
        threshold: Percentile up to which two pictures count as equal.
        transformations: What is done to the images.
    """
    before = as_floats(images)
    codes = {name: encode[name](before) for name in losses}
    effects: dict[str, dict[str, Effect]] = {name: {} for name in losses}
    for transformation in transformations:
        after = np.asarray(transformation.apply(before, seed), np.float32)
        moved = np.abs(after - before).mean(axis=(1, 2, 3)) > _MOVED
        if not moved.any():
            continue
        pairs = before[moved], after[moved]
        for name, loss in losses.items():
            far = np.linalg.norm(encode[name](pairs[1]).astype(np.float64) - codes[name][moved], axis=1)
            values = losses_of_pairs(loss, *pairs)
            effects[name][transformation.name] = Effect(
                percentile=estimate(code_scale[name].percentile(far), seed, np.median),
                loss_value=estimate(values, seed, np.median),
                loss_percentile=estimate(loss_scale[name].percentile(values), seed, np.median),
                threshold=threshold,
            )
    return Invariance(effects=effects, threshold=threshold, pictures=len(images), seed=seed)


def losses_of_pairs(loss: Any, some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """loss(x_i, y_i), shape (N,), float64, in batches; rounding below zero is zero."""
    with own_code(f"{loss.text} to compare pictures"):
        parts = [
            np.asarray(loss(some[i : i + _BATCH], others[i : i + _BATCH]), np.float64)
            for i in range(0, len(some), _BATCH)
        ]
    return np.maximum(np.concatenate(parts), 0.0)


def _cell(effect: Effect | None, kind: str) -> Cell:
    if effect is None:
        return Cell(text="-")
    found: Estimate = getattr(effect, kind)
    mark = effect.surprise if kind == "percentile" else ""
    return Cell(text=f"{found.value:.1f}", interval=found.shown, shade=1 - found.value / 100, mark=mark)


def _as_dict(effect: Effect) -> dict[str, Any]:
    return {
        "percentile": round(effect.percentile.value, 6),
        "interval": effect.percentile.interval,
        "loss_value": round(effect.loss_value.value, 6),
        "loss_value_interval": effect.loss_value.interval,
        "loss_percentile": round(effect.loss_percentile.value, 6),
        "loss_percentile_interval": effect.loss_percentile.interval,
        "equal": effect.equal,
        "loss_equal": effect.loss_equal,
        "surprise": effect.surprise,
        "pictures": effect.percentile.count,
    }


def _percent(value: float) -> str:
    return f"{value:.1f} %" if value < 99.95 else "all"
