"""Losses whose view is a linear map of each pixel's color: their null space is known, so are their metamers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from aekeras.losses.view_loss import Seed, ViewLoss

_CELLS = (1, 4, 16)  # per side of the random fields along which a metamer recolors an image: even, coarse, fine
_FLAT = 1e-6  # a direction shorter than this moves nothing


class LinearViewLoss(ViewLoss):
    """Mean absolute difference under view(x) = M x, with M of shape (C, 3) applied to every pixel.

    Attributes:
        answer: A right inverse Q of M, shape (3, C): the color with which a reconstruction answers a change of the
            view. The Moore-Penrose inverse where None.
        tint: The color that the directions outside the view keep in `representative`, RGB.
    """

    answer: ClassVar[tuple[tuple[float, ...], ...] | None] = None
    tint: ClassVar[tuple[float, float, float]] = (0.5, 0.5, 0.5)

    def view(self, images: Any) -> Any:
        if len(self.matrix) == 1:  # three multiplications are five times as fast as a matrix product here
            return sum(w * images[..., c : c + 1] for c, w in enumerate(self.matrix[0]) if w)
        return ops.matmul(images, ops.cast(np.transpose(self.matrix), images.dtype))

    def null_space(self) -> np.ndarray:
        """An orthonormal basis of what the view cannot see, shape (3, 3 - rank)."""
        _, singular, right = np.linalg.svd(np.array(self.matrix), full_matrices=True)
        return right[int((singular > 1e-9).sum()) :].T.astype("float32")

    def metamer(self, images: Any, seed: Seed) -> Any:
        """Each pixel moves along the null space, a random part of the way to the border of the color cube.

        Direction and length are the sum of an even, a coarse and a fine random field, mixed anew for each image: from
        one recoloring of the whole picture to patches of many colors.
        """
        images = ops.convert_to_tensor(images, "float32")
        basis = self.null_space()
        field = _random_field(ops.shape(images)[0], basis.shape[1] + 1, _seeds(seed))
        moves = ops.concatenate([ops.matmul(field[..., :-1], ops.transpose(basis)), field[..., -1:]], axis=-1)
        moves = ops.image.resize(moves, ops.shape(images)[1:3], interpolation="bilinear")
        direction, share = moves[..., :-1], ops.sigmoid(4 * moves[..., -1:])
        return ops.clip(images + share * _room(images, direction) * direction, 0.0, 1.0)

    def representative(self, images: Any) -> Any:
        """tint + Q (M x - M tint): the view's own part as it is, the rest one color all over."""
        matrix = np.array(self.matrix)
        answer = np.linalg.pinv(matrix) if self.answer is None else np.array(self.answer)
        project = (answer @ matrix).astype("float32")
        tint = np.array(self.tint, "float32")
        return tint + ops.matmul(images - tint, ops.transpose(project))


def _seeds(seed: Seed) -> Iterator[Any]:
    """One seed per draw. Of an integer, more integers: a generator, being a variable, cannot be made while tracing."""
    if isinstance(seed, keras.random.SeedGenerator):
        return repeat(seed)
    return iter(np.random.SeedSequence(seed).generate_state(2 * len(_CELLS)).tolist())


def _random_field(count: Any, channels: int, seeds: Iterator[Any]) -> Any:
    """Smooth noise about 0, shape (count, 16, 16, channels), its grain different from image to image."""
    field = 0.0
    for cells in _CELLS:
        noise = keras.random.normal((count, cells, cells, channels), seed=next(seeds))
        weight = keras.random.uniform((count, 1, 1, 1), seed=next(seeds))
        field += weight * ops.image.resize(noise, _CELLS[-1:] * 2, interpolation="bilinear")
    return field


def _room(images: Any, direction: Any) -> Any:
    """How many times `direction` each pixel can go before one of its channels leaves [0, 1], shape (N, H, W, 1)."""
    steps = ops.where(direction > 0, 1.0 - images, images) / ops.maximum(ops.abs(direction), _FLAT)
    room = ops.min(ops.where(ops.abs(direction) > _FLAT, steps, np.inf), axis=-1, keepdims=True)
    return ops.where(room < np.inf, room, 0.0)  # where no channel moves, there is nowhere to go
