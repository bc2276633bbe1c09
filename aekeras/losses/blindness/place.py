"""Blindness to place: where things are, how they are arranged, which way they look, how fine they are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import ops

from aekeras.losses.blindness.blindness import Blindness

_MOST_DISORDER = 3.0  # of the logarithm of how far pixels stray, in lengths of the picture


@dataclass(frozen=True)
class Flip(Blindness):
    """An image and its mirror image, left for right, are not told apart."""

    word: ClassVar[str] = "flip"
    kept_by_fading: ClassVar[bool] = True

    def change(self, images: Any, draw: Iterator[Any]) -> Any:
        """The mirror image of about every second image."""
        flipped = keras.random.uniform((ops.shape(images)[0], 1, 1, 1), seed=next(draw)) < 0.5
        return ops.where(flipped, ops.flip(images, axis=2), images)


@dataclass(frozen=True)
class Position(Blindness):
    """A circular shift of an image is not seen."""

    word: ClassVar[str] = "position"
    of_place: ClassVar[bool] = True

    def change(self, images: Any, draw: Iterator[Any]) -> Any:
        """Shifts each image by its own number of rows and columns."""
        count, height, width = ops.shape(images)[:3]
        for axis, length in ((1, height), (2, width)):
            shift = keras.random.uniform((count, 1), seed=next(draw)) * ops.cast(length, "float32")
            order = (ops.arange(length) + ops.cast(shift, "int32")) % length
            index = ops.expand_dims(order, (3 - axis, 3))
            images = ops.take_along_axis(images, ops.broadcast_to(index, ops.shape(images)), axis=axis)
        return images


@dataclass(frozen=True)
class Arrangement(Blindness):
    """Any other order of an image's pixels is not seen."""

    word: ClassVar[str] = "arrangement"
    of_place: ClassVar[bool] = True

    @property
    def words(self) -> tuple[str, ...]:
        return ("arrangement", "position", "flip")

    def change(self, images: Any, draw: Iterator[Any]) -> Any:
        """Pixels stray from their places, in reading order; from a little to all over the picture."""
        count, height, width = ops.shape(images)[:3]
        pixels = ops.reshape(images, (count, height * width, images.shape[-1]))
        disorder = ops.exp(keras.random.uniform((count, 1), -_MOST_DISORDER, _MOST_DISORDER, seed=next(draw)))
        stray = keras.random.normal((count, height * width), seed=next(draw))
        place = ops.cast(ops.arange(height * width), "float32") / ops.cast(height * width, "float32")
        order = ops.argsort(place + disorder * stray, axis=1)
        moved = ops.take_along_axis(pixels, ops.broadcast_to(order[..., None], ops.shape(pixels)), axis=1)
        return Position().change(Flip().change(ops.reshape(moved, ops.shape(images)), draw), draw)

    def meet(self, other: Blindness) -> Blindness | None:
        return other if isinstance(other, Arrangement | Position | Flip) else None


@dataclass(frozen=True)
class Detail(Blindness):
    """Only the means of square blocks are seen.

    Attributes:
        factor: Pixels per side of a block; blocks at the lower and the right border may be smaller.
    """

    factor: int = 2
    word: ClassVar[str] = "detail"

    def means(self, images: Any) -> Any:
        """The mean of every block, shape (N, ceil(H / factor), ceil(W / factor), C)."""
        height, width = images.shape[1:3]
        padding = ((0, 0), (0, -height % self.factor), (0, -width % self.factor), (0, 0))
        sums = self._pooled(ops.pad(images, padding))
        if not any(after for _, after in padding):
            return sums
        return sums / self._pooled(ops.pad(ops.ones_like(images[:1, :, :, :1]), padding))

    def _pooled(self, images: Any) -> Any:
        return ops.average_pool(images, self.factor, strides=self.factor)  # JAX does not take them from the pool's size

    def spread(self, means: Any, size: tuple[int, int]) -> Any:
        """An image of this size whose blocks are even."""
        enlarged = ops.repeat(ops.repeat(means, self.factor, axis=1), self.factor, axis=2)
        return enlarged[:, : size[0], : size[1]]

    def change(self, images: Any, draw: Iterator[Any]) -> Any:
        """Random pixels of every block rise and others fall, by the same sum, a random part of the way to 0 or 1."""
        noise = keras.random.uniform(ops.shape(images), -1.0, 1.0, seed=next(draw))
        rise, fall = ops.relu(noise) * (1.0 - images), ops.relu(-noise) * images
        sums = self.means(rise), self.means(fall)
        share = keras.random.uniform((ops.shape(images)[0], 1, 1, 1), seed=next(draw)) * ops.minimum(*sums)
        parts = (self.spread(share / ops.maximum(total, 1e-12), images.shape[1:3]) for total in sums)
        return ops.clip(images + rise * next(parts) - fall * next(parts), 0.0, 1.0)

    def meet(self, other: Blindness) -> Blindness | None:
        if not isinstance(other, Detail):
            return None
        factor = math.gcd(self.factor, other.factor)
        return Detail(factor) if factor > 1 else None


@dataclass(frozen=True)
class Border(Blindness):
    """Only the middle of an image is seen.

    Attributes:
        size: Share of the height and of the width that is seen.
    """

    size: float = 1.0
    word: ClassVar[str] = "border"

    def inside(self, height: int, width: int) -> Any:
        """1 where a pixel is seen and 0 where not, shape (H, W, 1)."""
        rows, columns = (ops.cast(ops.abs(_centered(n)) < self.size, "float32") for n in (height, width))
        return (rows[:, None] * columns[None])[..., None]

    def change(self, images: Any, draw: Iterator[Any]) -> Any:
        """Draws a border of noise, from even to fine, over the old one, a random part of the way."""
        count, height, width = ops.shape(images)[:3]
        border = 0.0
        for cells in (1, 8):
            colors = keras.random.uniform((count, cells, cells, 3), seed=next(draw))
            weight = keras.random.uniform((count, 1, 1, 1), seed=next(draw))
            border = (1.0 - weight) * border + weight * ops.image.resize(colors, (height, width))
        share = keras.random.uniform((count, 1, 1, 1), seed=next(draw))
        return images + share * (1.0 - self.inside(height, width)) * (border - images)

    def meet(self, other: Blindness) -> Blindness | None:
        return max(self, other, key=lambda border: border.size) if isinstance(other, Border) else None


def _centered(count: int) -> Any:
    """The places of the pixels of a side, from -1 to 1."""
    return (2.0 * ops.cast(ops.arange(count), "float32") + 1.0) / ops.cast(count, "float32") - 1.0
