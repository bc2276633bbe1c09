"""Losses that see color as a person does: distances in CIELAB."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.view_loss import mean_of_image

_DARK = 0.04045  # below which sRGB is proportional to light
_LIGHT_OF_DARK = 1.055**2.4 / 12.92
_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
_WHITE = (0.95047, 1.0, 1.08883)  # D65, 2 degree observer
_XYZ_OF_LIGHT = np.transpose(_XYZ) / _WHITE / 1.055**2.4
_DIM = (6 / 29) ** 3  # below which the cube root is continued as its tangent
_SLOPE = (29 / 6) ** 2 / 3  # of that tangent
_LAB_OF_RESPONSE = np.array([[0.0, 500.0, 0.0], [116.0, -500.0, 200.0], [0.0, 0.0, -200.0]])
_MIDDLE = np.array([0.0, 0.5, 0.5])
_TINY = 1e-10  # keeps the slope of a root finite at 0; moves a root by less than 1e-5


@keras.saving.register_keras_serializable("aekeras")
class L1Lab(ImageLoss):
    """Mean color difference as a person sees it, CIE 1976 dE*ab: blind to nothing.

    loss(x, y) = mean over the pixels of sqrt((L - L')^2 + (a - a')^2 + (b - b')^2), in dE: about 1 is just seen
    by a person, 100 lies between black and white. Within 0.001 of `skimage.color.deltaE_cie76`.

    Outside [0, 1], where networks may go, the curves go on smoothly: straight below 0, as powers above 1.

    view(x) = (L*, a*, b*) of sRGB under D65, 2 degree observer, shape (N, H, W, 3), range L* [0, 100], a* [-87, 99],
    b* [-108, 95].

    References:
        CIE 15:2004, Colorimetry, 3rd edition: the color space L*a*b* and the difference dE*ab.
        IEC 61966-2-1:1999, Colour management, default RGB colour space - sRGB.
    """

    flip_invariant = True

    def view(self, images: Any) -> Any:
        xyz = ops.matmul(_light(images), ops.cast(_XYZ_OF_LIGHT, images.dtype))
        return ops.matmul(_response(xyz), ops.cast(_LAB_OF_RESPONSE, images.dtype))

    def prepare(self, images: Any) -> Any:
        """The view with its channels in front, (N, 3, H, W): over those a sum takes a third of the time."""
        return ops.transpose(self.view(images), (0, 3, 1, 2))

    def compare(self, true: Any, pred: Any) -> Any:
        squares = ops.sum(ops.square(true - pred), axis=1)
        return mean_of_image(squares * ops.rsqrt(squares + _TINY))

    def readings(self, images: Any) -> list[Any]:
        """The view within [0, 1], one scale for its three channels: equal steps are equal differences."""
        return [self.view(images) / 200.0 + ops.cast(_MIDDLE, images.dtype)]


def _light(images: Any) -> Any:
    """1.055^2.4 times the light that values of sRGB stand for: a power, and a straight line below `_DARK`."""
    above = images - _DARK
    bright = ops.relu(above)
    return _power(bright + (_DARK + 0.055), 2.4) + _LIGHT_OF_DARK * (above - bright)


def _response(xyz: Any) -> Any:
    """How strongly light is felt, 0 for none and 25/29 for white: a cube root, and its tangent below `_DIM`."""
    above = xyz - _DIM
    bright = ops.relu(above)
    return _power(bright + _DIM, 1 / 3) + _SLOPE * (above - bright) - 4 / 29


def _power(values: Any, exponent: float) -> Any:
    """values^exponent for values > 0; forward and backward, a quarter of the time that backends take for their own."""
    return ops.exp(exponent * ops.log(values))
