"""A loss tried on two small pictures before anything is read, so that a person's own loss fails at once and clearly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from aekeras.errors import AekerasError, InputError
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.own import explained


def try_out(loss: ImageLoss, size: int) -> None:
    """Passes a loss that training can use on pictures of size x size.

    Raises:
        InputError: It raises, or gives something else than one finite value per image.
    """
    images = np.random.default_rng(0).random((2, size, size, 3), dtype=np.float32)
    free = tf.TensorSpec((None, size, size, 3), tf.float32)
    compiled = tf.function(lambda a, b: loss.call(a, b), input_signature=[free, free], autograph=False)
    values = np.asarray(_run(loss, "give a value per image", lambda: compiled(images, images[::-1])))
    if values.shape != (2,) or not np.isfinite(values).all():
        received = f"shape {values.shape}" if values.shape != (2,) else f"the values {values.tolist()}"
        raise InputError(
            f"Expected {loss.text} to give one finite value per image, shape (2,) for two images. Received: {received}. "
            f"`aekeras losses check {loss.text!r}` says more."
        )
    _run(loss, "have a view", lambda: keras.ops.convert_to_numpy(loss.view(tf.constant(images))))
    _run(loss, "make metamers", lambda: loss.metamer(images, 0))


def _run(loss: ImageLoss, what: str, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except AekerasError:
        raise
    except Exception as error:  # whatever a person's own code raises
        raise InputError(f"Expected {loss.text} to {what}. Received: {explained(error)}. Mend it.") from error
