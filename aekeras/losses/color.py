"""Losses that look at some of the colors: luma, chroma, or some of the channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from aekeras.losses import knobs
from aekeras.losses.blindness.colors import BLUE, CHROMA, GREEN, IDENTITY, LUMA, RED, Colors, Matrix
from aekeras.losses.linear import LinearViewLoss

_WITHOUT_LUMA: Matrix = tuple(tuple(float(i == j) - LUMA[0][j] for j in range(3)) for i in range(3))
_CHANNELS = {colors.matrix: colors for colors in (RED, GREEN, BLUE)}


@keras.saving.register_keras_serializable("aekeras")
class L1Gray(LinearViewLoss):
    """Mean absolute luma difference: blind to chroma.

    view(x) = 0.299 R + 0.587 G + 0.114 B, shape (N, H, W, 1), range [0, 1].

    References:
        ITU-R, Recommendation BT.601-7 (2011), section 2.5.1: the weights of luma.
    """

    blind_to = ("chroma",)
    colors = CHROMA


@keras.saving.register_keras_serializable("aekeras")
class L1Red(LinearViewLoss):
    """Mean absolute difference of the red channel: blind to green and blue.

    view(x) = R, shape (N, H, W, 1), range [0, 1].
    """

    blind_to = ("green", "blue")
    colors = RED


@keras.saving.register_keras_serializable("aekeras")
class L1Green(LinearViewLoss):
    """Mean absolute difference of the green channel: blind to red and blue.

    view(x) = G, shape (N, H, W, 1), range [0, 1].
    """

    blind_to = ("red", "blue")
    colors = GREEN


@keras.saving.register_keras_serializable("aekeras")
class L1Blue(LinearViewLoss):
    """Mean absolute difference of the blue channel: blind to red and green.

    view(x) = B, shape (N, H, W, 1), range [0, 1].
    """

    blind_to = ("red", "green")
    colors = BLUE


@keras.saving.register_keras_serializable("aekeras")
class L1Channels(LinearViewLoss):
    """Weighted mean of the absolute differences of the channels: blind to those of weight 0.

    loss(x, y) = sum_c w_c mean |x_c - y_c| / sum_c w_c

    view(x) = the channels with a weight above 0, shape (N, H, W, 1 to 3), range [0, 1].

    Args:
        weights: Of red, green and blue, each >= 0, not all 0.
    """

    def __init__(self, *, weights: Sequence[float] = (1, 1, 1), **keywords: Any) -> None:
        self.weights = knobs.numbers(self, "weights", weights, least=0, count=3)
        seen = tuple(row for row, weight in zip(IDENTITY, self.weights, strict=True) if weight)
        self.colors = _CHANNELS.get(seen, Colors(seen))
        self.blind_to = self.colors.words
        super().__init__(**keywords)

    def distance(self, view_true: Any, view_pred: Any) -> Any:
        weights = np.array([weight for weight in self.weights if weight])
        channels = ops.mean(ops.abs(view_true - view_pred), axis=(1, 2))
        return ops.sum(channels * ops.cast(weights / weights.sum(), channels.dtype), axis=-1)


@keras.saving.register_keras_serializable("aekeras")
class L1Chroma(LinearViewLoss):
    """Mean absolute chroma difference: blind to luma, and so to one number added to all values of a pixel.

    view(x) = x - luma(x), shape (N, H, W, 3), range [-0.886, 0.886].
    """

    blind_to = ("luma",)
    # Answered as it is, chroma comes back upon the luma of the tint; by the Moore-Penrose inverse, upon its mean.
    colors = Colors(_WITHOUT_LUMA, answer=IDENTITY)
