"""Losses that compare every pixel in every channel."""

from __future__ import annotations

import keras

from aekeras.losses.view_loss import ViewLoss


@keras.saving.register_keras_serializable("aekeras")
class L1(ViewLoss):
    """Mean absolute difference of the pixels: blind to nothing.

    view(x) = x, shape (N, H, W, 3), range [0, 1].
    """
