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
_DRAWING = 512  # units of the decoder's hidden layer
_LINEAR_CELLS, _DRAWN_CELLS = 4, 2  # pixels per side, for each position of the grid, that the decoder's parts draw
_UNCHANGED = np.pad(np.ones((1, 1, 3, 1)), ((1, 1), (1, 1), (0, 0), (0, 0)))  # a 3 x 3 kernel that does nothing


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What fixes the network's shape.

    Args:
        image_size: S, pixels per side, a multiple of 16.
        code_dim: D, numbers per code.
        view: M of shape (C, 3): the linear map of each pixel's color in which the closed-form part reads the images.
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
    return layers.Rescaling(shape.unit / features.shape[-1] ** 0.5)(codes)


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
    """Reconstructions as the sum of a linear layer's picture and a coarser one that a hidden layer draws, sharpened.

    Nothing at the end could saturate, and nothing mixes the channels of a picture: one that the loss leaves free stays
    the even tint with which it began. Pictures are enlarged by interpolation and then convolved, so no grid appears.

    References:
        Odena, Dumoulin, Olah, "Deconvolution and Checkerboard Artifacts", Distill, 2016, DOI 10.23915/distill.00003.
    """
    codes = keras.Input((shape.code_dim,), name="codes")
    even = layers.Rescaling(1.0 / shape.unit, name="even_codes")(codes)
    hidden = layers.Dense(_DRAWING, activation="relu", name="drawing")(even)
    pictures = [
        _picture(even, shape, _LINEAR_CELLS, "linear"),
        _picture(hidden, shape, _DRAWN_CELLS, "drawn", kernel_initializer="zeros"),
    ]
    sharpen = layers.DepthwiseConv2D(
        3, padding="same", use_bias=False, depthwise_initializer=_constant(_UNCHANGED), name="sharpen"
    )
    return keras.Model(codes, sharpen(layers.Add()(pictures)), name="decoder")


def _picture(features: Any, shape: Shape, cells: int, name: str, **arguments: Any) -> Any:
    """A linear layer's picture of at most `cells` pixels per position of the grid, enlarged to the full size."""
    cells = max(divisor for divisor in range(1, cells + 1) if shape.patch % divisor == 0)
    side = GRID * cells
    pixels = layers.Dense(side * side * 3, name=name, **arguments)(features)
    canvas = layers.Reshape((side, side, 3), name=f"{name}_picture")(pixels)
    factor = shape.patch // cells
    return layers.UpSampling2D(factor, interpolation="bilinear")(canvas) if factor > 1 else canvas
