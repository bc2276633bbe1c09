"""How well distances of codes stand for the loss."""

from __future__ import annotations

import numpy as np


def nearest(distances: np.ndarray, k: int) -> np.ndarray:
    """The k nearest of each query, (Q, N) -> (Q, k) columns; equal distances in the order of the columns."""
    return np.argsort(distances, axis=1, kind="stable")[:, :k]


def fidelity(by_code: np.ndarray, by_loss: np.ndarray, k: int = 10) -> np.ndarray:
    """Share of each query's k nearest by code that are among its k nearest by the loss, shape (Q,), in [0, 1].

    Args:
        by_code: Distances of codes, (Q, N).
        by_loss: Values of the loss, (Q, N).
        k: Neighbors that are compared.
    """
    found, wanted = nearest(by_code, k), nearest(by_loss, k)
    return np.mean(np.any(found[:, :, None] == wanted[:, None, :], axis=2), axis=1)


def metamer_recall(by_code: np.ndarray) -> float:
    """Share of queries whose nearest code is the one in their own column: (N, N), metamer i of image i in row i."""
    return float(np.mean(nearest(by_code, 1)[:, 0] == np.arange(len(by_code))))


def median_ratio(by_code: np.ndarray, by_loss: np.ndarray, k: int = 10) -> float:
    """Median of code distance / loss over the k nearest codes of each query; 1 where distances are the loss."""
    rows = nearest(by_code, k)
    reported, true = np.take_along_axis(by_code, rows, 1), np.take_along_axis(by_loss, rows, 1)
    return float(np.median(reported[true > 0] / true[true > 0]))
