"""The same network and the same step in plain TensorFlow operations: what Keras is measured against."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from aekeras import objective
from aekeras.configuration import Training

_NEAR = 0.1


class Trainer:
    """Trains copies of an autoencoder's weights with Adam, written out.

    Args:
        autoencoder: The weights to begin with.
        loss: Gives metamers; these and the blends, what is random, are ours. All else is written out for `l1_gray`.
        config: Learning rate and weight of the isometry.
        unit: How far apart two pictures typically are.
    """

    def __init__(self, autoencoder: keras.Model, loss: Any, config: Training, unit: float) -> None:
        self._weights = {}
        for part in ("encoder", "decoder"):
            for layer in autoencoder.get_layer(part).layers:
                for i, value in enumerate(layer.get_weights()):
                    self._weights[f"{layer.name}/{i}"] = tf.Variable(value)
        frozen = ("hinges", "closed_form")
        self._trained = [w for name, w in self._weights.items() if not name.startswith(frozen)]
        self._moments = [(tf.Variable(tf.zeros_like(w)), tf.Variable(tf.zeros_like(w))) for w in self._trained]
        self._steps = tf.Variable(0.0)
        self._loss, self._config, self._unit = loss, config, unit
        self._seeds = keras.random.SeedGenerator(0)
        self._step = tf.function(self._one_step)

    def epoch(self, batches: Iterable[tuple[np.ndarray]]) -> None:
        """One step per batch of uint8 images."""
        for i in range(len(batches)):
            self._step(tf.constant(batches[i][0]))

    def _encode(self, x: tf.Tensor) -> tf.Tensor:
        w, count = self._weights, tf.shape(x)[0]
        hinged = tf.nn.relu(tf.nn.conv2d(x, w["hinges/0"], 1, "VALID") + w["hinges/1"])
        patch = x.shape[1] // 16
        read = tf.reshape(tf.nn.avg_pool2d(hinged, patch, patch, "VALID"), (count, w["closed_form/0"].shape[0]))
        hidden = tf.nn.relu(read @ w["hidden/0"] + w["hidden/1"])
        stem = tf.nn.relu(tf.nn.conv2d(x, w["stem/0"], patch, "VALID") + w["stem/1"])
        mix = tf.nn.relu(tf.nn.conv2d(stem, w["mix/0"], 1, "VALID") + w["mix/1"])
        mix = tf.reshape(mix, (count, w["patch_codes/0"].shape[0]))
        codes = read @ w["closed_form/0"] + w["closed_form/1"]
        for features, name in ((hidden, "hidden_codes/0"), (mix, "patch_codes/0")):
            codes += self._unit / w[name].shape[0] ** 0.5 * (features @ w[name])
        return codes

    def _decode(self, codes: tf.Tensor, side: int) -> tf.Tensor:
        w, even = self._weights, codes / self._unit
        hidden = tf.nn.relu(even @ w["drawing/0"] + w["drawing/1"])
        picture = tf.reshape(even @ w["linear/0"] + w["linear/1"], (-1, side, side, 3))
        drawn = hidden @ w["drawn/0"] + w["drawn/1"]
        cells = int((w["drawn/1"].shape[0] // 3) ** 0.5)
        picture += tf.image.resize(tf.reshape(drawn, (-1, cells, cells, 3)), (side, side))
        return tf.nn.depthwise_conv2d(picture, w["sharpen/0"], (1, 1, 1, 1), "SAME")

    def _one_step(self, images: tf.Tensor) -> None:
        x = tf.cast(images, tf.float32) / 255.0
        pictures = tf.concat([x, objective.blends(x, self._seeds)], 0)
        luma = tf.tensordot(pictures, tf.constant([0.299, 0.587, 0.114]), 1)
        with tf.GradientTape() as tape:
            codes = self._encode(self._loss.metamer(pictures, self._seeds))
            rebuilt = self._decode(codes[: tf.shape(x)[0]], x.shape[1])
            wanted = tf.tensordot(rebuilt, tf.constant([0.299, 0.587, 0.114]), 1)
            total = tf.reduce_mean(tf.abs(luma[: tf.shape(x)[0]] - wanted))
            total += self._config.isometry * self._isometry(codes, luma)
        self._adam(tape.gradient(total, self._trained))

    def _isometry(self, codes: tf.Tensor, luma: tf.Tensor) -> tf.Tensor:
        count = tf.shape(codes)[0]
        shifts = tf.range(1, count // 2 + 1)
        losses = tf.map_fn(
            lambda s: tf.reduce_mean(tf.abs(luma - tf.roll(luma, s, 0)), (1, 2)), shifts, fn_output_signature=tf.float32
        )
        partner = (tf.range(count)[None] - shifts[:, None]) % count
        distances = tf.sqrt(tf.reduce_sum((codes[None] - tf.gather(codes, partner)) ** 2, -1) + 1e-12)
        weights = 1.0 / (losses + _NEAR * self._unit)
        return tf.reduce_sum(weights * tf.abs(distances - losses)) / tf.reduce_sum(weights)

    def _adam(self, gradients: list[tf.Tensor]) -> None:
        self._steps.assign_add(1.0)
        rate = self._config.learning_rate * tf.sqrt(1 - 0.999**self._steps) / (1 - 0.9**self._steps)
        for weight, gradient, (mean, square) in zip(self._trained, gradients, self._moments, strict=True):
            mean.assign_add(0.1 * (gradient - mean))
            square.assign_add(0.001 * (gradient**2 - square))
            weight.assign_sub(rate * mean / (tf.sqrt(square) + 1e-7))
