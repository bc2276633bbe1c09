"""The loss's units: how far apart pictures are, what a constant image costs, what a code distance is worth."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from aekeras.equality.distances import as_floats
from aekeras.equality.verdict import values_of, zero_of
from aekeras.errors import InputError
from aekeras.losses.explaining import own_code

_NEIGHBORS = 10  # calibration looks at the pairs that a search would report
_BATCH = 256


def typical(distances: np.ndarray, loss: str, zero: float = 0.0) -> float:
    """The median loss between two different pictures, from all pairs (N, N); up to `zero`, a loss is rounding.

    Raises:
        InputError: All pictures are equal under the loss, or some loss is not finite.
    """
    if not np.isfinite(distances).all():
        raise InputError(
            f"Expected {loss} to give finite values. Received: {np.count_nonzero(~np.isfinite(distances)):,} of "
            f"{distances.size:,} pairs of pictures with NaN or infinity. `aekeras losses check` finds where."
        )
    off_diagonal = distances[~np.eye(len(distances), dtype=bool)]
    positive = off_diagonal[off_diagonal > zero]
    if not len(positive):
        raise all_equal(len(distances), loss)
    return float(np.median(positive))


def check_differ(loss: Any, images: np.ndarray) -> None:
    """Passes when the loss tells the pictures apart, uint8, (N, S, S, 3): not all are equal to the first one.

    Raises:
        InputError: Fewer than two pictures, or it sees no difference between any two, but for rounding.
    """
    if len(images) < 2:
        raise InputError(f"Expected at least 2 pictures to train on. Received: {len(images)}. Add pictures.")
    with own_code(f"{loss.text} to compare pictures"):
        zero = zero_of(loss, images.shape[1])
        for start in range(0, len(images), _BATCH):
            batch = as_floats(images[start : start + _BATCH])
            values = values_of(loss, batch, np.broadcast_to(as_floats(images[:1]), batch.shape))
            if not (values <= zero).all():
                return
    raise all_equal(len(images), loss.text)


def all_equal(count: int, loss: str) -> InputError:
    """The error of pictures between which a loss sees no difference."""
    return InputError(
        f"Expected pictures that differ under {loss}. Received: {count:,} pictures, all equal under it: what it sees "
        "is the same in all of them. Add other pictures, or choose a loss that tells them apart."
    )


def in_batches(model: keras.Model, inputs: np.ndarray) -> np.ndarray:
    """What a model makes of inputs (N, ...), without the tracing that `predict` would need for a single call."""
    rows = range(0, len(inputs), _BATCH)
    parts = [model(inputs[i : i + _BATCH], training=False) for i in rows]
    return np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])


def mean_loss(loss: Any, images: np.ndarray, autoencoder: keras.Model) -> float:
    """Mean loss between images (N, S, S, 3) and their reconstructions."""
    return mean_of_pairs(loss, images, in_batches(autoencoder, images))


def mean_of_pairs(loss: Any, images: np.ndarray, others: np.ndarray) -> float:
    """Mean loss between images (N, S, S, 3) and as many others."""
    rows = range(0, len(images), _BATCH)
    return _mean([loss(images[i : i + _BATCH], others[i : i + _BATCH]) for i in rows])


def best_constant(loss: Any, images: np.ndarray, others: np.ndarray | None = None) -> float:
    """Mean loss between images and one image for all: the pixelwise median, or the mean, of `others`, or of themselves.

    The lower of the two.
    """
    known = images if others is None else others
    candidates = (np.median(known, axis=0), np.mean(known, axis=0))
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
    _scale(encoder, ("principal", "closed_form", "hidden_codes", "patch_codes"), factor)
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
