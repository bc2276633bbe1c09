"""Rivals to a trained code that need no training: pixels, principal components, scaling of the loss's own distances."""

from __future__ import annotations

import numpy as np

from aekeras.closed_form import classical_scaling
from aekeras.equality.distances import as_floats

_TINY = 1e-9  # relative to the largest eigenvalue: directions with less are rounding


def pixel_codes(images: np.ndarray, code_dim: int) -> np.ndarray:
    """The picture itself, shrunk to s x s pixels with 3 s^2 <= code_dim, at least one: (N, S, S, 3) -> (N, 3 s^2)."""
    side = max(1, int(np.sqrt(code_dim / 3)))
    rows, columns = (_averaging(length, side) for length in images.shape[1:3])
    shrunk = np.einsum("ih,nhwc,jw->nijc", rows, as_floats(images), columns, optimize=True)
    return shrunk.reshape(len(images), -1).astype(np.float32)


def _averaging(length: int, parts: int) -> np.ndarray:
    """Means over equal parts of a line of pixels, (parts, length); pixels across a border count by their share."""
    edges = np.linspace(0, length, parts + 1)
    starts = np.arange(length)
    inside = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return (np.maximum(inside, 0.0) * parts / length).astype(np.float32)


def pca_codes(views: np.ndarray, queries: np.ndarray, code_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Principal components of views (N, P) for them and for queries (Q, P): codes (N, D) and (Q, D).

    From the smaller of the two Gram matrices. Components beyond the rank are zero.
    """
    mean = views.mean(axis=0)
    centered, asked = views - mean, queries - mean
    if len(views) > views.shape[1]:
        values, vectors = np.linalg.eigh((centered.T @ centered).astype(np.float64))
        axes = vectors[:, ::-1][:, :code_dim]
    else:
        values, vectors = np.linalg.eigh((centered @ centered.T).astype(np.float64))
        leading, values = vectors[:, ::-1][:, :code_dim], values[::-1]
        kept = values[:code_dim] > _TINY * values[0]
        axes = centered.T @ np.divide(
            leading, np.sqrt(np.abs(values[:code_dim])), where=kept, out=np.zeros_like(leading)
        )
    return centered @ axes, asked @ axes


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
