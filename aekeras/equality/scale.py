"""How near is near: distances in typical ones, and as percentiles of those of random pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from aekeras.errors import InputError

UNSEEN = 1e-3
"""Share of a typical loss up to which the loss itself is zero: rounding."""
_PAIRS = 20_000
_ROUNDED = 1 + 1e-6  # what rounding in JSON may move
_LEVELS = np.linspace(0.0, 1.0, 201) ** 2  # of the quantiles that are kept, finest where pairs are near


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """What distances are usual between random pairs of different pictures.

    Attributes:
        typical: The median distance of the pairs that differ; 0 where none does.
        quantiles: Of all pairs, ascending, shape (201,), at the squares of 0, 1/200, ..., 1.
    """

    typical: float
    quantiles: np.ndarray

    @classmethod
    def of(cls, distances: npt.ArrayLike, zero: float = 0.0) -> Self:
        """From the distances of random pairs, any shape; up to `zero`, they are rounding.

        Raises:
            InputError: There is none, or one is not finite.
        """
        values = np.asarray(distances, np.float64).ravel()
        if not len(values) or not np.isfinite(values).all():
            raise InputError(
                "Expected finite distances of at least one pair of different pictures. "
                f"Received: {len(values)} distances. Use two pictures or more."
            )
        differing = values[values > zero]
        return cls(
            typical=float(np.median(differing)) if len(differing) else 0.0,
            quantiles=np.quantile(values, _LEVELS),
        )

    @classmethod
    def of_codes(cls, codes: np.ndarray, seed: int = 0) -> Self:
        """From up to 20,000 random pairs of codes (N, D).

        Raises:
            InputError: Fewer than two codes.
        """
        rows, others = random_pairs(len(codes), seed)
        return cls.of(np.linalg.norm(codes[rows].astype(np.float64) - codes[others], axis=1))

    @classmethod
    def from_dict(cls, content: Any) -> Self:
        """What `to_dict` gave.

        Raises:
            InputError: It is something else.
        """
        try:
            typical = _number(content["typical"])
            quantiles = np.array([_number(value) for value in content["quantiles"]])
        except (TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
            raise _damaged(content) from error
        ascending = quantiles.shape == _LEVELS.shape and (np.diff(quantiles) >= 0).all() and quantiles[0] >= 0
        if not ascending or not (typical == 0 or quantiles[0] <= typical <= quantiles[-1] * _ROUNDED):
            raise _damaged(content)
        return cls(typical=typical, quantiles=quantiles)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        # Eight digits: rounded alike, quantiles stay in order.
        return {"typical": self.typical, "quantiles": [float(f"{value:.8g}") for value in self.quantiles]}

    def percentile(self, distance: npt.ArrayLike) -> np.ndarray:
        """Share of random pairs that are nearer than `distance`, in percent, [0, 100]; the shape of `distance`.

        Pairs at the very distance count as farther: 0 is nearer than, or as near as, all random pairs. Between two
        quantiles, along a straight line.
        """
        distance = np.asarray(distance, np.float64)
        above = np.searchsorted(self.quantiles, distance, side="left")
        right, left = np.clip(above, 1, len(_LEVELS) - 1), np.clip(above - 1, 0, len(_LEVELS) - 2)
        low, high = self.quantiles[left], self.quantiles[right]
        part = np.divide(distance - low, high - low, out=np.zeros_like(distance), where=high > low)
        found = _LEVELS[left] + np.clip(part, 0.0, 1.0) * (_LEVELS[right] - _LEVELS[left])
        return 100.0 * np.where(above == 0, 0.0, found)

    def share(self, distance: npt.ArrayLike) -> np.ndarray:
        """`distance` in typical distances, same shape; infinite where all pairs are equal and it is not."""
        distance = np.asarray(distance, np.float64)
        none = np.where(distance > 0, np.inf, 0.0)
        return np.divide(distance, self.typical, out=none, where=self.typical > 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Scales:
    """What is usual under one loss and for one model, measured once, on the pictures that it was trained on.

    Attributes:
        loss: Of the loss itself.
        smoothed: Of the loss of pictures slightly smoothed; None where pictures are judged just as they are.
        codes: Of the distances of codes.
        zero: Up to this a loss is zero: rounding.
    """

    loss: Scale
    smoothed: Scale | None
    codes: Scale
    zero: float

    @classmethod
    def from_dict(cls, content: Any) -> Self:
        """What `to_dict` gave.

        Raises:
            InputError: It is something else.
        """
        if not isinstance(content, Mapping) or not content.keys() >= {"loss", "smoothed", "codes", "zero"}:
            raise _damaged(content)
        smoothed, loss = content["smoothed"], Scale.from_dict(content["loss"])
        try:
            zero = _number(content["zero"])
        except (TypeError, ValueError, OverflowError) as error:
            raise _damaged(content["zero"]) from error
        if zero < 0 or zero >= loss.typical > 0:  # what differs does so by more than rounding
            raise _damaged(zero)
        return cls(
            loss=loss,
            smoothed=None if smoothed is None else Scale.from_dict(smoothed),
            codes=Scale.from_dict(content["codes"]),
            zero=zero,
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "loss": self.loss.to_dict(),
            "smoothed": None if self.smoothed is None else self.smoothed.to_dict(),
            "codes": self.codes.to_dict(),
            "zero": self.zero,
        }


def random_pairs(count: int, seed: int, pairs: int = _PAIRS) -> tuple[np.ndarray, np.ndarray]:
    """Rows i and j != i of up to `pairs` random pairs; all pairs where there are no more of them.

    Raises:
        InputError: `count` is below 2.
    """
    if count < 2:
        raise InputError(f"Expected at least 2 pictures, to compare. Received: {count}. Add pictures.")
    if count * (count - 1) // 2 <= pairs:
        return np.triu_indices(count, 1)
    draw = np.random.default_rng(seed)
    rows = draw.integers(count, size=pairs)
    return rows, (rows + draw.integers(1, count, size=pairs)) % count


def _number(value: Any) -> float:
    """A finite number of JSON.

    Raises:
        TypeError, ValueError, OverflowError: It is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(type(value).__name__)
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(value)
    return number


def _damaged(content: Any) -> InputError:
    return InputError(f"Expected the scale of a loss. Received: {str(content)[:40]!r}, which is none.")
