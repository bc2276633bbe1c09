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
_SEEN_CELLS = 4  # pixels per side of each position that the principal components see, at most
UNCHANGED = np.pad(np.ones((1, 1, 3, 1)), ((1, 1), (1, 1), (0, 0), (0, 0)))  # a 3 x 3 kernel that does nothing


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What fixes the network's shape.

    Args:
        image_size: S, pixels per side, a multiple of 16.
        code_dim: D, numbers per code.
        view: M of shape (C, 3): the linear map of each pixel's color in which the closed-form part reads the images.
        readings: A layer from images to the list of maps (N, h, w, c) that it reads instead, of a loss that sees
            more than each pixel alone.
        unit: How far apart two pictures typically are, in the loss's units; codes are of this order.
        encoder_input: "images", or "view" for an encoder that never gets more than M x, or than the readings.
    """

    image_size: int
    code_dim: int
    view: tuple[tuple[float, ...], ...]
    readings: layers.Layer | None = None
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
    """Codes as the sum of principal components, of a linear reading of the picture's hinges, and of what is learned.

    Hinges max(0, v - t) of each channel v of the view, at some thresholds t, are a basis of the functions of single
    pixels that L1 adds up. Averaged over each patch they are nearly all that a code under L1 needs; a hidden layer
    over them and a strided patch stem over the picture learn the rest.
    """
    images = keras.Input((shape.image_size, shape.image_size, 3), name="images")
    maps = [images] if shape.readings is None else shape.readings(images)
    views = maps if shape.readings else [_view_layer(shape)(images)]
    averages = _joined([_averages(one, shape, f"_{i}" if i else "") for i, one in enumerate(maps)], "readings")
    hidden = layers.Dense(_HIDDEN, activation="relu", name="hidden")(averages)
    seen = [images] if shape.encoder_input == "images" else views
    patches = _joined([_patches(one, f"_{i}" if i else "") for i, one in enumerate(seen)], "patches")
    parts = [
        layers.Dense(shape.code_dim, kernel_initializer="zeros", name="principal")(
            _joined([_shrunk(one) for one in views], "views")
        ),
        layers.Dense(shape.code_dim, name="closed_form")(averages),
        _correction(hidden, shape, "hidden_codes"),
        _correction(patches, shape, "patch_codes"),
    ]
    return keras.Model(images, layers.Add(name="codes")(parts), name="encoder")


def _averages(one: Any, shape: Shape, suffix: str) -> Any:
    """The hinges of a map, averaged over each position of the grid."""
    view = np.eye(one.shape[-1]) if shape.readings else np.array(shape.view)
    hinges = _hinge_layer(view, f"hinges{suffix}")(one)
    patch = _patch_of(one)
    return layers.AveragePooling2D(patch, padding="same", name=f"averages{suffix}")(hinges)


def _shrunk(one: Any) -> Any:
    """A map of at most `_SEEN_CELLS` pixels per side for each position of the grid: principal components are coarse."""
    factor = max(1, min(one.shape[1:3]) // (GRID * _SEEN_CELLS))
    return layers.AveragePooling2D(factor, padding="same")(one) if factor > 1 else one


def _patches(one: Any, suffix: str) -> Any:
    """A strided stem over a map, and a convolution of its positions."""
    patch = _patch_of(one)
    patches = layers.Conv2D(_CHANNELS, patch, strides=patch, activation="relu", name=f"stem{suffix}")(one)
    return layers.Conv2D(_CHANNELS, 1, activation="relu", name=f"mix{suffix}")(patches)


def _patch_of(one: Any) -> tuple[int, int]:
    """Height and width of one position of the grid in a map; one pixel in a map smaller than the grid."""
    return max(1, one.shape[1] // GRID), max(1, one.shape[2] // GRID)


def _joined(maps: list[Any], name: str) -> Any:
    """All values of the maps in one row."""
    flat = [layers.Flatten(name=f"{name}_{i}" if i else name)(one) for i, one in enumerate(maps)]
    return flat[0] if len(flat) == 1 else layers.Concatenate(name=f"all_{name}")(flat)


def _correction(features: Any, shape: Shape, name: str) -> Any:
    """A linear layer that starts at zero, its output scaled so that Adam's steps are small against `unit`."""
    codes = layers.Dense(shape.code_dim, kernel_initializer="zeros", use_bias=False, name=name)(features)
    return layers.Rescaling(shape.unit / features.shape[-1] ** 0.5)(codes)


def _hinge_layer(view: np.ndarray, name: str) -> layers.Layer:
    """max(0, v - t) for every channel v of a view (C, c) of a map's c channels and every threshold t, frozen."""
    thresholds = np.arange(HINGES) / HINGES
    return layers.Conv2D(
        len(view) * HINGES,
        1,
        activation="relu",
        kernel_initializer=_constant(np.repeat(view.T, HINGES, axis=1)[None, None]),
        bias_initializer=_constant(-np.tile(thresholds, len(view))),
        trainable=False,
        name=name,
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
        3, padding="same", use_bias=False, depthwise_initializer=_constant(UNCHANGED), name="sharpen"
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
