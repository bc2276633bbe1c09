"""Rivals to a trained code that need no training: principal components, and scaling of the loss's own distances."""

from __future__ import annotations

import numpy as np


def pca_codes(views: np.ndarray, queries: np.ndarray, code_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Principal components of views (N, P) for them and for queries (Q, P): codes (N, D) and (Q, D)."""
    mean = views.mean(axis=0)
    _, _, axes = np.linalg.svd(views - mean, full_matrices=False)
    return (views - mean) @ axes[:code_dim].T, (queries - mean) @ axes[:code_dim].T


def scaled_codes(
    distances: np.ndarray, query_distances: np.ndarray, code_dim: int
) -> tuple[np.ndarray, np.ndarray]:
    """Classical scaling of a collection, and queries placed by their distances to it.

    Not a rival in use: a query costs the loss to every picture of the collection.

    Args:
        distances: Losses within the collection, (N, N).
        query_distances: Losses of the queries to it, (Q, N).
        code_dim: D.

    Returns:
        Codes of the collection (N, D) and of the queries (Q, D).

    References:
        Torgerson, "Multidimensional scaling: I. Theory and method", Psychometrika 17, 1952, DOI 10.1007/BF02288916.
        de Silva, Tenenbaum, "Sparse multidimensional scaling using landmark points", Stanford University, 2004.
    """
    squared = distances.astype(np.float64) ** 2
    mean = squared.mean(axis=0)
    values, vectors = np.linalg.eigh(-0.5 * (squared - mean[:, None] - mean[None] + mean.mean()))
    leading = np.argsort(-values)[:code_dim]
    values, vectors = np.maximum(values[leading], np.finfo(float).tiny), vectors[:, leading]
    placed = -0.5 * (query_distances.astype(np.float64) ** 2 - mean) @ (vectors / np.sqrt(values))
    return vectors * np.sqrt(values), placed
