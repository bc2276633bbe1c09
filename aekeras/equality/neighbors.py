"""Neighbors in matrices of distances: who is near, and what two lists have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aekeras.errors import InputError


def nearest(distances: np.ndarray, k: int) -> np.ndarray:
    """The k nearest of each query, (Q, N) -> (Q, k) columns; equal distances in the order of the columns."""
    if k >= distances.shape[1]:
        return np.argsort(distances, axis=1, kind="stable")
    within = distances <= np.partition(distances, k - 1, axis=1)[:, k - 1 : k]
    columns = np.empty((len(distances), k), np.intp)
    plain = within.sum(axis=1) == k  # the others have equals of the k-th, or NaN
    candidates = np.nonzero(within[plain])[1].reshape(-1, k)
    order = np.argsort(np.take_along_axis(distances[plain], candidates, 1), axis=1, kind="stable")
    columns[plain] = np.take_along_axis(candidates, order, 1)
    columns[~plain] = np.argsort(distances[~plain], axis=1, kind="stable")[:, :k]
    return columns


def in_common(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Share of equal entries of two lists without repeats, (Q, k) and (Q, k) -> (Q,)."""
    together = np.sort(np.concatenate([found, wanted], axis=1), axis=1)
    return np.sum(together[:, 1:] == together[:, :-1], axis=1) / found.shape[1]


def extent(distances: Sequence[np.ndarray], k: int) -> tuple[int, int]:
    """Q and N of distance matrices (Q, N), which must be the same.

    Raises:
        InputError: They differ, or there is no query, no picture, or no neighbor asked for.
    """
    if k < 1:
        raise InputError(f"Expected `k` of at least 1. Received: {k}. Ask for one neighbor or more.")
    shapes = sorted({one.shape for one in distances})
    if len(shapes) != 1 or len(shapes[0]) != 2 or 0 in shapes[0]:
        received = ", ".join(map(str, shapes)) or "none"
        raise InputError(
            "Expected distances of one shape, (queries, pictures), with one of each at least. "
            f"Received: {received}. Measure the same pictures under every loss."
        )
    return shapes[0]


def check_losses(by_code: Mapping[str, Any], by_loss: Mapping[str, Any]) -> None:
    """Raises an InputError where there are codes without the values of their loss."""
    missing = [name for name in by_code if name not in by_loss]
    if missing:
        raise InputError(
            f"Expected `by_loss` to hold every loss of `by_code`. Received: none of {', '.join(missing)}. Add them."
        )
