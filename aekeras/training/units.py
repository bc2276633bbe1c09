"""The loss's units: how far apart pictures are, what a constant image costs, what a code distance is worth."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from aekeras.errors import InputError

_NEIGHBORS = 10  # calibration looks at the pairs that a search would report
_BATCH = 256


def typical(distances: np.ndarray, loss: str) -> float:
    """The median loss between two different pictures, from all pairs (N, N).

    Raises:
        InputError: All pictures are equal under the loss, or some loss is not finite.
    """
    if not np.isfinite(distances).all():
        raise InputError(
            f"Expected {loss} to give finite values. Received: {np.count_nonzero(~np.isfinite(distances)):,} of "
            f"{distances.size:,} pairs of pictures with NaN or infinity. `aekeras losses check` finds where."
        )
    off_diagonal = distances[~np.eye(len(distances), dtype=bool)]
    positive = off_diagonal[off_diagonal > 0]
    if not len(positive):
        raise InputError(
            f"Expected pictures that differ. Received: {len(distances)} pictures, all equal under {loss}. "
            "Add other pictures, or choose a loss that tells them apart."
        )
    return float(np.median(positive))


def in_batches(model: keras.Model, inputs: np.ndarray) -> np.ndarray:
    """What a model makes of inputs (N, ...), without the tracing that `predict` would need for a single call."""
    rows = range(0, len(inputs), _BATCH)
    parts = [model(inputs[i : i + _BATCH], training=False) for i in rows]
    return np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])


def mean_loss(loss: Any, images: np.ndarray, autoencoder: keras.Model) -> float:
    """Mean loss between images (N, S, S, 3) and their reconstructions."""
    rebuilt = in_batches(autoencoder, images)
    rows = range(0, len(images), _BATCH)
    return _mean([loss(images[i : i + _BATCH], rebuilt[i : i + _BATCH]) for i in rows])


def best_constant(loss: Any, images: np.ndarray) -> float:
    """Mean loss between images and the one image that suits them best: their pixelwise median, or their mean."""
    candidates = (np.median(images, axis=0), np.mean(images, axis=0))
    batches = [images[i : i + _BATCH] for i in range(0, len(images), _BATCH)]
    return min(_mean([loss(b, np.broadcast_to(image, b.shape)) for b in batches]) for image in candidates)


def calibrate(autoencoder: keras.Model, images: np.ndarray, distances: np.ndarray) -> float:
    """Scales the codes, in the weights themselves, so that the distance of neighbors is their loss; gives the factor.

    The factor is the median of loss / code distance over the nearest codes of each image. The decoder is scaled the
    other way, so reconstructions stay as they were.

    Args:
        autoencoder: Changed in place.
        images: Shape (N, S, S, 3), float32 in [0, 1].
        distances: Their losses, shape (N, N).
    """
    encoder, decoder = autoencoder.get_layer("encoder"), autoencoder.get_layer("decoder")
    codes = in_batches(encoder, images).astype(np.float64)
    squares = np.sum(codes**2, axis=1)
    by_code = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * codes @ codes.T, 0.0))
    np.fill_diagonal(by_code, np.inf)
    nearest = np.argsort(by_code, axis=1)[:, : min(_NEIGHBORS, len(images) - 1)]
    near, true = np.take_along_axis(by_code, nearest, 1), np.take_along_axis(distances, nearest, 1)
    telling = (near > 0) & (true > 0)
    factor = float(np.median(true[telling] / near[telling])) if telling.any() else 1.0
    _scale(encoder, ("closed_form", "hidden_codes", "patch_codes"), factor)
    for name in ("linear", "drawing"):
        kernel, bias = decoder.get_layer(name).get_weights()
        decoder.get_layer(name).set_weights([kernel / factor, bias])
    return factor


def _scale(model: keras.Model, names: tuple[str, ...], factor: float) -> None:
    for name in names:
        layer = model.get_layer(name)
        layer.set_weights([weights * factor for weights in layer.get_weights()])


def _mean(values: list[Any]) -> float:
    return float(np.mean(np.concatenate([keras.ops.convert_to_numpy(value) for value in values])))
