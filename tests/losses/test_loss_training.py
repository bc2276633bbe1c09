"""Every loss in Keras's own hands on TensorFlow: fitted, compiled, weighted, reduced, in half precision, logged."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from aekeras import losses
from aekeras.errors import InputError

COMPOSED = "0.5*ssim + 0.5*l1"
EXAMPLES = [row.example for row in losses.catalogue() if row.example] + [COMPOSED]
REDUCTIONS = ["none", "sum", "sum_over_batch_size", "mean_with_sample_weight"]
RANDOM = np.random.default_rng(0)
IMAGES, OTHERS = RANDOM.random((2, 16, 12, 12, 3), np.float32)
WEIGHTS = np.linspace(0.5, 2.0, len(IMAGES), dtype=np.float32)


class Given(keras.losses.Loss):
    """Keras alone: a loss that gives the values that it is called with."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        del y_pred
        return y_true


class TrainedByHand(keras.Model):
    """A step of one's own, as Keras's guide writes it."""

    def train_step(self, data: Any) -> dict[str, Any]:
        images, wanted = data
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(self.compute_loss(x=images, y=wanted, y_pred=self(images, training=True)))
        self.optimizer.apply(tape.gradient(value, self.trainable_variables), self.trainable_variables)
        return {"by hand": value}


class Compares(keras.layers.Layer):
    """Adds how far its two inputs are apart to what the model minimizes; gives the second one."""

    def __init__(self, loss: keras.losses.Loss) -> None:
        super().__init__()
        self.loss = loss

    def call(self, images: Any, rebuilt: Any) -> Any:
        self.add_loss(self.loss(images, rebuilt))
        return rebuilt


def mixing(count: int = 3) -> keras.layers.Layer:
    """Mixtures of each pixel's channels, far from what it is: three can learn to copy it."""
    return keras.layers.Dense(count, kernel_initializer=keras.initializers.RandomNormal(0.2, 0.1, seed=1))


def tiny(kind: type[keras.Model] = keras.Model) -> keras.Model:
    images = keras.Input(IMAGES.shape[1:])
    return kind(images, mixing()(images))


def fitted(model: keras.Model, *data: Any, epochs: int = 10, **options: Any) -> dict[str, list[float]]:
    return model.fit(*data, epochs=epochs, verbose=0, shuffle=False, **options).history


@cache
def histories() -> dict[str, list[float]]:
    """By loss, what one fit logged of a model that has an output for each of them."""
    images = keras.Input(IMAGES.shape[1:])
    names = {f"output{place}": example for place, example in enumerate(EXAMPLES)}
    mixtures = keras.ops.split(mixing(3 * len(names))(images), len(names), axis=-1)  # each output has its own three
    model = keras.Model(images, dict(zip(names, mixtures, strict=True)))
    compiled = {name: losses.get(example) for name, example in names.items()}
    model.compile(optimizer=keras.optimizers.Lion(0.02), loss=compiled)  # equal steps, whatever a loss's unit
    logged = fitted(model, IMAGES, dict.fromkeys(names, IMAGES), batch_size=8)
    return {example: logged[f"{name}_loss"] for name, example in names.items()}


def graded(loss: Any, true: Any, pred: Any) -> tuple[Any, Any]:
    """The values, and the gradient of their sum."""
    with tf.GradientTape() as tape:
        tape.watch(pred)
        values = loss(true, pred)
    return values, tape.gradient(values, pred)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_model_compiled_with_it_learns(example: str) -> None:
    first, *_, last = histories()[example]
    assert last < 0.75 * first


@pytest.mark.parametrize("example", EXAMPLES)
def test_xla_compiles_it_to_the_same_values_and_gradients(example: str) -> None:
    loss, true, pred = losses.get(example), tf.constant(IMAGES), tf.constant(OTHERS)
    compiled = tf.function(lambda *pair: graded(loss, *pair), jit_compile=True, autograph=False)
    (values, gradient), (expected, expected_gradient) = compiled(true, pred), graded(loss, true, pred)
    np.testing.assert_allclose(values, expected, rtol=1e-4)
    # Sums in another order, in float32: 1e-3 of the steepest is far below what an optimizer notices.
    np.testing.assert_allclose(gradient, expected_gradient, atol=1e-3 * abs(expected_gradient.numpy()).max())


@pytest.mark.parametrize("example", EXAMPLES)
def test_outputs_of_half_precision_give_the_loss_in_full_precision(example: str) -> None:
    loss, pred = losses.get(example), tf.constant(OTHERS, tf.float16)
    values, gradient = graded(loss, tf.constant(IMAGES), pred)
    assert (values.dtype, gradient.dtype) == (tf.float32, tf.float16)
    np.testing.assert_array_equal(values, loss(IMAGES, tf.cast(pred, tf.float32)))
    assert np.isfinite(gradient).all()
    assert np.any(gradient)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("example", EXAMPLES)
def test_reductions_and_weights_of_samples_are_those_of_keras(example: str, reduction: str, weights: Any) -> None:
    each = np.asarray(losses.get(example)(IMAGES, OTHERS))
    found = losses.get(example, reduction=reduction)(IMAGES, OTHERS, sample_weight=weights)
    expected = Given(reduction=reduction)(each, each, sample_weight=weights)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_weights_of_samples_say_which_of_them_count_in_fit() -> None:
    model, images, wanted = tiny(), np.concatenate([IMAGES, IMAGES]), np.concatenate([IMAGES, 1 - IMAGES])
    model.compile(optimizer=keras.optimizers.Lion(0.02), loss=losses.get(COMPOSED, reduction="sum_over_batch_size"))
    only_first = np.repeat([1.0, 0.0], len(IMAGES))
    logged = fitted(model, images, wanted, sample_weight=only_first, batch_size=32)["loss"]
    assert logged[-1] < 0.75 * logged[0]  # which two targets that contradict each other do not allow


def test_a_model_of_mixed_precision_learns() -> None:
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = tiny()
        model.compile(optimizer=keras.optimizers.Adam(0.02), loss=losses.get(COMPOSED))
        logged = fitted(model, IMAGES, IMAGES)["loss"]
        assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
        assert model(IMAGES).dtype == "float16"
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    assert logged[-1] < 0.75 * logged[0]


def test_each_term_is_logged_under_its_own_name() -> None:
    loss = losses.get("0.5*ssim + 0.25*l1 + 2*mirror(l1_gray)")
    model = tiny()
    model.compile(optimizer="sgd", loss=loss, metrics=[term for _, term in loss.terms()])
    logged = fitted(model, IMAGES, IMAGES, epochs=2)
    assert {"ssim", "l1"} <= set(logged)
    terms = [weight * np.array(logged[term.name]) for weight, term in loss.terms()]
    np.testing.assert_allclose(sum(terms), logged["loss"], rtol=1e-5)


def decoded() -> tf.data.Dataset:
    """Batches of images as they come from files: of any size, for all that TensorFlow knows."""
    files = tf.data.Dataset.from_tensor_slices(np.uint8(255 * IMAGES)).map(tf.io.encode_png)
    return files.map(lambda file: tf.io.decode_png(file, channels=3) / 255).batch(5)  # the last batch is one image


def test_a_pipeline_of_tf_data_feeds_it() -> None:
    known = decoded().map(lambda images: tf.ensure_shape(images, (None, *IMAGES.shape[1:])))
    model = tiny()
    model.compile(optimizer=keras.optimizers.Lion(0.02), loss=losses.get(COMPOSED))
    logged = fitted(model, known.map(lambda images: (images, images)))["loss"]
    assert logged[-1] < 0.75 * logged[0]


@pytest.mark.parametrize("example", ["ssim", "l1_edges", "l1_coarse", "spectrum", "palette", "center(l1_gray)"])
def test_a_loss_that_must_know_the_size_of_images_says_how_to_tell_it(example: str) -> None:
    model = tiny()
    model.compile(loss=losses.get(example))
    with pytest.raises(InputError) as caught:
        fitted(model, decoded().map(lambda images: (images, images)))
    assert str(caught.value) == (
        f"Expected the height and width of `y_true` of {example} to be known. Received: (None, None, None, 3). "
        "Tell TensorFlow, tf.ensure_shape(y_true, (None, 64, 64, 3)), or resize the images to one size."
    )


def test_a_step_of_ones_own_follows_it() -> None:
    model = tiny(TrainedByHand)
    model.compile(optimizer=keras.optimizers.Lion(0.02), loss=losses.get(COMPOSED))
    logged = fitted(model, IMAGES, IMAGES)["by hand"]
    assert logged[-1] < 0.75 * logged[0]


def test_add_loss_takes_it_in_the_midst_of_a_model() -> None:
    images = keras.Input(IMAGES.shape[1:])
    compares = Compares(losses.get(COMPOSED, reduction="sum_over_batch_size"))
    model = keras.Model(images, compares(images, mixing()(images)))
    model.compile(optimizer=keras.optimizers.Lion(0.02))
    logged = fitted(model, IMAGES)["loss"]
    assert logged[-1] < 0.75 * logged[0]
