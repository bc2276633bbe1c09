"""Losses made of losses: weighted sums, and the wrappers `mirror` and `center`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from aekeras.errors import InputError
from aekeras.losses import blindness as blindnesses
from aekeras.losses import expression, knobs
from aekeras.losses.blindness import Blindness, Border, Colors, Flip
from aekeras.losses.catalogue import position
from aekeras.losses.construction import deserialize, serialize
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.reference import reference_of


def weighted_sum(terms: Iterable[tuple[float, ImageLoss]]) -> ImageLoss:
    """The sum in its canonical form: equal terms are one, in the order of the catalogue; a single whole one is itself.

    Raises:
        InputError: A weight that is not above 0 and finite.
    """
    flat = [(weight * own, term) for weight, loss in terms for own, term in loss.terms()]
    by_text = {term.text: term for _, term in flat}
    node = _ordered(expression.weighted_sum((weight, term.expression) for weight, term in flat))
    if not isinstance(node, expression.Sum):
        return by_text[str(node)]
    reductions = {term.reduction for _, term in flat}
    return Sum(
        [by_text[str(term)] for _, term in node.terms],
        [weight for weight, _ in node.terms],
        reduction=reductions.pop() if len(reductions) == 1 else "none",
    )


@keras.saving.register_keras_serializable("aekeras")
class Sum(ImageLoss):
    """The weighted sum of losses: sees what one of them sees, and is blind to what all of them are blind to.

    loss(x, y) = sum_i w_i loss_i(x, y)

    Args:
        losses: The terms.
        weights: One per term, > 0.
    """

    def __init__(self, losses: Sequence[ImageLoss], weights: Sequence[float], **keywords: Any) -> None:
        if not losses or len(losses) != len(weights) or not all(isinstance(loss, ImageLoss) for loss in losses):
            raise InputError(
                f"Expected losses, and a weight for each of them. Received: {losses!r} and {weights!r}. "
                "Add losses up: 0.7 * a + 0.3 * b."
            )
        self.losses, self.weights = tuple(losses), tuple(float(weight) for weight in weights)
        super().__init__(**keywords)
        self.symmetric = all(loss.symmetric for loss in losses)
        self.metric = all(loss.metric for loss in losses)
        self.flip_invariant = all(loss.flip_invariant for loss in losses)
        self.exact = any(loss.exact for loss in losses)
        self.blind_to = blindnesses.words_of(self.blindness)

    def terms(self) -> tuple[tuple[float, ImageLoss], ...]:
        return tuple(zip(self.weights, self.losses, strict=True))

    @property
    def blindness(self) -> tuple[Blindness, ...]:
        return blindnesses.common(loss.blindness for loss in self.losses)

    @property
    def expression(self) -> expression.Node:
        return _ordered(expression.weighted_sum((weight, loss.expression) for weight, loss in self.terms()))

    def files(self) -> tuple[str, ...]:
        return tuple(file for loss in self.losses for file in loss.files())

    def prepare(self, images: Any) -> Any:
        return [loss.prepare(images) for loss in self.losses]

    def compare(self, true: Any, pred: Any) -> Any:
        values = (loss.compare(t, p) for loss, t, p in zip(self.losses, true, pred, strict=True))
        return sum(weight * value for weight, value in zip(self.weights, values, strict=True))

    def view(self, images: Any) -> Any:
        """The views of the terms side by side, as high as the highest."""
        views = [loss.view(images) for loss in self.losses]
        height, channels = (max(view.shape[axis] for view in views) for axis in (1, 3))
        return ops.concatenate([_as_high(view, height, channels) for view in views], axis=2)

    def readings(self, images: Any) -> list[Any]:
        """Those of the terms, and the colors that the terms without readings see."""
        readings = [loss.readings(images) for loss in self.losses]
        if not any(readings):
            return []
        colors = {loss.matrix for loss, maps in zip(self.losses, readings, strict=True) if not maps}
        maps = [reading for maps in readings for reading in maps]
        return maps + [Colors(matrix).project(images) for matrix in sorted(colors)]

    def get_config(self) -> dict[str, Any]:
        config = super(ImageLoss, self).get_config()
        return config | {"losses": [serialize(loss) for loss in self.losses], "weights": list(self.weights)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Sum:
        return cls(**config | {"losses": [deserialize(loss) for loss in config["losses"]]})


class _Wrapper(ImageLoss):
    """What `mirror` and `center` have in common: one loss inside."""

    def __init__(self, loss: ImageLoss, **keywords: Any) -> None:
        if not isinstance(loss, ImageLoss):
            raise InputError(
                f"Expected a loss inside {type(self).__name__}. Received: {loss!r}. Give one, as `losses.get` does."
            )
        self.loss = loss
        super().__init__(**keywords)
        self.symmetric, self.metric, self.flip_invariant = loss.symmetric, loss.metric, loss.flip_invariant
        self.exact = loss.exact
        self.blind_to = blindnesses.words_of(self.blindness)

    @property
    def expression(self) -> expression.Node:
        arguments = tuple((name, value) for name, value in self.changed_knobs().items() if name != "loss")
        return expression.Call(reference_of(type(self)), (self.loss.expression,), arguments)

    def files(self) -> tuple[str, ...]:
        return self.loss.files()

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"loss": serialize(self.loss)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> _Wrapper:
        return cls(**config | {"loss": deserialize(config["loss"])})


@keras.saving.register_keras_serializable("aekeras")
class Mirror(_Wrapper):
    """Blind to which way a picture looks: an image counts as equal to its mirror image.

    mirror(loss)(x, y) = min(loss(x, y), loss(x, flip y)), with flip exchanging left and right. Of a loss that is not
    `flip_invariant`, the mean with that of both images mirrored takes its place.

    view(x) = the view of the loss inside.

    Args:
        loss: The loss inside.
    """

    def __init__(self, loss: ImageLoss, **keywords: Any) -> None:
        super().__init__(loss, **keywords)
        self.flip_invariant = True

    @property
    def blindness(self) -> tuple[Blindness, ...]:
        return (*self.loss.blindness, Flip())

    def prepare(self, images: Any) -> Any:
        return [self.loss.prepare(images), self.loss.prepare(_flipped(images))]

    def compare(self, true: Any, pred: Any) -> Any:
        return ops.minimum(self._compare(true, pred), self._compare(true, pred[::-1]))

    def _compare(self, true: Any, pred: Any) -> Any:
        """The loss inside, of images and of their mirror images."""
        value = self.loss.compare(true[0], pred[0])
        return value if self.loss.flip_invariant else 0.5 * (value + self.loss.compare(true[1], pred[1]))

    def view(self, images: Any) -> Any:
        return self.loss.view(images)

    def readings(self, images: Any) -> list[Any]:
        """Sums and absolute differences of what is read of an image and of its mirror image: alike for the two."""
        maps, flipped = self._read(images), self._read(_flipped(images))
        pairs = zip(maps, flipped, strict=True)
        return [ops.concatenate([one + other, ops.abs(one - other)], axis=-1) for one, other in pairs]

    def _read(self, images: Any) -> list[Any]:
        return self.loss.readings(images) or [Colors(self.loss.matrix).project(images)]


@keras.saving.register_keras_serializable("aekeras")
class Center(_Wrapper):
    """Blind to the border: the middle of a picture counts most, and what lies outside `size` not at all.

    center(loss)(x, y) = loss(w x + (1 - w) / 2, w y + (1 - w) / 2), with w = h(u) h(v), h(u) = cos^2(pi u / 2 size) for
    |u| < size and 0 outside, where u and v run from -1 to 1 over the width and the height.

    view(x) = the view of the loss inside, of the picture that fades to gray.

    Args:
        loss: The loss inside.
        size: Share of the height and of the width that is seen, from 1e-6 to 1.
    """

    def __init__(self, loss: ImageLoss, size: float = 0.9, **keywords: Any) -> None:
        self.size = knobs.number(self, "size", size, least=knobs.TINY, most=1)
        super().__init__(loss, **keywords)

    @property
    def blindness(self) -> tuple[Blindness, ...]:
        """Of what the loss inside is blind to, that which fading commutes with; and the border."""
        kept = [one for one in self.loss.blindness if one.kept_by_fading]
        borders = [one for one in self.loss.blindness if isinstance(one, Border)]
        return (*kept, min([*borders, Border(self.size)], key=lambda border: border.size))

    def prepare(self, images: Any) -> Any:
        return self.loss.prepare(self.fade(images))

    def compare(self, true: Any, pred: Any) -> Any:
        return self.loss.compare(true, pred)

    def view(self, images: Any) -> Any:
        return self.loss.view(self.fade(images))

    def readings(self, images: Any) -> list[Any]:
        faded = self.fade(images)
        return self.loss.readings(faded) or [Colors(self.loss.matrix).project(faded)]

    def fade(self, images: Any) -> Any:
        """The images, fading to gray towards the border."""
        window = ops.cast(
            self._fall(images.shape[1])[:, None, None] * self._fall(images.shape[2])[:, None], images.dtype
        )
        return window * images + (0.5 - 0.5 * window)

    def _fall(self, count: int) -> np.ndarray:
        places = np.minimum(np.abs((2 * np.arange(count) + 1) / count - 1) / self.size, 1.0)
        return np.cos(0.5 * np.pi * places) ** 2


def _flipped(images: Any) -> Any:
    return ops.flip(images, axis=2)


def _as_high(view: Any, height: int, channels: int) -> Any:
    """The view at this height, and with this many channels: one as gray, others with channels of 0."""
    if view.shape[1] != height:
        view = ops.image.resize(view, (height, max(1, round(view.shape[2] * height / view.shape[1]))))
    if view.shape[3] == 1:
        return ops.repeat(view, channels, axis=3)
    return ops.pad(view, ((0, 0), (0, 0), (0, 0), (0, channels - view.shape[3])))


def _ordered(node: expression.Node) -> expression.Node:
    """The terms of every sum in the order of the catalogue."""
    return expression.ordered(node, lambda term: position(str(term)))
