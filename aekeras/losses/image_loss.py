"""What every loss offers: a value per image, what it sees, what it is blind to, and its text."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import numpy as np

from aekeras.artefacts import safe_name
from aekeras.errors import InputError
from aekeras.losses import blindness as blindnesses
from aekeras.losses import intake
from aekeras.losses.blindness import Blindness, OwnMetamers, Seed
from aekeras.losses.blindness.colors import IDENTITY, Matrix
from aekeras.losses.expression import Call, Node
from aekeras.losses.reference import as_written, reference_of
from aekeras.losses.registration import OWN, register_own

_OF_KERAS = (
    "name",
    "reduction",
    "dtype",
)  # arguments of every Keras loss, which are no part of what it counts as equal


class ImageLoss(keras.losses.Loss):
    """A loss on images: says when two of them are equal.

    Called as `loss(y_true, y_pred)` on images of shape (N, H, W, 3), float, RGB, `y_true` in [0, 1], it gives one value
    per image, shape (N,), >= 0, and 0 for equal images. For the scalar that Keras's own losses give, pass
    `reduction="sum_over_batch_size"`.

    Losses add up: `0.7 * a + 0.3 * b` is a loss. Two losses are equal when their configurations are.

    The constructor's keyword arguments are the loss's knobs; each is kept as an attribute of the same name.

    Attributes:
        blind_to: What the loss cannot see, in words, such as "chroma" or "position".
        symmetric: Whether loss(x, y) = loss(y, x).
        metric: Whether a detour is never shorter: loss(x, z) <= loss(x, y) + loss(y, z).
        exact: Whether two pictures are judged as they are; else slightly smoothed, too, so that copies stay equal.
        flip_invariant: Whether mirroring both images surely changes nothing: loss(flip x, flip y) = loss(x, y). Then
            `mirror` needs half the work.
    """

    blind_to: tuple[str, ...] = ()
    symmetric: bool = True
    metric: bool = True
    exact: bool = False
    flip_invariant: bool = False

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if isinstance(cls.blind_to, str):  # a word alone, whose letters are no words
            cls.blind_to = (cls.blind_to,)
        if not cls.__module__.startswith("aekeras."):
            register_own(cls, keras)

    def __init__(self, name: str | None = None, reduction: str | None = "none", dtype: Any = None) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self._name = name

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        intake.check(self.text, y_true=y_true, y_pred=y_pred)
        intake.check_range(self.text, y_true=y_true)  # and not y_pred: a network may overshoot
        # Keras would take a list for a structure of many outputs.
        true, pred = (np.asarray(one) if isinstance(one, list | tuple) else one for one in (y_true, y_pred))
        try:
            return super().__call__(true, pred, sample_weight=sample_weight)
        except TypeError:  # of a height of None, which not every loss can do with
            intake.check_size(self.text, y_true=true, y_pred=pred)
            raise

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.compare(self.prepare(y_true), self.prepare(y_pred))

    def prepare(self, images: Any) -> Any:
        """All that `compare` needs of images and that depends on each image alone: a tensor or a structure of them.

        Where many pairs are compared, this is computed once per image.
        """
        return images

    def compare(self, true: Any, pred: Any) -> Any:
        """The loss of each pair of images, given what `prepare` made of them, shape (N,)."""
        if type(self).call is ImageLoss.call:
            raise NotImplementedError(f"Expected {type(self).__name__} to override `compare`.")
        return self.call(true, pred)  # written as losses of Keras are

    def view(self, images: Any) -> Any:
        """What the loss sees of images (N, H, W, 3), as a picture, shape (N, h, w, c): here, all of it."""
        return images

    @property
    def has_view(self) -> bool:
        """Whether `view` shows what is seen, and no more: where it is not written down, only if nothing is unseen."""
        return type(self).view is not ImageLoss.view or not self.blind_to

    def readings(self, images: Any) -> list[Any]:
        """Maps (N, h, w, c) of what the loss sees, which an encoder reads.

        None, the default, leaves the encoder to read each pixel's color, as far as the loss is not blind to it.
        """
        del images
        return []

    @property
    def blindness(self) -> tuple[Blindness, ...]:
        """What the loss cannot see, as random changes that it does not notice: see `aekeras.losses.blindness`."""
        known = blindnesses.of_words(self.blind_to)
        if type(self).metamer is ImageLoss.metamer:
            return known
        return (*known, OwnMetamers(self, tuple(word for word in self.blind_to if word not in blindnesses.WORDS)))

    @property
    def matrix(self) -> Matrix:
        """M, shape (C, 3): the loss depends on each pixel x only through M x."""
        colors = blindnesses.colors_of(self.blindness)
        return colors.matrix if colors else IDENTITY

    def metamer(self, images: Any, seed: Seed) -> Any:
        """A random image in [0, 1] for each of images that the loss cannot tell from it; itself where it sees all.

        Args:
            images: Float, shape (N, H, W, 3), in [0, 1].
            seed: An integer, for the same metamers every time, or a generator, for new ones.
        """
        intake.check(self.text, images=images)
        intake.check_range(self.text, images=images)
        return blindnesses.change(self.blindness, keras.ops.convert_to_tensor(images, "float32"), seed)

    def representative(self, images: Any) -> Any:
        """Images with one even tint for all colors that the loss cannot see; they may leave [0, 1]."""
        colors = blindnesses.colors_of(self.blindness)
        return colors.representative(images) if colors else images

    def files(self) -> tuple[str, ...]:
        """Files that the loss is made of, beside its code."""
        return ()

    def terms(self) -> tuple[tuple[float, ImageLoss], ...]:
        """The losses of which this one is the weighted sum."""
        return ((1.0, self),)

    @property
    def expression(self) -> Node:
        """What the loss is, as `aekeras.losses.get` reads it."""
        return Call(reference_of(type(self)), arguments=tuple(sorted(self.changed_knobs().items())))

    @property
    def text(self) -> str:
        """The canonical text: equal for equal configurations, and read by `aekeras.losses.get`."""
        return str(self.expression)

    @property
    def name(self) -> str:
        """The name for Keras's logs: as given, or the text, without what Keras does not allow in a name."""
        return self._name or safe_name(self.text).lstrip("_")

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name

    def knobs(self) -> dict[str, Any]:
        """What the loss was given for each of them."""
        missing = [name for name in knobs_of(type(self)) if not hasattr(self, name)]
        if missing:
            raise InputError(
                f"Expected {type(self).__name__} to keep its argument `{missing[0]}` as an attribute of that name. "
                f"Found none. Write `self.{missing[0]} = {missing[0]}` in its constructor."
            )
        return {name: getattr(self, name) for name in knobs_of(type(self))}

    def get_config(self) -> dict[str, Any]:
        config = super().get_config() | self.knobs()
        if keras.saving.get_registered_name(type(self)) != OWN:
            return config
        from aekeras.losses.sources import sources_of  # which loads losses

        return config | {"expression": self.text, "sources": sources_of(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ImageLoss:
        loss = cls(**{name: value for name, value in config.items() if name in knobs_of(cls)})
        loss.name, loss.reduction = config.get("name"), config.get("reduction", "none")
        return loss

    def changed_knobs(self) -> dict[str, Any]:
        """Those of the knobs that are not at their defaults, as an expression holds them."""
        defaults = {name: (value, as_written(value, value)) for name, value in knobs_of(type(self)).items()}
        values = {name: as_written(value, defaults[name][0]) for name, value in self.knobs().items()}
        return {name: value for name, value in values.items() if value != defaults[name][1]}

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(self) is type(other) and (self.text, self.reduction) == (other.text, other.reduction)

    def __hash__(self) -> int:
        return hash((type(self), self.text))

    def __repr__(self) -> str:
        return f"<loss {self.text}>"

    def __add__(self, other: Any) -> ImageLoss:
        if isinstance(other, int) and other == 0:  # with which the built-in `sum` begins
            return self
        return _weighted_sum([*self.terms(), *other.terms()]) if isinstance(other, ImageLoss) else NotImplemented

    __radd__ = __add__

    def __mul__(self, weight: float) -> ImageLoss:
        if isinstance(weight, bool) or not isinstance(weight, int | float):
            return NotImplemented
        return _weighted_sum([(weight * own, term) for own, term in self.terms()])

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> ImageLoss:
        if isinstance(divisor, bool) or not isinstance(divisor, int | float):
            return NotImplemented
        if divisor == 0:
            raise InputError(
                f"Expected a number other than 0 to divide {self.text} by. Received: 0. Leave the division out."
            )
        return _weighted_sum([(own / divisor, term) for own, term in self.terms()])


def _weighted_sum(terms: list[tuple[float, ImageLoss]]) -> ImageLoss:
    from aekeras.losses.composite import weighted_sum  # which is made of losses

    return weighted_sum(terms)


def knobs_of(kind: type) -> dict[str, Any]:
    """The arguments of a class of losses with their defaults, but for those of every Keras loss."""
    parameters = inspect.signature(kind).parameters.values()
    named = (p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
    return {p.name: p.default for p in named if p.name not in _OF_KERAS}
