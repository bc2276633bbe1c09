"""Every loss in Keras's own hands: compiled, fitted, weighted, reduced, saved and loaded again."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from aekeras import losses
from aekeras.losses import catalogue

NAMES = [row.name for row in catalogue()]
IMAGES = np.random.default_rng(0).random((16, 8, 8, 3), dtype=np.float32)
WEIGHTS = np.linspace(0.5, 2.0, len(IMAGES), dtype=np.float32)


def tiny() -> keras.Model:
    """One convolution that can learn to copy its input."""
    images = keras.Input((8, 8, 3))
    return keras.Model(images, keras.layers.Conv2D(3, 1, kernel_initializer=keras.initializers.Zeros())(images))


def reduced(name: str) -> keras.losses.Loss:
    loss = losses.get(name)
    return type(loss)(name=name, reduction="sum_over_batch_size")


@pytest.mark.parametrize("name", NAMES)
def test_a_model_compiled_with_it_learns(name: str) -> None:
    model = tiny()
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss=losses.get(name))
    history = model.fit(IMAGES, IMAGES, batch_size=8, epochs=8, verbose=0, shuffle=False).history["loss"]
    assert history[-1] < 0.7 * history[0]


def test_a_model_learns_under_a_mean_with_weights_of_the_samples() -> None:
    model = tiny()
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss=reduced("l1_gray"))
    history = model.fit(IMAGES, IMAGES, sample_weight=WEIGHTS, batch_size=8, epochs=8, verbose=0).history["loss"]
    assert history[-1] < 0.7 * history[0]


@pytest.mark.parametrize("name", NAMES)
def test_weights_and_reduction_are_those_of_keras(name: str) -> None:
    others = IMAGES[::-1].copy()
    each = np.asarray(losses.get(name)(IMAGES, others))
    np.testing.assert_allclose(losses.get(name)(IMAGES, others, sample_weight=WEIGHTS), each * WEIGHTS, rtol=1e-6)
    mean = float(reduced(name)(IMAGES, others, sample_weight=WEIGHTS))
    assert mean == pytest.approx((each * WEIGHTS).mean(), rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reduction", ["none", "sum_over_batch_size"])
def test_it_is_itself_after_serialization(name: str, reduction: str) -> None:
    loss = type(losses.get(name))(name=name, reduction=reduction)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert type(copy) is type(loss)
    assert copy.get_config() == loss.get_config()
    np.testing.assert_array_equal(copy(IMAGES, IMAGES[::-1]), loss(IMAGES, IMAGES[::-1]))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own, under NumPy 2
@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_a_compiled_model_keeps_it(name: str, tmp_path: Path) -> None:
    model = tiny()
    model.compile(optimizer="sgd", loss=losses.get(name))
    model.save(tmp_path / "tiny.keras")
    again = keras.saving.load_model(tmp_path / "tiny.keras")
    assert type(again.loss) is type(model.loss)
    assert again.loss.get_config() == model.loss.get_config()
    np.testing.assert_array_equal(again.loss(IMAGES, IMAGES[::-1]), model.loss(IMAGES, IMAGES[::-1]))
