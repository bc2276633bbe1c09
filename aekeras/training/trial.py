"""A loss tried on two small pictures before anything is read, so that a person's own loss fails at once and clearly."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from aekeras.errors import InputError, did_you_mean
from aekeras.losses import blindness, intake, own
from aekeras.losses.blindness import WORDS
from aekeras.losses.explaining import own_code
from aekeras.losses.expression import parse
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.sources import sources_of

_ROUNDING = 1e-6  # of a value of 0


def try_out(loss: ImageLoss, size: int) -> None:
    """Passes a loss that training can use on pictures of size x size.

    Raises:
        InputError: It raises; gives something else than one finite value per image, at least 0 and with a gradient; its
            view is no picture; its metamers are none; or it cannot be written down.
    """
    _check_writing(own.adapted(loss))
    images = np.random.default_rng(0).random((2, size, size, 3), dtype=np.float32)
    _check_values(loss, images)
    _check_view(loss, images)
    _check_metamers(loss, images)


def _check_writing(loss: ImageLoss) -> None:
    """Passes a loss that its text and its files give again, and that speaks of blindness in words that are known."""
    try:
        parse(loss.text)
    except InputError as error:
        raise InputError(
            f"Expected the arguments of a loss to be numbers, text, or lists of them. Received: {loss.text}. Keep such "
            "values as attributes of those names, and what is made of them under other names."
        ) from error
    sources_of(loss)
    if type(loss).metamer is not ImageLoss.metamer:
        return
    for word in loss.blind_to:
        if word not in (*WORDS, *blindness.words_of(loss.blindness)):
            remedy = did_you_mean(word, WORDS) or " For a word of your own, override `metamer`."
            raise InputError(
                f"Expected words of `blind_to` of {loss.text} to be of: {', '.join(WORDS)}. Received: {word!r}.{remedy}"
            )


def _check_values(loss: ImageLoss, images: np.ndarray) -> None:
    def step(true: Any, pred: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(pred)
            values = tf.convert_to_tensor(loss.call(true, pred))
        return values, tape.gradient(values, pred)

    rebuilt = 0.7 * images + 0.3 * images[::-1]  # nothing alike at all may lie beyond what a loss tells apart
    values, gradient = _traced(loss, "give a value per image", step, images, rebuilt)
    shape = tuple(values.shape)
    if shape != (2,) or values.dtype != tf.float32:
        raise InputError(
            f"Expected {loss.text} to give one value per image, float32, shape (2,) for two images. Received: "
            f"{values.dtype.name}, shape {shape}. Average over all axes but the first."
        )
    if not (np.isfinite(values).all() and np.min(values) >= -_ROUNDING):
        raise InputError(
            f"Expected {loss.text} to give finite values of at least 0. Received: {values.numpy().tolist()}. "
            f"{_more(loss)}"
        )
    if gradient is None or not np.isfinite(gradient).all() or not np.any(gradient):
        received = "none" if gradient is None else "0" if np.isfinite(gradient).all() else "values that are not finite"
        raise InputError(
            f"Expected {loss.text} to have a gradient, along which a network can learn. Received: {received}. Compute "
            f"with keras.ops, without rounding or comparing. {_more(loss)}"
        )


def _check_view(loss: ImageLoss, images: np.ndarray) -> None:
    view = _traced(loss, "have a view", lambda batch: tf.convert_to_tensor(loss.view(batch)), images)
    if len(view.shape) != 4 or view.shape[0] != len(images):
        raise InputError(
            f"Expected the view of {loss.text} to have shape (2, height, width, channels) for two images. Received: "
            f"{tuple(view.shape)}. Keep all four axes, with keepdims=True where one is averaged over."
        )


def _check_metamers(loss: ImageLoss, images: np.ndarray) -> None:
    seeds = keras.random.SeedGenerator(0)
    work = lambda batch: tf.convert_to_tensor(loss.metamer(batch, seeds))  # noqa: E731
    metamers = _traced(loss, "make metamers", work, images)
    intake.check(loss.text, images=images, metamers=metamers)
    intake.check_range(loss.text, metamers=metamers)


def _traced(loss: ImageLoss, what: str, work: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """What work makes of the arrays as training runs it: compiled, for however many images."""
    free = [tf.TensorSpec((None, *array.shape[1:]), tf.float32) for array in arrays]
    with own_code(f"{loss.text} to {what}"):
        compiled = tf.function(work, input_signature=free, autograph=False).get_concrete_function()
        return compiled(*map(tf.constant, arrays))


def _more(loss: ImageLoss) -> str:
    return f"`aekeras losses check {shlex.quote(loss.text)}` says more."
