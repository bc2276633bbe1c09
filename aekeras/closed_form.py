"""What can be had without training: codes by classical scaling, linear layers by ridge regression. Pure NumPy."""

from __future__ import annotations

import numpy as np

_TINY = 1e-9  # keeps the system solvable where all features are alike


def classical_scaling(distances: np.ndarray, code_dim: int) -> np.ndarray:
    """Codes whose Euclidean distances come nearest to the given ones, (N, N) -> (N, code_dim) float64.

    The leading eigenvectors of -1/2 J D^2 J, with J the centring matrix, times the roots of their eigenvalues. Columns
    beyond the number of positive eigenvalues are zero.

    References:
        Torgerson, "Multidimensional scaling: I. Theory and method", Psychometrika 17, 1952, DOI 10.1007/BF02288916.
    """
    squared = np.square(distances, dtype=np.float64)
    rows = squared.mean(axis=0)
    centered = -0.5 * (squared - rows[:, None] - rows[None, :] + rows.mean())
    values, vectors = np.linalg.eigh(centered)
    leading = np.argsort(-values)[:code_dim]
    codes = np.zeros((len(distances), code_dim))
    codes[:, : len(leading)] = vectors[:, leading] * np.sqrt(np.maximum(values[leading], 0.0))
    return codes


def ridge(features: np.ndarray, targets: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """The linear layer that predicts targets from features: kernel (F, T) and bias (T,), float32.

    Args:
        features: (N, F).
        targets: (N, T).
        strength: The penalty, as a multiple of the features' mean squared norm about their mean.
    """
    mean, target_mean = features.mean(axis=0), targets.mean(axis=0)
    centered = (features - mean).astype(np.float64)
    count, width = centered.shape
    if width <= count:
        gram = centered.T @ centered
        penalty = strength * np.trace(gram) / count
        kernel = np.linalg.solve(gram + (penalty + _TINY) * np.eye(width), centered.T @ (targets - target_mean))
    else:
        gram = centered @ centered.T
        penalty = strength * np.trace(gram) / count
        kernel = centered.T @ np.linalg.solve(gram + (penalty + _TINY) * np.eye(count), targets - target_mean)
    return kernel.astype(np.float32), (target_mean - mean @ kernel).astype(np.float32)
