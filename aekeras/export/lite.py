"""The graphs that LiteRT runs without TensorFlow: the encoder, what the loss sees, and the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.lite.python.convert import ConverterError

from aekeras.export.signatures import Verb, holder
from aekeras.losses.image_loss import ImageLoss
from aekeras.stderr import held_back


def graphs(encode: Verb, loss: ImageLoss, shape: tuple[int | None, ...]) -> dict[str, bytes]:
    """The LiteRT graphs by name: "encoder", and "view" and "loss" where LiteRT has the operations for them.

    Each has one signature and a free batch, N >= 1: "encoder" images -> codes; "view" images -> view, shape
    (N, h, w, c); "loss" y_true, y_pred -> loss, shape (N,).

    Args:
        encode: Images -> codes. Not the served function: what that one does about empty batches gives tensors whose
            shapes LiteRT learns only while it runs, and these it runs slowly.
        loss: The loss.
        shape: Of images, (None, S, S, 3).
    """

    def view(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"view": loss.view(images)}

    def distance(y_true: tf.Tensor, y_pred: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"loss": loss(y_true, y_pred)}

    found = {
        "encoder": _convert(_trace(encode, shape, "images")),
        "view": _convert_if_possible(_trace(view, shape, "images")),
        "loss": _convert_if_possible(_trace(distance, shape, "y_true", "y_pred")),
    }
    return {name: graph for name, graph in found.items() if graph is not None}


def _trace(function: Callable[..., dict[str, tf.Tensor]], shape: tuple[int | None, ...], *inputs: str) -> Any:
    specs = [tf.TensorSpec(shape, tf.float32, name=name) for name in inputs]
    return tf.function(function, input_signature=specs, autograph=False).get_concrete_function()


def _convert_if_possible(function: Any) -> bytes | None:
    try:
        return _convert(function)
    except ConverterError:
        return None


def _convert(function: Any) -> bytes:
    with held_back(ConverterError):
        return tf.lite.TFLiteConverter.from_concrete_functions([function], holder([function])).convert()
