"""Losses that compare every pixel in every channel."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from aekeras.losses import knobs
from aekeras.losses.view_loss import ViewLoss, mean_of_image

_BLOCK = 4  # pixels per side of the smallest block of which an encoder reads the extremes
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


@keras.saving.register_keras_serializable("aekeras")
class L1Max(ViewLoss):
    """Largest difference of any channel of any pixel: blind to nothing, and a tolerance, since nothing averages out.

    loss(x, y) = max |x - y|, the Chebyshev distance, in units of pixel values: 10/255 where no channel of no pixel of
    two 8-bit pictures differs by more than 10. Exact: the difference of float32 itself, rounded once.

    The slope of a maximum reaches one number of a picture, and a network that follows it hardly learns. In its place,
    the gradient is that of the norm (sum |x - y|^p)^(1/p), p the sharpness, which is never below the maximum and nears
    it as p grows: every pixel has a share, the worst ones the most, however far they are off.

    view(x) = x, shape (N, H, W, 3), range [0, 1].

    Args:
        sharpness: p, at least 1; the gradient of 1 is that of a sum, and a large one reaches few pixels. It leaves the
            values as they are.

    References:
        Deza, M. M., Deza, E.: Encyclopedia of Distances. Springer, 2009, DOI 10.1007/978-3-642-00234-2.
    """

    exact = True
    flip_invariant = True

    def __init__(self, *, sharpness: float = 8.0, **keywords: Any) -> None:
        self.sharpness = knobs.number(self, "sharpness", sharpness, least=1)
        super().__init__(**keywords)

    def distance(self, view_true: Any, view_pred: Any) -> Any:
        differences = ops.abs(view_true - view_pred)
        return _largest(ops.reshape(differences, (ops.shape(differences)[0], -1)), self.sharpness)

    def readings(self, images: Any) -> list[Any]:
        """The largest and the smallest value of each channel in blocks of 4 x 4 pixels, 8 x 8, ..., and of the whole.

        The loss is never below the difference of any of them: |max x - max y| <= max |x - y|.
        """
        maps = [ops.max_pool(ops.concatenate([images, -images], axis=-1), _BLOCK, _BLOCK, padding="same")]
        while max(maps[-1].shape[1:3]) > 1:
            maps.append(ops.max_pool(maps[-1], 2, 2, padding="same"))
        return maps


def _largest(values: Any, sharpness: float) -> Any:
    """The largest of each row of values >= 0, (N, P) -> (N,), with the gradient of (sum v^p)^(1/p), p the sharpness."""

    @ops.custom_gradient
    def largest(values: Any) -> tuple[Any, Any]:
        top = ops.max(values, axis=1, keepdims=True)

        def gradient(*inputs: Any, upstream: Any = None) -> Any:
            upstream = inputs[0] if upstream is None else upstream  # torch names it, and gives the values before
            parts = values / ops.where(top > 0, top, 1.0)  # whose powers neither overflow nor vanish
            powers = parts ** (sharpness - 1)
            total = ops.maximum(ops.sum(parts * powers, axis=1, keepdims=True), 1.0)
            return upstream[:, None] * powers * total ** (1 / sharpness - 1)

        return top[:, 0], gradient

    return largest(values)
