"""All distances between queries and a collection: by code, and by the loss itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from aekeras import objective

_BLOCK = 128  # images per side of a block: what the processor's cache holds


def code_distances(queries: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Euclidean distances of codes, (Q, D) and (N, D) -> (Q, N) float64."""
    queries, codes = queries.astype(np.float64), codes.astype(np.float64)
    squares = np.sum(queries**2, axis=1)[:, None] + np.sum(codes**2, axis=1)[None]
    return np.sqrt(np.maximum(squares - 2.0 * queries @ codes.T, 0.0))


def loss_distances(loss: Any, queries: np.ndarray, images: np.ndarray) -> np.ndarray:
    """loss(query, image) for all pairs: uint8 or [0, 1] images (Q, S, S, 3) and (N, S, S, 3) -> (Q, N) float64."""
    import tensorflow as tf

    spec = tf.TensorSpec((None, *images.shape[1:]), tf.float32)
    block = tf.function(lambda a, b: objective.cross_losses(loss, a, b), input_signature=[spec, spec], autograph=False)
    distances = np.empty((len(queries), len(images)))
    for i in range(0, len(queries), _BLOCK):
        for j in range(0, len(images), _BLOCK):
            part = block(_floats(queries[i : i + _BLOCK]), _floats(images[j : j + _BLOCK]))
            distances[i : i + _BLOCK, j : j + _BLOCK] = part.numpy()
    return distances


def _floats(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / (255.0 if images.dtype == np.uint8 else 1.0)
