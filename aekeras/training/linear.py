"""The layers that need no training: thresholds, principal components, classical scaling, and the decoder's picture."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from aekeras import autoencoder as network
from aekeras import closed_form, objective
from aekeras.equality.distances import code_distances
from aekeras.equality.fidelity import fidelity
from aekeras.errors import InputError
from aekeras.losses.image_loss import ImageLoss
from aekeras.training import units

_VALUES = (1, 99)  # percentiles of a channel's values between which thresholds lie
_CODE_PENALTIES = (3e-2, 1e-1, 3e-1, 1.0, 3.0)
_PICTURE_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
_USUAL = 2  # of the penalties, where there are too few pictures to try them
_LEFT_OUT = 4  # every fourth picture tries what the others are fitted to
_FEW = 16  # pictures
_NEIGHBORS = 10
_DRAWN = 2048  # pictures that the decoder is fitted to, at most
_CHUNK = 256


Weights = list[np.ndarray]


class _Start(NamedTuple):
    """How codes begin: scale * principal components + what a ridge regression from the hinges adds.

    Attributes:
        missed: Share of the nearest pictures that are not found: of several starts, the least is the best.
        error: How far the distances of codes are from the loss, where as many are found.
        scale: 0 for no principal components.
        penalty: Of the ridge regression; infinite for principal components alone.
    """

    missed: float
    error: float
    scale: float
    penalty: float


def place_thresholds(encoder: keras.Model, images: np.ndarray) -> None:
    """Spreads the thresholds of each channel's hinges over the values that it takes on images (N, S, S, 3)."""
    for layer in encoder.layers:
        if layer.name.startswith("hinges"):
            kernel, _ = layer.get_weights()
            values = (
                units.in_batches(keras.Model(encoder.input, layer.input), images) @ kernel[0, 0, :, :: network.HINGES]
            )
            low, high = np.percentile(values, _VALUES, axis=(0, 1, 2))
            thresholds = low[:, None] + (high - low)[:, None] * np.arange(network.HINGES) / network.HINGES
            layer.set_weights([kernel, -thresholds.ravel()])


def fit_codes(encoder: keras.Model, images: np.ndarray, distances: np.ndarray, unit: float) -> Weights:
    """Sets the encoder to codes that need no training, and freezes the two layers that give them.

    Ideal codes are those of classical scaling, turned to come near to the principal components of what is read. These
    give the one part; a ridge regression from the hinges predicts what is left. Where that finds more on pictures left
    out, it predicts all. How strongly it is bound is found out there, too.

    Args:
        encoder: As `aekeras.autoencoder.build` has it.
        images: Shape (N, S, S, 3), float32 in [0, 1].
        distances: Their losses, shape (N, N).
        unit: How far apart two pictures typically are, in the loss's units.

    Raises:
        InputError: What the loss sees of some picture is not finite.

    Returns:
        What `only` takes: the weights that give the principal components alone.
    """
    principal, hinges = encoder.get_layer("principal"), encoder.get_layer("closed_form")
    views, readings = (
        units.in_batches(keras.Model(encoder.input, layer.input), images) for layer in (principal, hinges)
    )
    if not (np.isfinite(views).all() and np.isfinite(readings).all()):
        raise InputError(
            "Expected finite values of what the loss sees of each picture. Received: NaN or infinity. `aekeras losses "
            "check` finds where."
        )
    axes = closed_form.principal_axes(views, principal.units)
    components = (views - views.mean(axis=0)) @ axes
    ideal = closed_form.aligned(closed_form.classical_scaling(distances, principal.units), components)
    start = _best_start(components, readings, ideal, distances, unit)
    kernel, bias = closed_form.ridge(readings, ideal - start.scale * components, start.penalty)  # nothing, of infinity
    principal.set_weights([start.scale * axes, -start.scale * views.mean(axis=0) @ axes])
    hinges.set_weights([kernel, bias])
    principal.trainable = hinges.trainable = False
    return [axes, -views.mean(axis=0) @ axes]


def only(encoder: keras.Model, principal: Weights | None) -> None:
    """Takes from the encoder what was learned; with the weights of principal components, all but these."""
    for name in ("hidden_codes", "patch_codes"):
        _clear(encoder.get_layer(name))
    if principal is not None:
        _clear(encoder.get_layer("closed_form"))
        encoder.get_layer("principal").set_weights(principal)


def _best_start(
    components: np.ndarray, readings: np.ndarray, ideal: np.ndarray, distances: np.ndarray, unit: float
) -> _Start:
    """Tried on every fourth picture, which seeks its neighbors among the others."""
    squares = np.sum(components**2)
    scale = float(np.sum(ideal * components) / squares) if squares > 0 else 0.0
    if len(ideal) < _FEW:
        return _Start(0.0, 0.0, scale, _CODE_PENALTIES[_USUAL])
    out = np.arange(len(ideal)) % _LEFT_OUT == _LEFT_OUT - 1
    starts = []
    for share in {scale, 0.0}:
        left = ideal - share * components
        for penalty, (kernel, bias) in zip(
            _CODE_PENALTIES, closed_form.ridges(readings[~out], left[~out], _CODE_PENALTIES), strict=True
        ):
            codes = share * components + readings @ kernel + bias
            tried = _tried(codes[out], codes[~out], distances[out][:, ~out], unit)
            starts.append(_Start(*tried, share, penalty))
    if scale:
        tried = _tried(components[out], components[~out], distances[out][:, ~out], unit)
        starts.append(_Start(*tried, scale, np.inf))
    return min(starts)


def _tried(codes: np.ndarray, others: np.ndarray, distances: np.ndarray, unit: float) -> tuple[float, float]:
    """What is missed of the nearest, and how far the distances of codes are from the loss, once in its units."""
    found = code_distances(codes, others)
    factor = float(np.sum(distances) / max(np.sum(found), np.finfo(np.float32).tiny))
    missed = 1.0 - float(fidelity(found, distances, min(_NEIGHBORS, len(others))).mean())
    return missed, float(objective.isometry(factor * found, distances, unit))


def drawn(rows: np.ndarray) -> np.ndarray:
    """Of rows in random order, those of the pictures that a decoder is fitted to, ascending."""
    return np.sort(rows[:_DRAWN])


def fit_decoder(autoencoder: keras.Model, loss: ImageLoss, images: np.ndarray) -> None:
    """Sets the decoder to the linear picture that predicts best, from codes, the representatives of uint8 images.

    What its hidden layer draws is set to nothing, and the last convolution to doing nothing.

    Args:
        autoencoder: Its encoder gives codes already.
        loss: Says what is representative of an image.
        images: uint8, shape (N, S, S, 3).
    """
    encoder, decoder = autoencoder.get_layer("encoder"), autoencoder.get_layer("decoder")
    inputs = keras.Model(decoder.input, decoder.get_layer("even_codes").output)
    side = decoder.get_layer("linear_picture").output.shape[1:3]
    codes, pictures = [], []
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK].astype(np.float32) / 255.0
        codes.append(units.in_batches(inputs, units.in_batches(encoder, chunk)))
        shown = ops.image.resize(loss.representative(chunk), side, antialias=True)
        pictures.append(np.asarray(shown).reshape(len(chunk), -1))
    layer = decoder.get_layer("linear")
    layer.set_weights(_best_ridge(np.concatenate(codes), np.concatenate(pictures)))
    _clear(decoder.get_layer("drawn"))
    decoder.get_layer("sharpen").set_weights([network.UNCHANGED])


def _best_ridge(codes: np.ndarray, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    penalty = _PICTURE_PENALTIES[_USUAL]
    if len(codes) >= _FEW:
        out = np.arange(len(codes)) % _LEFT_OUT == _LEFT_OUT - 1
        tried = closed_form.ridges(codes[~out], pictures[~out], _PICTURE_PENALTIES)
        errors = [float(np.abs(codes[out] @ kernel + bias - pictures[out]).mean()) for kernel, bias in tried]
        penalty = _PICTURE_PENALTIES[int(np.argmin(errors))]
    return closed_form.ridge(codes, pictures, penalty)


def scale_random_layer(encoder: keras.Model, images: np.ndarray, unit: float) -> None:
    """Freezes the encoder's linear layer as a random projection whose codes of images (N, S, S, 3) are `unit` apart.

    Its inputs are many and alike, so that at the rate of the other layers it would not learn but jump.
    """
    principal, layer = encoder.get_layer("principal"), encoder.get_layer("closed_form")
    _clear(principal)
    codes = units.in_batches(encoder, images)
    apart = float(np.sqrt(2.0 * np.sum(np.var(codes, axis=0))))
    layer.set_weights([weights * unit / max(apart, np.finfo(np.float32).tiny) for weights in layer.get_weights()])
    principal.trainable = layer.trainable = False


def _clear(layer: Any) -> None:
    layer.set_weights([np.zeros_like(weights) for weights in layer.get_weights()])
