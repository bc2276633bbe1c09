"""Losses that look at the structure of the luma: its contrasts, its edges, its slopes."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from aekeras.losses import knobs
from aekeras.losses.blindness import Blindness, Contrast
from aekeras.losses.blindness.colors import CHROMA
from aekeras.losses.blindness.luma import luma_of
from aekeras.losses.filters import filtered, slope, sobel_slope, sobel_smooth
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.view_loss import ViewLoss, mean_of_image

_SMOOTH = 2.0**-13  # rounds the tip of the magnitude's cone; a power of two, so that its square's root is itself


@keras.saving.register_keras_serializable("aekeras")
class L1Contrast(ViewLoss):
    """The same picture under another light: blind to chroma, brightness and contrast.

    view(x) = (luma(x) - mean) / max(deviation, floor), shape (N, H, W, 1), in standard deviations of the image's luma.
    Rounding is magnified, too: images that differ only in what is not seen have a loss of up to 1e-7 / floor.

    Args:
        floor: The standard deviation of luma, at least 1e-6, below which contrast is seen after all. Without it, the
            noise of an even picture would count as much as the edges of a drawing.
    """

    flip_invariant = True
    blind_to = ("chroma", "brightness", "contrast")

    def __init__(self, *, floor: float = 0.01, **keywords: Any) -> None:
        self.floor = knobs.number(self, "floor", floor, least=knobs.TINY)
        super().__init__(**keywords)

    @property
    def blindness(self) -> tuple[Blindness, ...]:
        return (CHROMA, Contrast(self.floor))

    def view(self, images: Any) -> Any:
        luma = _centered(CHROMA.project(images))
        variance = ops.mean(ops.square(luma), axis=(1, 2, 3), keepdims=True)
        return luma * ops.rsqrt(ops.maximum(variance, self.floor**2))  # under the root, whose slope at 0 is infinite

    def readings(self, images: Any) -> list[Any]:
        return [self.view(images)]


@keras.saving.register_keras_serializable("aekeras")
class L1Edges(ViewLoss):
    """The same outlines: blind to chroma, brightness, and which side of an edge is the lighter one.

    view(x) = sqrt((h^2 + v^2) / 2), the magnitude of the two Sobel derivatives h and v of luma, with kernel weights
    (1, 2, 1) / 4 and (1, 0, -1) and each picture mirrored at its border, shape (N, H, W, 1), range [0, 1]. Its tip is
    rounded, so that its gradient is finite: it is up to 1.3e-4 below this value.

    References:
        Sobel, I., Feldman, G.: A 3x3 isotropic gradient operator for image processing. Talk at the Stanford Artificial
        Intelligence Project, 1968.
    """

    flip_invariant = True
    blind_to = ("chroma", "brightness", "inversion")

    def view(self, images: Any) -> Any:
        luma = luma_of(images)
        height, width = luma.shape[1:3]
        horizontal = filtered(luma, sobel_smooth(height), sobel_slope(width))
        vertical = filtered(luma, sobel_slope(height), sobel_smooth(width))
        squares = 0.5 * (ops.square(horizontal) + ops.square(vertical))
        return (ops.sqrt(squares + _SMOOTH**2) - _SMOOTH)[..., None]

    def readings(self, images: Any) -> list[Any]:
        return [self.view(images)]


@keras.saving.register_keras_serializable("aekeras")
class GradientDifference(ImageLoss):
    """The same slopes from pixel to pixel: blind to chroma and brightness.

    loss(x, y) = mean |dx(x) - dx(y)| + mean |dy(x) - dy(y)|, with dx and dy the differences of luma from each pixel to
    its right and to its lower neighbor. They keep their signs, so that a light line on dark is not a dark one on light;
    Mathieu et al. compare |dx| and |dy|, which `l1_edges` comes near to.

    view(x) = luma(x) - its mean, shape (N, H, W, 1), range [-1, 1]: what the slopes add up to.

    References:
        Mathieu, M., Couprie, C., LeCun, Y.: Deep multi-scale video prediction beyond mean square error. ICLR 2016,
        arXiv:1511.05440.
    """

    flip_invariant = True
    blind_to = ("chroma", "brightness")

    def prepare(self, images: Any) -> Any:
        return luma_of(images)  # whose mean has no slope

    def view(self, images: Any) -> Any:
        return _centered(CHROMA.project(images))

    def compare(self, true: Any, pred: Any) -> Any:
        return sum(mean_of_image(ops.abs(slopes)) for slopes in _slopes(true - pred))

    def readings(self, images: Any) -> list[Any]:
        return [slopes[..., None] for slopes in _slopes(luma_of(images))]


def _slopes(luma: Any) -> tuple[Any, Any]:
    """The differences to the right, (N, H, W - 1), and to the lower neighbor, (N, H - 1, W)."""
    height, width = luma.shape[1:3]
    return ops.matmul(luma, slope(width).T), ops.matmul(slope(height), luma)


def _centered(luma: Any) -> Any:
    """Luma, (N, H, W, 1), less its mean."""
    luma = luma - ops.stop_gradient(luma[:, :1, :1])  # of an even picture 0 is left, and not the rounding of a mean
    return luma - ops.mean(luma, axis=(1, 2, 3), keepdims=True)
