"""What a loss costs: milliseconds per batch, forward and backward, as a multiple of what `l1` costs in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import tensorflow as tf

from aekeras import losses

Row = tuple[str, str, str, str]
_SHAPE = (64, 64, 64, 3)
_REPEATS = 15
_FREELY = 10  # times l1, above which a loss owes a reason
_OF_TENSORFLOW = {"ssim": "tf.image.ssim", "ms_ssim": "tf.image.ssim_multiscale"}
_REASONS = {
    "l1_lab": "a power and a cube root of every value of both images",
    "spectrum": "a Fourier transform of both images",
    "palette": "counts every pixel of both images along eight directions",
}


def loss_rows() -> list[Row]:
    """(loss, ms per batch, times l1, what is to be said of it), for every loss that has an example, and for rivals."""
    ours = {row.example: _step(losses.get(row.example)) for row in losses.catalogue() if row.example}
    took = _medians(ours | {rival: _step(_rival(rival)) for rival in _OF_TENSORFLOW.values()})
    return [(name, f"{1e3 * took[name]:.2f}", f"{took[name] / took['l1']:.1f}", _remark(name, took)) for name in took]


def _remark(name: str, took: dict[str, float]) -> str:
    if name in _OF_TENSORFLOW:
        rival = _OF_TENSORFLOW[name]
        return f"{took[rival] / took[name]:.1f} times as fast as {rival}"
    slow = took[name] > _FREELY * took["l1"] and name not in _OF_TENSORFLOW.values()
    return _REASONS.get(name, "no reason is known") if slow else ""


def _rival(name: str) -> Callable[[Any, Any], Any]:
    """1 - similarity of luma, as TensorFlow computes it; at 64 x 64 only three of the five scales hold a window."""
    if name == "tf.image.ssim":
        return lambda true, pred: 1.0 - tf.image.ssim(_luma(true), _luma(pred), 1.0)
    weights = np.array([0.0448, 0.2856, 0.3001])
    weights /= weights.sum()
    return lambda true, pred: 1.0 - tf.image.ssim_multiscale(_luma(true), _luma(pred), 1.0, weights)


def _luma(images: Any) -> Any:
    return tf.tensordot(images, tf.constant([0.299, 0.587, 0.114]), 1)[..., None]


def _step(loss: Callable[[Any, Any], Any]) -> Callable[[], None]:
    """One batch: values and their gradient. Both are results, so that TensorFlow leaves nothing out."""

    def graded(true: Any, pred: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(pred)
            values = loss(true, pred)
        return values, tape.gradient(values, pred)

    true, pred = tf.constant(np.random.default_rng(0).random((2, *_SHAPE), np.float32))
    compiled = tf.function(graded, autograph=False).get_concrete_function(true, pred)
    return lambda: compiled(true, pred)[1].numpy()


def _medians(steps: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Seconds of each; they take turns, so that what disturbs the machine disturbs all."""
    for step in steps.values():
        step()
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(_REPEATS):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - start)
    return {name: median(taken) for name, taken in times.items()}
