"""A loss as a distance over a view: the form that most losses have."""

from __future__ import annotations

from typing import Any

from keras import ops

from aekeras.losses.image_loss import ImageLoss


class ViewLoss(ImageLoss):
    """Mean absolute difference of the views of two images.

    loss(x, y) = mean |view(x) - view(y)| over all pixels and channels of the view.

    A loss of one's own overrides `view`, and `distance` where it is another one.
    """

    def prepare(self, images: Any) -> Any:
        return self.view(images)

    def compare(self, true: Any, pred: Any) -> Any:
        return self.distance(true, pred)

    def readings(self, images: Any) -> list[Any]:
        """The view, where it is another picture than the image itself: what is compared is what codes are made of."""
        return [] if type(self).view is ImageLoss.view else [self.view(images)]

    def distance(self, view_true: Any, view_pred: Any) -> Any:
        """The distance of two views, shape (N,)."""
        return mean_of_image(ops.abs(view_true - view_pred))


def mean_of_image(values: Any) -> Any:
    """The mean over all axes but the batch, (N, ...) -> (N,)."""
    return ops.mean(values, axis=tuple(range(1, len(values.shape))))
