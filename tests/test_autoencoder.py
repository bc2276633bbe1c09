"""The network: its shapes, what it can and cannot draw, and that any Keras reloads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from aekeras import autoencoder, losses
from aekeras.autoencoder import HINGES, Shape
from aekeras.configuration import ENCODER_INPUTS, GRID

GRAY = losses.get("l1_gray").matrix
COLOR = losses.get("l1").matrix
MOST_PARAMETERS = 6_500_000  # at 64 pixels and 64 numbers under `l1`, whose view is the widest


def pictures(count: int, size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, size, size, 3), dtype=np.float32)


def small(**changes: object) -> keras.Model:
    keras.utils.set_random_seed(0)
    return autoencoder.build(Shape(**{"image_size": 32, "code_dim": 8, "view": GRAY} | changes))


def scrambled(model: keras.Model, scale: float = 0.1) -> keras.Model:
    """The model with every weight that trains drawn at random, so that none of its parts is silent."""
    random = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(random.normal(0.0, scale, variable.shape))
    return model


def leaves(model: keras.Model) -> list[keras.layers.Layer]:
    return [leaf for layer in model.layers for leaf in (leaves(layer) if isinstance(layer, keras.Model) else [layer])]


@pytest.mark.parametrize(("size", "code_dim"), [(16, 3), (32, 16), (48, 5), (64, 64), (128, 16), (224, 64)])
@pytest.mark.parametrize("encoder_input", ENCODER_INPUTS)
def test_images_become_codes_become_images(size: int, code_dim: int, encoder_input: str) -> None:
    model = autoencoder.build(Shape(image_size=size, code_dim=code_dim, view=GRAY, encoder_input=encoder_input))
    images = pictures(2, size)
    codes = model.get_layer("encoder")(images)
    assert codes.shape == (2, code_dim)
    reconstructions = model(images)
    assert reconstructions.shape == images.shape
    assert reconstructions.dtype == "float32"
    np.testing.assert_allclose(model.get_layer("decoder")(codes), reconstructions, atol=1e-5)


def test_it_stays_small() -> None:
    model = autoencoder.build(Shape(image_size=64, code_dim=64, view=COLOR))
    assert model.count_params() < MOST_PARAMETERS


def test_no_layer_saturates() -> None:
    for layer in leaves(small()):
        assert getattr(layer, "activation", keras.activations.linear).__name__ in {"linear", "relu"}, layer.name
    reconstructions = np.asarray(scrambled(small())(10 * pictures(2, 32)))
    assert reconstructions.max() > 1
    assert reconstructions.min() < 0
    further = np.asarray(scrambled(small())(20 * pictures(2, 32)))
    assert abs(further).max() > 1.5 * abs(reconstructions).max()


def test_only_layers_of_keras_itself_are_used() -> None:
    for layer in leaves(small(encoder_input="view")):
        assert type(layer).__module__.split(".")[0] == "keras", layer
        assert not isinstance(layer, keras.layers.Lambda)


@pytest.mark.parametrize("name", losses.DEFAULT_LOSSES)
def test_the_readings_are_hinges_of_the_view_averaged_over_patches(name: str) -> None:
    size, matrix = 32, np.array(losses.get(name).matrix)
    encoder = small(view=losses.get(name).matrix).get_layer("encoder")
    readings = keras.Model(encoder.input, encoder.get_layer("readings").output)
    images, patch = pictures(2, size), size // GRID
    hinges = np.maximum((images @ matrix.T)[..., None] - np.arange(HINGES) / HINGES, 0.0)
    patches = hinges.reshape(2, GRID, patch, GRID, patch, len(matrix), HINGES).mean(axis=(2, 4))
    np.testing.assert_allclose(readings(images), patches.reshape(2, -1), atol=1e-6)


@pytest.mark.parametrize("name", losses.DEFAULT_LOSSES)
def test_an_encoder_of_the_view_gives_a_metamer_the_code_of_its_image(name: str) -> None:
    loss = losses.get(name)
    encoder = scrambled(small(view=loss.matrix, encoder_input="view")).get_layer("encoder")
    images = pictures(4, 32)
    codes = np.asarray(encoder(images))
    assert np.ptp(codes, axis=0).min() > 1e-2
    np.testing.assert_allclose(encoder(loss.metamer(images, 5)), codes, atol=1e-5)


@pytest.mark.parametrize("name", losses.DEFAULT_LOSSES[1:])
def test_an_encoder_of_images_is_blind_in_its_closed_form_part_alone(name: str) -> None:
    loss, images = losses.get(name), pictures(4, 32)
    encoder = scrambled(small(view=loss.matrix)).get_layer("encoder")
    part = keras.Model(encoder.input, encoder.get_layer("closed_form").output)
    metamers = loss.metamer(images, 5)
    np.testing.assert_allclose(part(metamers), part(images), atol=1e-5)
    assert abs(np.asarray(encoder(metamers)) - np.asarray(encoder(images))).max() > 1e-3


def test_what_is_learned_begins_at_zero_beside_the_closed_form() -> None:
    model, images = small(unit=0.3), pictures(2, 32)
    encoder, decoder = model.get_layer("encoder"), model.get_layer("decoder")
    part = keras.Model(encoder.input, encoder.get_layer("closed_form").output)
    np.testing.assert_allclose(encoder(images), part(images), atol=1e-6)
    linear = keras.Model(decoder.input, decoder.get_layer("linear_picture").output)
    codes = np.random.default_rng(0).normal(size=(2, 8)).astype("float32")
    # At 32 pixels the linear picture, two per position of the grid, has full size: it is the reconstruction.
    np.testing.assert_allclose(decoder(codes), linear(codes), atol=1e-5)


def test_codes_reach_the_decoder_in_units_of_one() -> None:
    codes = np.random.default_rng(0).normal(size=(2, 8)).astype("float32")
    plain, scaled = small().get_layer("decoder"), small(unit=0.05).get_layer("decoder")
    np.testing.assert_allclose(scaled(0.05 * codes), plain(codes), atol=1e-5)


@pytest.mark.parametrize("size", [32, 64])
def test_the_decoder_never_mixes_the_channels_of_a_picture(size: int) -> None:
    """A channel whose layer gives one value everywhere is even in the reconstruction, whatever the others show."""
    decoder = scrambled(small(image_size=size)).get_layer("decoder")
    for name in ("linear", "drawn"):
        kernel, bias = decoder.get_layer(name).get_weights()
        kernel[:, 1::3], bias[1::3] = 0.0, 0.2
        decoder.get_layer(name).set_weights([kernel, bias])
    found = np.asarray(decoder(np.random.default_rng(0).normal(size=(3, 8)).astype("float32")))[:, 2:-2, 2:-2]
    assert np.ptp(found[..., 1]) < 1e-5
    assert np.ptp(found[..., 0]) > 0.1
    assert np.ptp(found[..., 2]) > 0.1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own, under NumPy 2
def test_a_process_that_knows_nothing_but_keras_reloads_it(tmp_path: Path) -> None:
    models = {kind: scrambled(small(encoder_input=kind)) for kind in ENCODER_INPUTS}
    images = pictures(3, 32)
    for kind, model in models.items():
        model.save(tmp_path / f"{kind}.keras")
    np.save(tmp_path / "given.npy", images)
    program = (
        "import sys, keras, numpy as np\n"
        f"for kind in {ENCODER_INPUTS}:\n"
        "    model = keras.saving.load_model(f'{kind}.keras')\n"
        "    np.save(f'{kind}.npy', model(np.load('given.npy')))\n"
        "assert not [name for name in sys.modules if name.startswith('aekeras')]\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    for kind, model in models.items():
        np.testing.assert_allclose(np.load(tmp_path / f"{kind}.npy"), model(images), atol=1e-6)
