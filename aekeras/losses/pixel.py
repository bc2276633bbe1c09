"""Losses that compare every pixel in every channel."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from aekeras.losses import knobs
from aekeras.losses.view_loss import ViewLoss, mean_of_image

_TINY = 1e-14  # keeps the slope of a root finite at 0; moves a root by less than 1e-7


@keras.saving.register_keras_serializable("aekeras")
class L1(ViewLoss):
    """Mean absolute difference of the pixels: blind to nothing.

    view(x) = x, shape (N, H, W, 3), range [0, 1].
    """

    flip_invariant = True


@keras.saving.register_keras_serializable("aekeras")
class L2(ViewLoss):
    """Root mean square difference of the pixels: blind to nothing, and large errors weigh more than in `l1`.

    loss(x, y) = sqrt(m) with m = mean (x - y)^2, in units of pixel values. Its square is the mean squared error, `mse`.

    Computed as m / sqrt(m + 1e-14): exactly 0 for equal images, where the gradient is 0 too, and within 1e-7 of the
    formula elsewhere.

    view(x) = x, shape (N, H, W, 3), range [0, 1].
    """

    flip_invariant = True

    def distance(self, view_true: Any, view_pred: Any) -> Any:
        mean = mean_of_image(ops.square(view_true - view_pred))
        return mean / ops.sqrt(mean + _TINY)


@keras.saving.register_keras_serializable("aekeras")
class MSE(ViewLoss):
    """Mean squared difference of the pixels, as Keras has it: blind to nothing, and large errors weigh most.

    loss(x, y) = mean (x - y)^2

    No metric: from black to white is 1, but by way of gray twice 0.25. `l2`, its root, is one.

    view(x) = x, shape (N, H, W, 3), range [0, 1].
    """

    flip_invariant = True
    metric = False

    def distance(self, view_true: Any, view_pred: Any) -> Any:
        return mean_of_image(ops.square(view_true - view_pred))


@keras.saving.register_keras_serializable("aekeras")
class Charbonnier(ViewLoss):
    """Mean absolute difference of the pixels, made smooth: blind to nothing; what is far below epsilon weighs little.

    loss(x, y) = mean f(x - y) with f(d) = sqrt(d^2 + epsilon^2) - epsilon, between |d| - epsilon and |d|.

    No metric: f is strictly convex with f(0) = 0, so that f(2 d) > 2 f(d). A detour is shorter by epsilon at most.

    view(x) = x, shape (N, H, W, 3), range [0, 1].

    Args:
        epsilon: Where the loss turns from squared to absolute, in units of pixel values, at least 1e-6.

    References:
        Charbonnier, Blanc-Feraud, Aubert, Barlaud, "Two deterministic half-quadratic regularization algorithms for
        computed imaging", ICIP 1994, DOI 10.1109/ICIP.1994.413553.
    """

    flip_invariant = True
    metric = False

    def __init__(self, *, epsilon: float = 1e-3, **keywords: Any) -> None:
        self.epsilon = knobs.number(self, "epsilon", epsilon, least=knobs.TINY)
        super().__init__(**keywords)

    def distance(self, view_true: Any, view_pred: Any) -> Any:
        squares = ops.square(view_true - view_pred)
        # f(d) as a quotient: exactly 0 for equal pixels, and no difference of nearly equal numbers beside it.
        return mean_of_image(squares / (ops.sqrt(squares + self.epsilon**2) + self.epsilon))
