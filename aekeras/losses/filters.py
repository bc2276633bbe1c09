"""Separable filters of maps as products with banded matrices: R M C^T filters the columns by R and the rows by C.

At the sizes of pictures here, matrix products are faster than convolutions with one channel, and far faster than
sums of shifted copies, whose gradients are padded one by one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from keras import ops

BINOMIAL = {-2: 1 / 16, -1: 4 / 16, 0: 6 / 16, 1: 4 / 16, 2: 1 / 16}
"""Weights of the values about a place, by their distance."""


def filtered(maps: Any, rows: np.ndarray, columns: np.ndarray) -> Any:
    """R M C^T for every map M.

    Args:
        maps: Shape (..., H, W).
        rows: R, shape (h, H).
        columns: C, shape (w, W).
    """
    return ops.matmul(rows, ops.matmul(maps, columns.T))


@lru_cache
def gaussian(count: int, size: int, sigma: float) -> np.ndarray:
    """Gaussian means over windows of `size` values that lie inside, shape (count - size + 1, count)."""
    distance = np.arange(count) - np.arange(count - size + 1)[:, None] - size // 2
    return _normalized(np.where(abs(distance) <= size // 2, _bell(distance, sigma), 0.0))


@lru_cache
def gaussian_of_all(count: int, size: int, sigma: float) -> np.ndarray:
    """Gaussian means about each value, over windows that are cut off at the border, shape (count, count)."""
    distance = np.arange(count) - np.arange(count)[:, None]
    return _normalized(np.where(abs(distance) <= size // 2, _bell(distance, sigma), 0.0))


@lru_cache
def slope(count: int) -> np.ndarray:
    """The difference from each value to the next, shape (count - 1, count); of a single value 0, shape (1, 1)."""
    return (np.diff(np.eye(count), axis=0) if count > 1 else np.zeros((1, 1))).astype("float32")


@lru_cache
def sobel_smooth(count: int) -> np.ndarray:
    """Weights (1, 2, 1) / 4 about each value, the first and the last repeated, shape (count, count)."""
    return (0.25 * (_neighbor(count, -1) + 2 * np.eye(count) + _neighbor(count, 1))).astype("float32")


@lru_cache
def sobel_slope(count: int) -> np.ndarray:
    """Weights (-1, 0, 1) about each value, the first and the last repeated, shape (count, count)."""
    return (_neighbor(count, 1) - _neighbor(count, -1)).astype("float32")


@lru_cache
def reduction(count: int) -> np.ndarray:
    """Binomial means about every second value, mirrored at the border, shape (ceil(count / 2), count)."""
    matrix = np.zeros((-(-count // 2), count), "float32")
    for row in range(len(matrix)):
        for distance, weight in BINOMIAL.items():
            matrix[row, _mirrored(2 * row + distance, count)] += weight
    return matrix


@lru_cache
def expansion(count: int) -> np.ndarray:
    """Twice the binomial means of values with zeros in between, mirrored alike, shape (count, ceil(count / 2))."""
    matrix = np.zeros((count, -(-count // 2)), "float32")
    for row in range(count):
        for distance, weight in BINOMIAL.items():
            if (row + distance) % 2 == 0:
                matrix[row, _mirrored(row + distance, count) // 2] += 2 * weight
    return matrix


@lru_cache
def halving(count: int) -> np.ndarray:
    """Means of pairs, a last single value as it is, shape (ceil(count / 2), count)."""
    pairs = np.arange(count) // 2 == np.arange(-(-count // 2))[:, None]
    return _normalized(pairs.astype(float))


def _bell(distance: np.ndarray, sigma: float) -> np.ndarray:
    return np.exp(-0.5 * (distance / sigma) ** 2)


def _normalized(weights: np.ndarray) -> np.ndarray:
    return (weights / weights.sum(axis=1, keepdims=True)).astype("float32")


def _neighbor(count: int, distance: int) -> np.ndarray:
    """The value at a distance from each; beyond the border, the last one."""
    return np.eye(count)[np.clip(np.arange(count) + distance, 0, count - 1)]


def _mirrored(place: int, count: int) -> int:
    """Where a place beyond the border lies when the first and the last of `count` are mirrors: -1 is 1."""
    return abs(count - 1 - abs(count - 1 - place))
