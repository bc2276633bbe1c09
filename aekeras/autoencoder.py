"""The network: images -> codes -> reconstructions, built from Keras's own layers so that it reloads anywhere.

Encoder and decoder have the same plan: a part that `aekeras.closed_form` can fit without training, plus a convolutional
part that starts at zero and learns what the first cannot express.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers

from aekeras.configuration import GRID

HINGES = 8  # thresholds per channel of the view
_CHANNELS = 64  # of the patch stem
_HIDDEN = 256
_GAIN = 3.0  # of the learned part of a code; of 1, 3 and 10, the one that learned fastest
_LINEAR_CELLS = 4  # the decoder's linear part draws at most GRID * _LINEAR_CELLS pixels per side


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What fixes the network's shape.

    Args:
        image_size: S, pixels per side, a multiple of 16.
        code_dim: D, numbers per code.
        view: M of shape (C, 3): the linear map of each pixel's colour in which the closed-form part reads the images.
        unit: How far apart two pictures typically are, in the loss's units; codes are of this order.
        encoder_input: "images", or "view" for an encoder that never gets more than M x.
    """

    image_size: int
    code_dim: int
    view: tuple[tuple[float, ...], ...]
    unit: float = 1.0
    encoder_input: str = "images"

    @property
    def patch(self) -> int:
        """Pixels per side of one position of the grid."""
        return self.image_size // GRID


def build(shape: Shape) -> keras.Model:
    """The autoencoder, images (N, S, S, 3) -> reconstructions (N, S, S, 3); its layers "encoder" and "decoder"."""
    encoder, decoder = _encoder(shape), _decoder(shape)
    images = keras.Input((shape.image_size, shape.image_size, 3), name="images")
    return keras.Model(images, decoder(encoder(images)), name="autoencoder")


def _encoder(shape: Shape) -> keras.Model:
    """Codes as the sum of a linear reading of the picture's hinges and of what is learned.

    Hinges max(0, v - t) of each channel v of the view, at some thresholds t, are a basis of the functions of single
    pixels that L1 adds up. Averaged over each patch they are nearly all that a code under L1 needs; a hidden layer
    over them and a strided patch stem over the picture learn the rest.
    """
    images = keras.Input((shape.image_size, shape.image_size, 3), name="images")
    averages = layers.AveragePooling2D(shape.patch, name="averages")(_hinge_layer(shape)(images))
    averages = layers.Flatten(name="readings")(averages)
    hidden = layers.Dense(_HIDDEN, activation="relu", name="hidden")(averages)
    patches = images if shape.encoder_input == "images" else _view_layer(shape)(images)
    patches = layers.Conv2D(_CHANNELS, shape.patch, strides=shape.patch, activation="relu", name="stem")(patches)
    patches = layers.Flatten()(layers.Conv2D(_CHANNELS, 1, activation="relu", name="mix")(patches))
    parts = [
        layers.Dense(shape.code_dim, name="closed_form")(averages),
        _correction(hidden, shape, "hidden_codes"),
        _correction(patches, shape, "patch_codes"),
    ]
    return keras.Model(images, layers.Add(name="codes")(parts), name="encoder")


def _correction(features: Any, shape: Shape, name: str) -> Any:
    """A linear layer that starts at zero, its output scaled so that Adam's steps are small against `unit`."""
    codes = layers.Dense(shape.code_dim, kernel_initializer="zeros", use_bias=False, name=name)(features)
    return layers.Rescaling(_GAIN * shape.unit / features.shape[-1] ** 0.5)(codes)


def _hinge_layer(shape: Shape) -> layers.Layer:
    """max(0, v - t) for every channel v of the view and every threshold t, frozen."""
    view = np.array(shape.view)
    thresholds = np.arange(HINGES) / HINGES
    kernel = np.repeat(view.T, HINGES, axis=1)[None, None]
    return layers.Conv2D(
        len(view) * HINGES,
        1,
        activation="relu",
        kernel_initializer=_constant(kernel),
        bias_initializer=_constant(-np.tile(thresholds, len(view))),
        trainable=False,
        name="hinges",
    )


def _view_layer(shape: Shape) -> layers.Layer:
    """The view itself, v = M x, frozen."""
    view = np.array(shape.view)
    return layers.Conv2D(
        len(view),
        1,
        use_bias=False,
        kernel_initializer=_constant(view.T[None, None]),
        trainable=False,
        name="view",
    )


def _constant(values: np.ndarray) -> Any:
    """An initializer to these values; a list, since that is what survives serialization."""
    return keras.initializers.Constant(values.tolist())


def _decoder(shape: Shape) -> keras.Model:
    """Reconstructions as a linear layer's picture plus what convolutions add, without an output that could saturate."""
    codes = keras.Input((shape.code_dim,), name="codes")
    even = layers.Rescaling(1.0 / shape.unit, name="even_codes")(codes)
    drawn = layers.Add(name="reconstructions")([_linear_picture(even, shape), _learned_picture(even, shape)])
    return keras.Model(codes, drawn, name="decoder")


def _linear_picture(codes: Any, shape: Shape) -> Any:
    cells = max(c for c in range(1, _LINEAR_CELLS + 1) if shape.patch % c == 0)
    side = GRID * cells
    pixels = layers.Dense(side * side * 3, name="linear")(codes)
    return _enlarge(layers.Reshape((side, side, 3), name="linear_picture")(pixels), shape.patch // cells)


def _learned_picture(codes: Any, shape: Shape) -> Any:
    """Enlarged by interpolation and convolved, never transposed, so that no grid appears.

    References:
        Odena, Dumoulin, Olah, "Deconvolution and Checkerboard Artifacts", Distill, 2016, DOI 10.23915/distill.00003.
    """
    side = GRID // 2
    x = layers.Dense(side * side * 32, activation="relu", name="unfold")(codes)
    x = layers.Reshape((side, side, 32))(x)
    channels = 64
    for factor in (2, *_prime_factors(shape.patch)):
        x = _enlarge(layers.Conv2D(channels, 3, padding="same", activation="relu")(x), factor)
        channels = max(16, channels // 2)
    x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
    return layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", use_bias=False, name="paint")(x)


def _enlarge(x: Any, factor: int) -> Any:
    return layers.UpSampling2D(factor, interpolation="bilinear")(x) if factor > 1 else x


def _prime_factors(number: int) -> tuple[int, ...]:
    for factor in range(2, number + 1):
        if number % factor == 0:
            return (factor, *_prime_factors(number // factor))
    return ()
