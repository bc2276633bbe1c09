"""Blindness to colors: the null space of a linear map of each pixel's color, and the moves along it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from aekeras.losses.blindness.blindness import Blindness
from aekeras.losses.blindness.light import Brightness, Contrast
from aekeras.losses.blindness.luma import WEIGHTS

Matrix = tuple[tuple[float, ...], ...]

LUMA: Matrix = (WEIGHTS,)
IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
DIRECTIONS: dict[str, Matrix] = {
    "red": ((1.0, 0.0, 0.0),),
    "green": ((0.0, 1.0, 0.0),),
    "blue": ((0.0, 0.0, 1.0),),
    "chroma": ((0.587, -0.299, 0.0), (0.0, 0.114, -0.587)),
    "luma": ((1.0, 1.0, 1.0),),
}
"""The words for colors, and the directions in which a pixel moves when only that changes."""

_CELLS = (1, 4, 16)  # per side of the random fields along which a metamer recolors an image: even, coarse, fine
_FLAT = 1e-6  # a direction shorter than this moves nothing
_DEPENDENT = 1e-9  # singular values below this are zero


@dataclass(frozen=True)
class Colors(Blindness):
    """A pixel x is seen through M x only.

    Attributes:
        matrix: M, shape (C, 3).
        answer: A right inverse Q of M, shape (3, C): the color with which a reconstruction answers a change of M x.
            The Moore-Penrose inverse where None.
        tint: The color that the directions outside keep in `representative`, RGB in [0, 1].
    """

    kept_by_fading: ClassVar[bool] = True

    matrix: Matrix
    answer: Matrix | None = None
    tint: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", tuple(map(tuple, self.matrix)))  # lists and arrays have no hash

    @classmethod
    def blind_to(cls, words: tuple[str, ...]) -> Colors:
        """The colors that are left when all the named ones are not seen."""
        known = {frozenset(colors.words): colors for colors in (CHROMA, RED, GREEN, BLUE)}
        if frozenset(words) in known:
            return known[frozenset(words)]
        unseen = [direction for word in words for direction in DIRECTIONS[word]]
        return cls(_as_matrix(_complement(np.array(unseen))))

    @property
    def words(self) -> tuple[str, ...]:
        """What is not seen, in words."""
        found = tuple(word for word, directions in DIRECTIONS.items() if self._ignores(np.array(directions)))
        return found or (("some colors",) if self.null_space().size else ())

    def project(self, images: Any) -> Any:
        """M x for every pixel, shape (N, H, W, C)."""
        # A product of matrices even for one row: forward, slices are twice as fast, their gradient a third as fast.
        return ops.matmul(images, ops.cast(np.transpose(self.matrix), images.dtype))

    def null_space(self) -> np.ndarray:
        """An orthonormal basis of what M cannot see, shape (3, 3 - rank)."""
        return _complement(np.array(self.matrix)).T.astype("float32")

    def change(self, images: Any, draw: Iterator[Any]) -> Any:
        """Each pixel moves along the null space, a random part of the way to the border of the color cube.

        Direction and length are the sum of an even, a coarse and a fine random field, mixed anew for each image: from
        one recoloring of the whole picture to patches of many colors.
        """
        basis = self.null_space()
        field = _random_field(ops.shape(images)[0], basis.shape[1] + 1, draw)
        moves = ops.concatenate([ops.matmul(field[..., :-1], ops.transpose(basis)), field[..., -1:]], axis=-1)
        moves = ops.image.resize(moves, ops.shape(images)[1:3], interpolation="bilinear")
        direction, share = moves[..., :-1], ops.sigmoid(4 * moves[..., -1:])
        return ops.clip(images + share * _room(images, direction) * direction, 0.0, 1.0)

    def representative(self, images: Any) -> Any:
        """tint + Q (M x - M tint): what M sees as it is, the rest one color all over."""
        matrix = np.array(self.matrix)
        answer = np.linalg.pinv(matrix) if self.answer is None else np.array(self.answer)
        project = (answer @ matrix).astype("float32")
        tint = np.array(self.tint, "float32")
        return tint + ops.matmul(images - tint, ops.transpose(project))

    def meet(self, other: Blindness) -> Blindness | None:
        """What neither sees."""
        if isinstance(other, Colors):
            if other.matrix == self.matrix:
                return self
            both = Colors(_as_matrix(_rows(np.array([*self.matrix, *other.matrix]))))
            return both if both.null_space().size else None
        light = isinstance(other, Brightness | Contrast)
        return Brightness() if light and self._ignores(np.ones((1, 3))) else None

    def _ignores(self, directions: np.ndarray) -> bool:
        return bool(np.allclose(np.array(self.matrix) @ directions.T, 0.0, atol=_DEPENDENT))


CHROMA = Colors(LUMA, answer=((1.0,), (1.0,), (1.0,)), tint=(0.56, 0.41, 0.73))
RED = Colors(((1.0, 0.0, 0.0),), tint=(0.5, 0.25, 0.25))
GREEN = Colors(((0.0, 1.0, 0.0),), tint=(0.25, 0.5, 0.25))
BLUE = Colors(((0.0, 0.0, 1.0),), tint=(0.2, 0.2, 0.5))


def _rows(matrix: np.ndarray) -> np.ndarray:
    """An orthonormal basis of the rows."""
    _, singular, right = np.linalg.svd(matrix, full_matrices=True)
    return right[: int((singular > _DEPENDENT).sum())]


def _complement(matrix: np.ndarray) -> np.ndarray:
    """An orthonormal basis, in rows, of what is orthogonal to the rows."""
    _, singular, right = np.linalg.svd(matrix, full_matrices=True)
    return right[int((singular > _DEPENDENT).sum()) :]


def _as_matrix(rows: Any) -> Matrix:
    """Of no rows, the one that sees nothing."""
    return tuple(tuple(float(value) for value in row) for row in rows) or ((0.0, 0.0, 0.0),)


def _random_field(count: Any, channels: int, draw: Iterator[Any]) -> Any:
    """Smooth noise about 0, shape (count, 16, 16, channels), its grain different from image to image."""
    field = 0.0
    for cells in _CELLS:
        noise = keras.random.normal((count, cells, cells, channels), seed=next(draw))
        weight = keras.random.uniform((count, 1, 1, 1), seed=next(draw))
        field += weight * ops.image.resize(noise, _CELLS[-1:] * 2, interpolation="bilinear")
    return field


def _room(images: Any, direction: Any) -> Any:
    """How many times `direction` each pixel can go before one of its channels leaves [0, 1], shape (N, H, W, 1)."""
    steps = ops.where(direction > 0, 1.0 - images, images) / ops.maximum(ops.abs(direction), _FLAT)
    room = ops.min(ops.where(ops.abs(direction) > _FLAT, steps, np.inf), axis=-1, keepdims=True)
    return ops.where(room < np.inf, room, 0.0)  # where no channel moves, there is nowhere to go
