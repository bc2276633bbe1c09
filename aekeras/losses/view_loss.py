"""A loss as a distance over a view: the form that every built-in loss has."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import keras
from keras import ops

Seed: TypeAlias = "int | keras.random.SeedGenerator"


class ViewLoss(keras.losses.Loss):
    """Mean absolute difference of the views of two images.

    loss(x, y) = mean |view(x) - view(y)| over all pixels and channels of the view.

    Called as `loss(y_true, y_pred)` on images of shape (N, H, W, 3), float, RGB in [0, 1], it gives one value per
    image, shape (N,), >= 0. For the scalar that Keras's own losses give, pass `reduction="sum_over_batch_size"`.

    Attributes:
        blind_to: What the loss cannot see, such as "chroma" or "red".
        matrix: M of shape (C, 3): the view depends on each pixel x only through M x.
    """

    blind_to: ClassVar[tuple[str, ...]] = ()
    matrix: ClassVar[tuple[tuple[float, ...], ...]] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

    def __init__(self, name: str | None = None, reduction: str | None = "none", dtype: Any = None) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def view(self, images: Any) -> Any:
        """What the loss sees of images (N, H, W, 3): here, all of it."""
        return images

    def distance(self, view_true: Any, view_pred: Any) -> Any:
        """The distance of two views, shape (N,)."""
        difference = ops.abs(view_true - view_pred)
        return ops.mean(difference, axis=tuple(range(1, len(difference.shape))))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.distance(self.view(y_true), self.view(y_pred))

    def metamer(self, images: Any, seed: Seed) -> Any:
        """A random image in [0, 1] for each of images that the loss cannot tell from it: here, the image itself.

        Args:
            images: Float, shape (N, H, W, 3), in [0, 1].
            seed: An integer, for the same metamers every time, or a generator, for new ones.
        """
        del seed
        return images

    def representative(self, images: Any) -> Any:
        """One image for all that the loss counts as equal to the given ones: what is free becomes one even tint.

        May leave [0, 1]. Where the loss is blind to nothing, or has no closed form, the images themselves.
        """
        return images
