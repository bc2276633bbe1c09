"""A loss that asks a network: its formula, that the network stays as it is, and what is said of wrong ones."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from aekeras import losses
from aekeras.errors import InputError, MissingError
from aekeras.export.signatures import holder
from aekeras.losses.deep import DeepFeatures

SIDE = 12

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)  # Keras's own, under NumPy 2


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """Two convolutions with dropout and batch normalization between them, for 12 x 12 images."""
    return made(SIDE)


@pytest.fixture
def file(network: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Its name in the working directory."""
    monkeypatch.chdir(tmp_path)
    network.save("network.keras")
    return "network.keras"


def made(side: int | None, channels: int = 3) -> keras.Model:
    keras.utils.set_random_seed(3)
    layers = [
        keras.layers.Conv2D(6, 3, activation="relu", name="edges"),
        keras.layers.Dropout(0.5),
        keras.layers.BatchNormalization(name="even"),
        keras.layers.Conv2D(4, 3, strides=2, name="parts"),
        keras.layers.GlobalAveragePooling2D(name="summary"),
    ]
    return keras.Sequential([keras.Input((side, side, channels)), *layers], name="tiny")


def noise(side: int = SIDE, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((4, side, side, 3), dtype=np.float32)


def proportions(activations: object) -> np.ndarray:
    values = np.asarray(activations, "float64")
    return values / np.sqrt((values**2).mean(axis=-1, keepdims=True) + 1e-8)


def expected(network: keras.Model, images: np.ndarray, others: np.ndarray, *names: str) -> np.ndarray:
    """The formula in NumPy."""
    values = []
    for name in names:
        part = keras.Model(network.inputs[0], network.get_layer(name).output)
        difference = proportions(part(images, training=False)) - proportions(part(others, training=False))
        values.append(abs(difference).reshape(len(images), -1).mean(axis=1))
    return np.mean(values, axis=0)


@pytest.mark.parametrize("names", [("edges",), ("parts", "edges", "summary")])
def test_the_loss_is_the_mean_over_layers_of_the_differences_of_proportions(
    network: keras.Model, names: tuple[str, ...]
) -> None:
    loss = DeepFeatures(model=network, layer=names if len(names) > 1 else names[0])
    found = loss(noise(), noise(seed=1))
    np.testing.assert_allclose(found, expected(network, noise(), noise(seed=1), *names), rtol=1e-4)


def test_without_a_layer_the_output_is_compared(network: keras.Model) -> None:
    found = DeepFeatures(model=network)(noise(), noise(seed=1))
    np.testing.assert_allclose(found, expected(network, noise(), noise(seed=1), "summary"), rtol=1e-4)


def test_images_are_resized_to_what_the_network_takes(network: keras.Model) -> None:
    loss = DeepFeatures(model=network, layer="edges")
    images = noise(2 * SIDE)
    small = tf.image.resize(images, (SIDE, SIDE)).numpy()
    np.testing.assert_allclose(loss.view(images), small, atol=1e-6)
    np.testing.assert_allclose(loss(images, images[::-1]), loss(small, small[::-1]), rtol=1e-4)


def test_a_network_for_images_of_any_size_gets_them_as_they_are() -> None:
    loss = DeepFeatures(model=made(None))
    images = noise(2 * SIDE)
    assert loss.view(images) is images
    assert loss(images, images[::-1]).shape == (4,)


def test_values_are_scaled_to_the_range_of_the_network(network: keras.Model) -> None:
    loss = DeepFeatures(model=network, layer="edges", scale=2.0, offset=-1.0)
    wanted = expected(network, 2 * noise() - 1, 2 * noise(seed=1) - 1, "edges")
    np.testing.assert_allclose(loss(noise(), noise(seed=1)), wanted, rtol=1e-4)
    assert loss.text.endswith("offset=-1.0, scale=2.0)")


def test_the_network_is_not_trained_along(network: keras.Model) -> None:
    """Its weights and its batch statistics stay, and the model that is trained has only its own weights."""
    before, trainable = [weight.copy() for weight in network.get_weights()], len(network.trainable_weights)
    student = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Conv2D(3, 1)])
    start = student.get_weights()[0]
    student.compile(loss=DeepFeatures(model=network, layer="edges"), optimizer="sgd")
    student.fit(noise(), noise(), epochs=1, verbose=0)
    assert len(student.trainable_weights) == 2
    assert abs(student.get_weights()[0] - start).max() > 0
    assert len(network.trainable_weights) == trainable
    for weight, old in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_it_adds_up_with_other_losses(file: str) -> None:
    loss = losses.get(f"0.5*deep_features(model='{file}', layer='edges') + l1 + mirror(deep_features(model='{file}'))")
    parts = [0.5 * DeepFeatures(model=file, layer="edges"), losses.get("l1")]
    inside = losses.get(f"mirror(deep_features(model='{file}'))")
    whole = sum(np.asarray(part(noise(), noise(seed=1))) for part in [*parts, inside])
    np.testing.assert_allclose(loss(noise(), noise(seed=1)), whole, rtol=1e-5)
    assert loss.view(noise()).shape[0] == 4


def test_a_file_is_named_in_the_text_and_reloads_from_its_configuration(file: str, network: keras.Model) -> None:
    loss = losses.get(f"deep_features(model='{file}', layer=['edges', 'parts'])")
    assert loss.text == 'deep_features(layer=["edges", "parts"], model="network.keras")'
    assert loss == losses.get(loss.text)
    assert loss.blind_to == ()
    again = keras.saving.deserialize_keras_object(json.loads(json.dumps(keras.saving.serialize_keras_object(loss))))
    assert again == loss
    in_memory = DeepFeatures(model=network, layer=("edges", "parts"))
    np.testing.assert_allclose(again(noise(), noise(seed=1)), in_memory(noise(), noise(seed=1)), rtol=1e-5)
    assert DeepFeatures(model=Path(file)) == DeepFeatures(model=file)


def test_a_model_in_memory_has_a_text_but_no_configuration(network: keras.Model) -> None:
    loss = DeepFeatures(model=network)
    assert loss.text.startswith('deep_features(model="<in memory: tiny ')
    assert loss == DeepFeatures(model=network)
    assert loss != DeepFeatures(model=made(SIDE))
    assert len((loss + DeepFeatures(model=made(SIDE))).terms()) == 2
    with pytest.raises(InputError, match=r"a model in memory, tiny\. Save it, model\.save"):
        loss.get_config()
    with pytest.raises(
        InputError, match=r"Expected `model` of deep_features to be a file\. Received: '<in memory: tiny"
    ):
        losses.get(loss.text)


def test_a_loss_without_a_model_is_refused() -> None:
    with pytest.raises(InputError) as error:
        losses.get("deep_features")
    assert str(error.value) == (
        "Expected `model` of deep_features. Received: none. Name the file of one: deep_features(model='network.keras')."
    )
    with pytest.raises(InputError, match=r"to be a Keras model\. Received: 3. Name the file"):
        losses.get("deep_features(model=3)")


def test_a_file_that_is_missing_or_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"Expected a Keras model in .*none\.keras\. Found none\. Give the path"):
        DeepFeatures(model=str(tmp_path / "none.keras"))
    for name in ("wrong.keras", "wrong.h5", "wrong.txt"):
        (tmp_path / name).write_text("no model")
        with pytest.raises(InputError, match=r"(?s)Expected a Keras model in .*wrong.*Give a \.keras file") as error:
            DeepFeatures(model=str(tmp_path / name))
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        (
            {"layer": "edge"},
            "Unknown `layer` 'edge' of deep_features. Expected one of: edges, .* Did you mean 'edges'?",
        ),
        ({"layer": ("edges", "none")}, "Unknown `layer` 'none' of deep_features."),
        ({"layer": ()}, "Expected `layer` of deep_features to name a layer. Received: none."),
        ({"scale": 0}, "`scale` of deep_features to be other than 0. Received: 0. Leave it out for 1.0."),
    ],
)
def test_knobs_that_make_no_sense_are_refused(network: keras.Model, knobs: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        DeepFeatures(model=network, **knobs)


def test_a_network_that_takes_no_images_or_gives_one_number_is_refused() -> None:
    with pytest.raises(InputError, match=r"Expected the model tiny to take RGB images.*Received: \(None, 12, 12, 1\)"):
        DeepFeatures(model=made(SIDE, channels=1))
    numbers = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    with pytest.raises(InputError, match=r"to have two channels or more.*Received: shape \(None, 1\)"):
        DeepFeatures(model=numbers)
    with pytest.raises(InputError, match="Received: no known input"):
        DeepFeatures(model=keras.Sequential([keras.layers.Flatten()], name="unbuilt"))


def test_litert_gives_what_tensorflow_gives_for_any_number_of_images(network: keras.Model) -> None:
    from ai_edge_litert.interpreter import Interpreter

    loss = DeepFeatures(model=network, layer=["edges", "parts"])
    specs = [tf.TensorSpec((None, 2 * SIDE, 2 * SIDE, 3), tf.float32, name=side) for side in ("x", "y")]
    function = tf.function(lambda x, y: {"loss": loss(x, y), "view": loss.view(x)}, specs, autograph=False)
    traced = function.get_concrete_function()
    graph = tf.lite.TFLiteConverter.from_concrete_functions([traced], holder([traced])).convert()
    run = Interpreter(model_content=graph).get_signature_runner()
    for count in (1, 4):
        images, others = noise(2 * SIDE)[:count], noise(2 * SIDE, seed=1)[:count]
        found = run(x=images, y=others)
        np.testing.assert_allclose(found["loss"], loss(images, others), rtol=1e-4)
        np.testing.assert_allclose(found["view"], loss.view(images), atol=1e-5)
