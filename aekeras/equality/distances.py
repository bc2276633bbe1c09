"""All distances between queries and a collection: by code, and by the loss itself, the oracle."""

from __future__ import annotations

from typing import Any

import numpy as np

from aekeras.losses.explaining import own_code

_BLOCK = 128  # images per side of a block: what the processor's cache holds
MOVED = 1 / 255
"""Mean absolute difference of two pictures up to which they are the same."""
_BATCH = 64
_NUMBERS = 1024  # of a view at a time, for the same reason


def code_distances(queries: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Euclidean distances of codes, (Q, D) and (N, D) -> (Q, N) float64."""
    queries, codes = queries.astype(np.float64), codes.astype(np.float64)
    squares = np.sum(queries**2, axis=1)[:, None] + np.sum(codes**2, axis=1)[None]
    return np.sqrt(np.maximum(squares - 2.0 * queries @ codes.T, 0.0))


def loss_distances(loss: Any, queries: np.ndarray, images: np.ndarray) -> np.ndarray:
    """loss(query, image) for all pairs: uint8 or [0, 1] images (Q, S, S, 3) and (N, S, S, 3) -> (Q, N) float64.

    By FAISS where the loss is the mean absolute difference of its views, else by the loss itself; a sum term by term.
    """
    terms = loss.terms()
    if len(terms) > 1:
        return np.sum([weight * loss_distances(term, queries, images) for weight, term in terms], axis=0)
    if _is_l1_of_view(loss):
        return _l1(views(loss, queries), views(loss, images))
    return by_the_loss(loss, queries, images)


def losses_of_pairs(loss: Any, some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """loss(x_i, y_i), shape (N,), float64, in batches; rounding below zero is zero."""
    with own_code(f"{loss.text} to compare pictures"):
        parts = [
            np.asarray(loss(some[i : i + _BATCH], others[i : i + _BATCH]), np.float64)
            for i in range(0, len(some), _BATCH)
        ]
    return np.maximum(np.concatenate(parts), 0.0)


def views(loss: Any, images: np.ndarray) -> np.ndarray:
    """What a loss sees of uint8 or [0, 1] images (N, S, S, 3), flat: (N, P) float32."""
    parts = [
        np.asarray(loss.view(as_floats(images[i : i + _BLOCK])), np.float32) for i in range(0, len(images), _BLOCK)
    ]
    return np.concatenate([part.reshape(len(part), -1) for part in parts])


def as_floats(images: np.ndarray) -> np.ndarray:
    """float32 in [0, 1]."""
    return images.astype(np.float32) / np.float32(255.0 if images.dtype == np.uint8 else 1.0)


def _is_l1_of_view(loss: Any) -> bool:
    from aekeras.losses.view_loss import ViewLoss

    kind = type(loss)
    return isinstance(loss, ViewLoss) and all(
        getattr(kind, name) is getattr(ViewLoss, name)
        for name in ("distance", "compare", "prepare", "call", "__call__")
    )


def _l1(queries: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Mean absolute differences of all rows of (Q, P) and (N, P), summed up piece by piece."""
    import faiss

    distances = np.zeros((len(queries), len(others)))
    for start in range(0, queries.shape[1], _NUMBERS):
        part = np.ascontiguousarray(queries[:, start : start + _NUMBERS])
        for i in range(0, len(others), 2 * _BLOCK):
            block = np.ascontiguousarray(others[i : i + 2 * _BLOCK, start : start + _NUMBERS])
            distances[:, i : i + 2 * _BLOCK] += faiss.pairwise_distances(part, block, metric=faiss.METRIC_L1)
    return distances / queries.shape[1]


def by_the_loss(loss: Any, queries: np.ndarray, images: np.ndarray) -> np.ndarray:
    """The same for any loss, pair by pair."""
    import tensorflow as tf

    from aekeras import objective

    spec = tf.TensorSpec((None, *images.shape[1:]), tf.float32)
    block = tf.function(lambda a, b: objective.cross_losses(loss, a, b), input_signature=[spec, spec], autograph=False)
    distances = np.empty((len(queries), len(images)))
    for i in range(0, len(queries), _BLOCK):
        for j in range(0, len(images), _BLOCK):
            part = block(as_floats(queries[i : i + _BLOCK]), as_floats(images[j : j + _BLOCK]))
            distances[i : i + _BLOCK, j : j + _BLOCK] = part.numpy()
    return distances
