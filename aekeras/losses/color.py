"""Losses that look at one color coordinate: luma, or a single channel."""

from __future__ import annotations

import keras

from aekeras.losses.linear import LinearViewLoss


@keras.saving.register_keras_serializable("aekeras")
class L1Gray(LinearViewLoss):
    """Mean absolute luma difference: blind to chroma.

    view(x) = 0.299 R + 0.587 G + 0.114 B, shape (N, H, W, 1), range [0, 1].

    References:
        ITU-R, Recommendation BT.601-7 (2011), section 2.5.1: the weights of luma.
    """

    blind_to = ("chroma",)
    matrix = ((0.299, 0.587, 0.114),)
    answer = ((1.0,), (1.0,), (1.0,))
    tint = (0.56, 0.41, 0.73)


@keras.saving.register_keras_serializable("aekeras")
class L1Red(LinearViewLoss):
    """Mean absolute difference of the red channel: blind to green and blue.

    view(x) = R, shape (N, H, W, 1), range [0, 1].
    """

    blind_to = ("green", "blue")
    matrix = ((1.0, 0.0, 0.0),)
    tint = (0.5, 0.25, 0.25)


@keras.saving.register_keras_serializable("aekeras")
class L1Green(LinearViewLoss):
    """Mean absolute difference of the green channel: blind to red and blue.

    view(x) = G, shape (N, H, W, 1), range [0, 1].
    """

    blind_to = ("red", "blue")
    matrix = ((0.0, 1.0, 0.0),)
    tint = (0.25, 0.5, 0.25)


@keras.saving.register_keras_serializable("aekeras")
class L1Blue(LinearViewLoss):
    """Mean absolute difference of the blue channel: blind to red and green.

    view(x) = B, shape (N, H, W, 1), range [0, 1].
    """

    blind_to = ("red", "green")
    matrix = ((0.0, 0.0, 1.0),)
    tint = (0.2, 0.2, 0.5)
