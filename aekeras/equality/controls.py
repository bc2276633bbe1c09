"""Rivals to a trained code that need no training: principal components, and scaling of the loss's own distances."""

from __future__ import annotations

import numpy as np

from aekeras.closed_form import classical_scaling


def pca_codes(views: np.ndarray, queries: np.ndarray, code_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Principal components of views (N, P) for them and for queries (Q, P): codes (N, D) and (Q, D)."""
    mean = views.mean(axis=0)
    _, _, axes = np.linalg.svd(views - mean, full_matrices=False)
    return (views - mean) @ axes[:code_dim].T, (queries - mean) @ axes[:code_dim].T


def scaled_codes(distances: np.ndarray, query_distances: np.ndarray, code_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Classical scaling of a collection, and queries placed by their distances to it.

    Not a rival in use: a query costs the loss to every picture of the collection.

    Args:
        distances: Losses within the collection, (N, N).
        query_distances: Losses of the queries to it, (Q, N).
        code_dim: D.

    Returns:
        Codes of the collection (N, D) and of the queries (Q, D).

    References:
        de Silva, Tenenbaum, "Sparse multidimensional scaling using landmark points", Stanford University, 2004.
    """
    codes = classical_scaling(distances, code_dim)
    scales = np.sum(codes**2, axis=0)  # the eigenvalues
    axes = np.divide(codes, scales, out=np.zeros_like(codes), where=scales > 0)
    squared, mean = np.square(query_distances, dtype=np.float64), np.mean(np.square(distances), axis=0)
    return codes, -0.5 * (squared - mean) @ axes
