"""Pictures changed, by gradient descent on their pixels, until a loss takes them for a given one."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from aekeras.errors import InputError
from aekeras.losses.explaining import own_code
from aekeras.stderr import held_back

if TYPE_CHECKING:
    from aekeras.losses import ImageLoss

_STEPS = 500
_SECONDS = 60.0
_PATIENCE = 6.0  # seconds after which steps that are slow are made fewer
_RATES = 0.05, 0.0002  # of the first and of the last step, in the range of pixels
_BETAS = 0.9, 0.99
_DEAD = 1e-3  # share of a picture's largest gradient below which a pixel hardly moves, lest rounding move it
_BEYOND = 0.01  # of the goal: descent goes on, so that what still differs is what the loss does not see
_BETWEEN = 10  # steps from one look at the values to the next
_BLUR = 1 / 12  # standard deviation of the blur, in lengths of the picture


def starts(original: np.ndarray, others: np.ndarray, count: int, seed: int) -> tuple[list[str], np.ndarray]:
    """What pictures to begin with are, and the pictures: kind after kind, each time drawn anew.

    Args:
        original: float32, shape (S, S, 3), in [0, 1].
        others: Unrelated pictures, shape (N, S, S, 3).
        count: How many.
        seed: Of what is random.
    """
    rng = np.random.default_rng(seed)
    kinds: dict[str, Callable[[], np.ndarray]] = {
        "a sample": lambda: others[rng.integers(len(others))],
        "its negative": lambda: 1.0 - original,
        "noise": lambda: rng.uniform(size=original.shape),
        "shuffled pixels": lambda: rng.permutation(original.reshape(-1, 3)).reshape(original.shape),
        "other colors": lambda: _recolored(original, int(rng.integers(2**31))),
        "a blur": lambda: _blurred(original),
    }
    names = list(islice(cycle(kinds), count))
    return names, np.stack([kinds[name]() for name in names]).astype(np.float32)


def descend(loss: ImageLoss, original: np.ndarray, begun: np.ndarray, goal: float) -> np.ndarray:
    """Pictures to which the loss from the original is as small as 500 steps, or a minute, make it.

    Args:
        loss: Any loss that has a gradient.
        original: float32, shape (S, S, 3), in [0, 1].
        begun: The pictures to begin with, shape (N, S, S, 3).
        goal: Values of the loss that count as equal; descent ends at a hundredth of it.

    Returns:
        float32, shape (N, S, S, 3), in [0, 1].

    Raises:
        InputError: The loss cannot be computed, has no gradient, or one that is nowhere finite.

    References:
        Kingma, Ba, "Adam: a method for stochastic optimization", 2015, arXiv:1412.6980.
    """
    with held_back():
        import tensorflow as tf

    with own_code(f"{loss.text} to have a gradient"):
        gradients = _gradients(tf, loss, np.broadcast_to(original, begun.shape))
        pictures, moments = begun, (np.zeros_like(begun), np.zeros_like(begun))
        started, done = time.monotonic(), 0.0
        for step in range(1, _STEPS + 1):
            values, slopes = gradients(tf.constant(pictures))
            if done >= 1.0 or (step % _BETWEEN == 0 and np.max(values) <= _BEYOND * goal):
                break
            move, moments = _adam(_even(loss, slopes.numpy()), moments, step)
            rate = _RATES[0] * (_RATES[1] / _RATES[0]) ** done
            pictures = np.clip(pictures - rate * move, 0.0, 1.0).astype(np.float32)
            elapsed = time.monotonic() - started
            # The clock has no say where steps are fast, or a busy machine would change what a seed gives.
            done = max(step / _STEPS, elapsed / _SECONDS if elapsed > _PATIENCE else 0.0)
    return pictures


def _gradients(tf: Any, loss: ImageLoss, originals: np.ndarray) -> Callable[[Any], Any]:
    """Values of the loss, shape (N,), and their gradients by the pictures."""
    true = tf.constant(originals)

    def run(pictures: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            values = loss(true, pictures)
        slopes = tape.gradient(values, pictures)
        if slopes is None:
            raise InputError(
                f"Expected a gradient of {loss.text}. Received: none. Write the loss with keras.ops, not NumPy."
            )
        return values, slopes

    return tf.function(run, autograph=False)


def _even(loss: ImageLoss, slopes: np.ndarray) -> np.ndarray:
    """Gradients with a largest component of 1 in each picture; parts that are not finite, as of a root of 0, are 0.

    Raises:
        InputError: None of a picture's is finite.
    """
    finite = np.isfinite(slopes)
    if not finite.any(axis=(1, 2, 3)).all():
        raise InputError(
            f"Expected a finite gradient of {loss.text}. Received: none. Mend the loss; `aekeras losses check` says "
            "more."
        )
    slopes = np.where(finite, slopes, 0.0)
    return slopes / np.maximum(np.abs(slopes).max(axis=(1, 2, 3), keepdims=True), np.finfo(np.float32).tiny)


def _adam(slopes: np.ndarray, moments: tuple[np.ndarray, np.ndarray], step: int) -> tuple[np.ndarray, Any]:
    """The direction of Adam's step, and the running means of the gradient and of its square."""
    first, second = (
        beta * moment + (1 - beta) * power
        for beta, moment, power in zip(_BETAS, moments, (slopes, np.square(slopes)), strict=True)
    )
    means = (moment / (1 - beta**step) for beta, moment in zip(_BETAS, (first, second), strict=True))
    mean, square = means
    return mean / (np.sqrt(square) + _DEAD), (first, second)


def _recolored(original: np.ndarray, seed: int) -> np.ndarray:
    """The picture in other colors of the same luma."""
    with held_back():
        from aekeras.losses.blindness import change
        from aekeras.losses.blindness.colors import CHROMA

    return np.asarray(change((CHROMA,), original[None], seed))[0]


def _blurred(original: np.ndarray) -> np.ndarray:
    from scipy import ndimage

    spread = _BLUR * len(original)
    return ndimage.gaussian_filter(original, (spread, spread, 0.0), mode="nearest")
