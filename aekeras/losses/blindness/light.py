"""Blindness to light: how bright a picture is, how strong its contrast, what is light in it and what dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import ops

from aekeras.losses.blindness.blindness import Blindness
from aekeras.losses.blindness.luma import luma_of

_ALL = (1, 2, 3)


@dataclass(frozen=True)
class Brightness(Blindness):
    """One number added to all values of an image is not seen."""

    word: ClassVar[str] = "brightness"

    def change(self, images: Any, draw: Iterator[Any]) -> Any:
        """Adds what keeps the image in [0, 1], uniformly drawn."""
        low, high = ops.min(images, axis=_ALL, keepdims=True), ops.max(images, axis=_ALL, keepdims=True)
        share = keras.random.uniform(ops.shape(low), seed=next(draw))
        return ops.clip(images - low + share * (1.0 - high + low), 0.0, 1.0)


@dataclass(frozen=True)
class Contrast(Blindness):
    """Neither a positive factor nor a number added to all values of an image is seen.

    Attributes:
        floor: The standard deviation of luma below which the factor is seen after all: an even image has no contrast
            that could be taken out.
    """

    floor: float = 0.0
    word: ClassVar[str] = "contrast"

    @property
    def words(self) -> tuple[str, ...]:
        return ("brightness", "contrast")

    def change(self, images: Any, draw: Iterator[Any]) -> Any:
        """Draws the range that the image's values are spread over, at least a quarter of what it may be."""
        low, high = ops.min(images, axis=_ALL, keepdims=True), ops.max(images, axis=_ALL, keepdims=True)
        spread = ops.reshape(ops.std(luma_of(images), axis=(1, 2)), ops.shape(low))
        most = 1.0 / ops.maximum(high - low, 1e-6)
        factor = most * keras.random.uniform(ops.shape(low), 0.25, 1.0, seed=next(draw))
        factor = ops.maximum(factor, 2.0 * self.floor / ops.maximum(spread, 1e-6))
        factor = ops.where(ops.logical_or(spread < 2.0 * self.floor, factor > most), 1.0, factor)
        return Brightness().change(ops.clip(factor * (images - low), 0.0, 1.0), draw)

    def meet(self, other: Blindness) -> Blindness | None:
        if isinstance(other, Contrast):
            return max(self, other, key=lambda contrast: contrast.floor)
        return other if isinstance(other, Brightness) else None


@dataclass(frozen=True)
class Inversion(Blindness):
    """An image and its negative are not told apart."""

    word: ClassVar[str] = "inversion"
    kept_by_fading: ClassVar[bool] = True

    def change(self, images: Any, draw: Iterator[Any]) -> Any:
        """The negative of about every second image."""
        inverted = keras.random.uniform((ops.shape(images)[0], 1, 1, 1), seed=next(draw)) < 0.5
        return ops.where(inverted, 1.0 - images, images)
