"""Structural similarity of luma, at one scale and at several, as losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from aekeras.errors import InputError
from aekeras.losses import knobs
from aekeras.losses.blindness.colors import CHROMA
from aekeras.losses.blindness.luma import luma_of
from aekeras.losses.filters import filtered, gaussian, gaussian_of_all, halving
from aekeras.losses.image_loss import ImageLoss

K1, K2 = 0.01, 0.03
"""What keeps the quotients from 0 / 0, as shares of the range of luma, as first published."""


class Statistics(NamedTuple):
    """What SSIM needs of each image at one scale.

    Attributes:
        luma: Shape (N, H, W).
        mean: Of luma in each Gaussian window, shape (N, h, w), as what follows.
        power: mean^2 + C1 / 2.
        variance: Of luma in each window, + C2 / 2.
    """

    luma: Any
    mean: Any
    power: Any
    variance: Any


class _Similarity(ImageLoss):
    """What the two have in common: luma seen through a sliding Gaussian window that never leaves the picture."""

    blind_to = ("chroma",)
    metric = False
    filter_size: int
    sigma: float
    k1: float = K1
    k2: float = K2

    def view(self, images: Any) -> Any:
        return CHROMA.project(images)

    def readings(self, images: Any) -> list[Any]:
        """Luma, and luma less its local mean in units of the local deviation, side by side, shape (N, H, W, 2)."""
        luma = luma_of(images)
        mean, square = (self._means(maps, gaussian_of_all) for maps in (luma, ops.square(luma)))
        variance = ops.relu(square - ops.square(mean))
        return [ops.stack([luma, (luma - mean) * ops.rsqrt(variance + self.k2**2)], axis=-1)]

    def _means(self, maps: Any, window: Callable[[int, int, float], np.ndarray] = gaussian) -> Any:
        height, width = (window(side, self.filter_size, self.sigma) for side in maps.shape[1:3])
        return filtered(maps, height, width)

    def _statistics(self, luma: Any) -> Statistics:
        mean = self._means(luma)
        power = ops.square(mean)
        variance = ops.relu(self._means(ops.square(luma)) - power)
        return Statistics(luma, mean, power + 0.5 * self.k1**2, variance + 0.5 * self.k2**2)

    def _errors(self, true: Statistics, pred: Statistics) -> tuple[Any, Any]:
        """1 - luminance and 1 - contrast-structure of each window, shape (N, h, w) each.

        Written with d = x - y, for which 2 cov(x, y) = var x + var y - var d:
        1 - (2 mx my + C1) / (mx^2 + my^2 + C1) = (mx - my)^2 / (mx^2 + my^2 + C1) and
        1 - (2 cov(x, y) + C2) / (var x + var y + C2) = var d / (var x + var y + C2).
        Unlike the usual form, these are exactly 0 for equal images, and take one filter per pair.
        """
        shift = ops.square(true.mean - pred.mean)
        variance = ops.relu(self._means(ops.square(true.luma - pred.luma)) - shift)
        return shift / (true.power + pred.power), variance / (true.variance + pred.variance)

    def _check_size(self, images: Any) -> None:
        height, width = images.shape[1:3]
        if min(height, width) < self.filter_size:
            raise InputError(
                f"Expected images of at least {self.filter_size} x {self.filter_size} pixels, the `filter_size` of "
                f"{self.text}. Received: {height} x {width}. Choose larger images or a smaller `filter_size`."
            )


@keras.saving.register_keras_serializable("aekeras")
class SSIM(_Similarity):
    """The same structure to the eye, patch by patch: blind to chroma.

    loss(x, y) = 1 - mean SSIM of luma, range [0, 2], with, in each Gaussian window,
    SSIM = (2 mx my + C1) (2 cov(x, y) + C2) / ((mx^2 + my^2 + C1) (var x + var y + C2)), C1 = k1^2, C2 = k2^2.

    view(x) = luma, shape (N, H, W, 1), range [0, 1].

    No metric: a detour can be shorter (Brunet et al.).

    Args:
        filter_size: Pixels per side of the window, odd.
        sigma: Standard deviation of the Gaussian, in pixels.
        k1: The higher, the less the means of dark windows count.
        k2: The higher, the less the deviations of even windows count.

    References:
        Wang, Z., Bovik, A. C., Sheikh, H. R., Simoncelli, E. P.: Image quality assessment: from error visibility to
        structural similarity. IEEE Transactions on Image Processing 13 (4), 2004, DOI 10.1109/TIP.2003.819861.
        Brunet, D., Vrscay, E. R., Wang, Z.: On the mathematical properties of the structural similarity index. IEEE
        Transactions on Image Processing 21 (4), 2012, DOI 10.1109/TIP.2011.2173206.
    """

    flip_invariant = True

    def __init__(
        self, *, filter_size: int = 11, sigma: float = 1.5, k1: float = K1, k2: float = K2, **keywords: Any
    ) -> None:
        self.filter_size = knobs.whole(self, "filter_size", filter_size, least=3, odd=True)
        self.sigma, self.k1, self.k2 = (
            knobs.number(self, name, value, least=knobs.TINY)
            for name, value in (("sigma", sigma), ("k1", k1), ("k2", k2))
        )
        super().__init__(**keywords)

    def prepare(self, images: Any) -> Statistics:
        self._check_size(images)
        return self._statistics(luma_of(images))

    def compare(self, true: Statistics, pred: Statistics) -> Any:
        return ops.mean(_either(*self._errors(true, pred)), axis=(1, 2))


@keras.saving.register_keras_serializable("aekeras")
class MultiScaleSSIM(_Similarity):
    """The same structure to the eye, from near and from afar: blind to chroma.

    loss(x, y) = 1 - prod_k c_k^{w_k}, range [0, 1], with c_k the mean of the second quotient of SSIM at scale k, at the
    last scale the mean SSIM, and 0 where negative; from scale to scale, pixels are averaged two by two. Where the
    structure is reversed at one scale, the loss is 1 and has no gradient.

    view(x) = luma, shape (N, H, W, 1), range [0, 1].

    No metric: a detour can be shorter, as under `ssim`.

    Args:
        filter_size: Pixels per side of the window, odd.
        sigma: Standard deviation of the Gaussian, in pixels of each scale.
        weights: w, each at least 1e-6, finest scale first. Small images have only the scales that hold a window,
            their weights scaled to the sum 1.

    References:
        Wang, Z., Simoncelli, E. P., Bovik, A. C.: Multiscale structural similarity for image quality assessment.
        Asilomar Conference on Signals, Systems and Computers, 2003, DOI 10.1109/ACSSC.2003.1292216.
    """

    def __init__(
        self,
        *,
        filter_size: int = 11,
        sigma: float = 1.5,
        weights: Sequence[float] = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
        **keywords: Any,
    ) -> None:
        self.filter_size = knobs.whole(self, "filter_size", filter_size, least=3, odd=True)
        self.sigma = knobs.number(self, "sigma", sigma, least=knobs.TINY)
        self.weights = knobs.numbers(self, "weights", weights, least=knobs.TINY)
        super().__init__(**keywords)

    def prepare(self, images: Any) -> list[Statistics]:
        self._check_size(images)
        scales: list[Statistics] = []
        luma = luma_of(images)
        while len(scales) < len(self.weights) and min(luma.shape[1:3]) >= self.filter_size:
            scales.append(self._statistics(luma))
            luma = filtered(luma, *(halving(side) for side in luma.shape[1:3]))
        return scales

    def compare(self, true: list[Statistics], pred: list[Statistics]) -> Any:
        errors = [self._errors(t, p) for t, p in zip(true, pred, strict=True)]
        maps = [structure for _, structure in errors[:-1]] + [_either(*errors[-1])]
        terms = 1.0 - ops.stack([ops.mean(error, axis=(1, 2)) for error in maps], axis=1)
        weights = np.array(self.weights[: len(maps)], "float32")
        if len(maps) < len(self.weights):
            weights /= weights.sum()
        positive = terms > 0
        powers = ops.power(ops.where(positive, terms, 1.0), weights)  # at 0, their slope is infinite
        return 1.0 - ops.prod(ops.where(positive, powers, 0.0), axis=1)


def _either(one: Any, other: Any) -> Any:
    """1 - (1 - one) (1 - other), without the rounding of the ones."""
    return one + other - one * other
