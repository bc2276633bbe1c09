"""What can be had without training: codes by classical scaling, linear layers by ridge regression. Pure NumPy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

_RANK = 1e-9  # relative to the largest eigenvalue: directions with less are rounding
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


def principal_axes(features: np.ndarray, code_dim: int) -> np.ndarray:
    """The leading principal axes of features (N, F), orthonormal columns, (F, code_dim) float32.

    From the smaller of the two Gram matrices. Columns beyond the rank are zero.
    """
    centered = (features - features.mean(axis=0)).astype(np.float32)
    count, width = centered.shape
    gram = centered.T @ centered if width <= count else centered @ centered.T
    values, vectors = (found[..., ::-1][..., :code_dim] for found in np.linalg.eigh(gram.astype(np.float64)))
    kept = values > _RANK * max(values[0], 0.0)
    axes = vectors if width <= count else centered.T @ (vectors / np.sqrt(np.where(kept, values, 1.0)))
    padded = np.zeros((width, code_dim), np.float32)
    padded[:, : len(kept)] = axes * kept
    return padded


def aligned(codes: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The codes (N, D), centered and turned so that they come nearest to target (N, D); distances stay as they are.

    Orthogonal Procrustes.

    References:
        Schoenemann, "A generalized solution of the orthogonal Procrustes problem", Psychometrika 31, 1966,
        DOI 10.1007/BF02289451.
    """
    centered = codes - codes.mean(axis=0)
    left, _, right = np.linalg.svd(centered.T @ (target - target.mean(axis=0)))
    return centered @ (left @ right)


def ridge(features: np.ndarray, targets: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """The linear layer that predicts targets from features: kernel (F, T) and bias (T,), float32.

    Args:
        features: (N, F).
        targets: (N, T).
        strength: The penalty, as a multiple of the features' mean squared norm about their mean.
    """
    return next(ridges(features, targets, (strength,)))


def ridges(
    features: np.ndarray, targets: np.ndarray, strengths: Iterable[float]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """`ridge` for several strengths, by one decomposition of the smaller of the two Gram matrices."""
    mean, target_mean = features.mean(axis=0), targets.mean(axis=0)
    centered, wanted = (features - mean).astype(np.float64), targets - target_mean
    few = centered.shape[1] <= len(centered)
    values, vectors = np.linalg.eigh(centered.T @ centered if few else centered @ centered.T)
    turned = vectors.T @ (centered.T @ wanted if few else wanted)
    for strength in strengths:
        penalty = strength * max(values.sum(), 0.0) / len(centered) + _TINY
        solution = vectors @ (turned / (np.maximum(values, 0.0) + penalty)[:, None])
        kernel = (solution if few else centered.T @ solution).astype(np.float32)
        yield kernel, (target_mean - mean @ kernel).astype(np.float32)
