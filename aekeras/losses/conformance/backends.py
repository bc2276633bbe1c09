"""Gradients and compiled functions on the backend that Keras runs on."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from aekeras.losses.image_loss import ImageLoss

Graded = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray | None]]
"""(y_true, y_pred) -> values, shape (N,), and the gradient of their sum with respect to y_pred; None without one."""


def graded(loss: ImageLoss) -> Graded:
    """The loss with its gradient, computed step by step."""
    return _OF_BACKEND[keras.backend.backend()](loss, False)


def compiled(loss: ImageLoss, side: int) -> Graded | None:
    """The loss with its gradient as one compiled function of images of this side; None where the backend compiles none.

    On TensorFlow it is compiled once, for batches of any size.
    """
    if keras.backend.backend() == "torch":
        return None
    return _OF_BACKEND[keras.backend.backend()](loss, True, side)


def _of_tensorflow(loss: ImageLoss, whole: bool, side: int | None = None) -> Graded:
    import tensorflow as tf

    def both(true: Any, pred: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(pred)
            values = loss(true, pred)
        return values, tape.gradient(values, pred)

    if whole:
        free = tf.TensorSpec([None, side, side, 3], tf.float32)
        # Without autograph, as in Keras's own training; concrete, so that TensorFlow warns of no retracing.
        both = tf.function(both, autograph=False).get_concrete_function(free, free)
    return lambda true, pred: _numpy(both(tf.constant(true), tf.constant(pred)))


def _of_jax(loss: ImageLoss, whole: bool, side: int | None = None) -> Graded:
    del side
    jax = importlib.import_module("jax")  # which is not everywhere

    def total(pred: Any, true: Any) -> Any:
        values = loss(true, pred)
        return values.sum(), values

    graded = jax.grad(total, has_aux=True)
    run = jax.jit(graded) if whole else graded
    return lambda true, pred: _numpy(run(pred, true)[::-1])


def _of_torch(loss: ImageLoss, whole: bool, side: int | None = None) -> Graded:
    del whole, side

    def run(true: np.ndarray, pred: np.ndarray) -> Any:
        variable = keras.ops.convert_to_tensor(pred).requires_grad_()
        values = loss(keras.ops.convert_to_tensor(true), variable)
        if values.requires_grad:
            values.sum().backward()
        return _numpy((values, variable.grad))

    return run


def _numpy(found: tuple[Any, Any]) -> tuple[np.ndarray, np.ndarray | None]:
    values, gradient = found
    return keras.ops.convert_to_numpy(values), None if gradient is None else keras.ops.convert_to_numpy(gradient)


_OF_BACKEND: dict[str, Callable[..., Graded]] = {"tensorflow": _of_tensorflow, "jax": _of_jax, "torch": _of_torch}
