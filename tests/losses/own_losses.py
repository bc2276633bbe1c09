"""Losses as a person may write them: some good, the others each wrong in one way. The tests copy this file."""

import sys

import keras
import numpy as np
from keras import ops

from aekeras.losses import ImageLoss, ViewLoss


def mean(values):
    return ops.mean(values, axis=tuple(range(1, len(values.shape))))


def gray(images):
    return ops.mean(images, axis=-1, keepdims=True)


class Good(ViewLoss):
    """A knob kept as it is."""

    def __init__(self, *, power=1.0, **keywords):
        self.power = power
        super().__init__(**keywords)

    def view(self, images):
        return ops.maximum(images, 0.0) ** self.power


def good(y_true, y_pred):
    """A plain function."""
    return ops.mean(ops.abs(y_true - y_pred), axis=(1, 2, 3))


class GoodOfKeras(keras.losses.Loss):
    """A loss of Keras, with a value per row and column."""

    def call(self, y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred), axis=-1)


class OwnWord(ViewLoss):
    """A word that aekeras does not know, with metamers of its own."""

    blind_to = ("upside down",)

    def view(self, images):
        return ops.mean(images, axis=1, keepdims=True)

    def metamer(self, images, seed):  # noqa: ARG002
        return ops.flip(ops.convert_to_tensor(images), axis=1)


class Scalar(ViewLoss):
    def distance(self, a, b):
        return ops.mean(ops.abs(a - b))


def scalar(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred))


class PerPixel(ViewLoss):
    def distance(self, a, b):
        return ops.mean(ops.abs(a - b), axis=-1)


class Raises(ViewLoss):
    def view(self, images):
        return images * (1 / 0)


class NotANumber(ViewLoss):
    def view(self, images):
        return ops.log(images)


class Offset(ViewLoss):
    def distance(self, a, b):
        return mean(ops.abs(a - b)) + 0.013


class Negative(ViewLoss):
    metric = False

    def distance(self, a, b):
        return -mean(ops.abs(a - b))


class Asymmetric(ViewLoss):
    metric = False

    def distance(self, a, b):
        return mean((0.1 + a) * ops.abs(a - b))


class DeclaredAsymmetric(Asymmetric):
    symmetric = False


class NoMetric(ViewLoss):
    def distance(self, a, b):
        return mean(ops.square(a - b))


class DeclaredNoMetric(NoMetric):
    metric = False


class OfBatch(ViewLoss):
    """Each value depends on all."""

    def distance(self, a, b):
        values = mean(ops.abs(a - b))
        return values * (1 + ops.mean(values))


class ByFormat(ViewLoss):
    """More for float64."""

    def __call__(self, y_true, y_pred, sample_weight=None):  # noqa: ARG002
        return (1.1 if y_true.dtype == "float64" else 1.0) * super().__call__(y_true, y_pred)


class CountsTheBatch(ViewLoss):
    """Needs to know how many images there are."""

    def distance(self, a, b):
        return ops.stack([ops.mean(ops.abs(a[i] - b[i])) for i in range(a.shape[0])])


class OfNumPy(ViewLoss):
    def distance(self, a, b):
        return ops.convert_to_tensor(np.abs(np.asarray(a) - np.asarray(b)).mean(axis=(1, 2, 3)))


class OfEvenSides(ViewLoss):
    """Of pictures whose sides are odd, the border on the right is another one than that on the left."""

    blind_to = ("detail",)
    flip_invariant = True

    def view(self, images):
        return ops.average_pool(images, 2, padding="same")


class ViewWithoutChannels(ViewLoss):
    def view(self, images):
        return ops.mean(images, axis=-1)


class ViewOfNoNumbers(ImageLoss):
    def view(self, images):
        return ops.log(images)

    def compare(self, true, pred):
        return mean(ops.abs(true - pred))


class Root(ViewLoss):
    def distance(self, a, b):
        return ops.sqrt(mean(ops.square(a - b)))


class Rounds(ViewLoss):
    def view(self, images):
        return ops.round(8 * images)


class Flat(ViewLoss):
    """A slope, which is 0."""

    def view(self, images):
        return ops.where(images > 0.5, 1.0, 0.0) + 0.0 * images


class FalselyBlindToChroma(ViewLoss):
    blind_to = ("chroma",)


class FalselyBlindToFlip(ViewLoss):
    blind_to = ("flip",)


class Unsaid(ViewLoss):
    def view(self, images):
        return images - gray(images)


class UnsaidOrder(ViewLoss):
    def view(self, images):
        return ops.mean(images, axis=(1, 2), keepdims=True)


class GrayOnly(ViewLoss):
    blind_to = ("chroma",)

    def view(self, images):
        return 0.299 * images[..., :1] + 0.587 * images[..., 1:2] + 0.114 * images[..., 2:]


class MetamerOutside(GrayOnly):
    def metamer(self, images, seed):  # noqa: ARG002
        return images + 5 * ops.convert_to_tensor([0.587, -0.299, 0.0])


class MetamerTheSame(GrayOnly):
    def metamer(self, images, seed):  # noqa: ARG002
        return images


class MetamerOfAnotherShape(GrayOnly):
    def metamer(self, images, seed):  # noqa: ARG002
        return images[:1]


class UnknownWord(ViewLoss):
    blind_to = ("fur",)


class SaysLessThanItsBlindness(GrayOnly):
    """`blind_to` has less than `blindness`."""

    blind_to = ()
    blindness = GrayOnly(name="gray").blindness


class Forgotten(ViewLoss):
    """Does not keep its knob."""

    def __init__(self, *, size=3, **keywords):  # noqa: ARG002
        super().__init__(**keywords)


class Doubled(ViewLoss):
    """Keeps another value than it was given."""

    def __init__(self, *, size=3, **keywords):
        self.size = 2 * size
        super().__init__(**keywords)

    def distance(self, a, b):
        return self.size * mean(ops.abs(a - b))


class ElsewhereOtherwise(ViewLoss):
    """Depends on the process."""

    def distance(self, a, b):
        return (2 if "pytest" in sys.modules else 1) * mean(ops.abs(a - b))


class TwoFormulas(ViewLoss):
    """Says one thing as a loss of Keras, and another one to training."""

    def call(self, y_true, y_pred):
        return 2 * mean(ops.abs(y_true - y_pred))
