"""The gradient of a loss, by TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf


def gradient(loss: Any, images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """That of the sum of all values by `others`."""
    changed = tf.Variable(others)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(loss(images, changed))
    return np.asarray(tape.gradient(total, changed))
