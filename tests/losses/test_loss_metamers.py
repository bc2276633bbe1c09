"""Metamers and representatives: images that a loss cannot tell apart, for every loss of the catalogue."""

from __future__ import annotations

from typing import ClassVar

import keras
import numpy as np
import pytest
import tensorflow as tf

from aekeras import losses
from aekeras.losses import catalogue
from aekeras.losses.linear import LinearViewLoss
from aekeras.losses.view_loss import ViewLoss

SIZE = 24
LUMA = (0.299, 0.587, 0.114)
NAMES = [row.name for row in catalogue()]
BLIND = [row.name for row in catalogue() if row.blind_to]
FREE_BATCH = [tf.TensorSpec([None, SIZE, SIZE, 3], tf.float32)]
SEED = 11


class L1RedAndSlope(LinearViewLoss):
    """Blind to a single direction, oblique to all three channels: the narrowest null space there can be."""

    matrix: ClassVar = ((1.0, 0.5, 0.0), (0.0, 0.5, 1.0))


@pytest.fixture
def images() -> np.ndarray:
    """Noise, a gradient, black, white and a saturated color: some pixels have no room to move in."""
    noise = np.random.default_rng(0).random((2, SIZE, SIZE, 3))
    ramp = np.linspace(0, 1, SIZE * SIZE * 3).reshape(1, SIZE, SIZE, 3)
    even = np.stack([np.broadcast_to(color, (SIZE, SIZE, 3)) for color in ([0, 0, 0], [1, 1, 1], [1, 0, 0.5])])
    return np.concatenate([noise, ramp, even]).astype("float32")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [0, SEED, 2**31 - 1])
def test_a_metamer_is_an_image_that_the_loss_cannot_tell_from_the_given_one(
    name: str, seed: int, images: np.ndarray
) -> None:
    loss = losses.get(name)
    found = np.asarray(loss.metamer(images, seed))
    assert (found.shape, found.dtype) == (images.shape, np.float32)
    assert found.min() >= 0
    assert found.max() <= 1
    assert np.asarray(loss(images, found)).max() <= 1e-6


@pytest.mark.parametrize("name", BLIND)
def test_a_metamer_has_other_pixels_where_there_is_something_to_be_blind_to(name: str, images: np.ndarray) -> None:
    found = np.asarray(losses.get(name).metamer(images[:3], SEED))
    assert (abs(found - images[:3]).mean((1, 2, 3)) > 0.01).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BLIND])
def test_a_loss_that_is_blind_to_nothing_has_each_image_as_its_own_metamer(name: str, images: np.ndarray) -> None:
    np.testing.assert_array_equal(losses.get(name).metamer(images, SEED), images)
    np.testing.assert_allclose(losses.get(name).representative(images), images, atol=1e-6)


@pytest.mark.parametrize("name", BLIND)
def test_metamers_take_from_the_code_all_that_a_loss_is_blind_to(name: str) -> None:
    """Of one gray picture, each free channel becomes many values in the whole range."""
    gray = np.full((64, SIZE, SIZE, 3), 0.5, "float32")
    spread = np.asarray(losses.get(name).metamer(gray, SEED)).std((0, 1, 2))
    channels = [i for i, word in enumerate(("red", "green", "blue")) if word in losses.find(name).blind_to]
    if "chroma" in losses.find(name).blind_to:
        channels = [0, 1, 2]
    assert (spread[channels] > 0.05).all(), spread


@pytest.mark.parametrize("name", BLIND)
def test_the_same_seed_gives_the_same_metamers_and_another_gives_others(name: str, images: np.ndarray) -> None:
    loss = losses.get(name)
    first, again, other = (np.asarray(loss.metamer(images, seed)) for seed in (SEED, SEED, SEED + 1))
    np.testing.assert_array_equal(first, again)
    assert abs(first - other)[:3].mean() > 0.01


@pytest.mark.parametrize("name", BLIND)
def test_equal_images_of_a_batch_get_different_metamers(name: str, images: np.ndarray) -> None:
    first, second = np.asarray(losses.get(name).metamer(np.repeat(images[:1], 2, axis=0), SEED))
    assert abs(first - second).mean() > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_a_compiled_function_makes_the_metamers_of_an_integer_seed(name: str, images: np.ndarray) -> None:
    loss = losses.get(name)
    compiled = tf.function(lambda batch: loss.metamer(batch, SEED), input_signature=FREE_BATCH)
    np.testing.assert_allclose(compiled(images), loss.metamer(images, SEED), atol=1e-5)
    assert compiled(images[:2]).shape == (2, SIZE, SIZE, 3)


@pytest.mark.parametrize("name", BLIND)
def test_a_generator_gives_new_metamers_in_every_call_of_a_compiled_function(name: str, images: np.ndarray) -> None:
    loss, seeds = losses.get(name), keras.random.SeedGenerator(SEED)
    compiled = tf.function(lambda batch: loss.metamer(batch, seeds), input_signature=FREE_BATCH)
    first, second = compiled(images).numpy(), compiled(images).numpy()
    assert abs(first - second)[:3].mean() > 0.01
    assert np.asarray(loss(images, first)).max() <= 1e-6
    seeds = keras.random.SeedGenerator(SEED)
    np.testing.assert_allclose(loss.metamer(images, seeds), first, atol=1e-5)


def test_a_single_direction_of_blindness_has_metamers_too() -> None:
    loss = L1RedAndSlope()
    images = np.random.default_rng(0).random((64, 64, 64, 3), dtype=np.float32)
    found = np.asarray(loss.metamer(images, SEED))
    view = np.tensordot(found, loss.matrix, axes=(-1, 1))
    assert abs(view - np.tensordot(images, loss.matrix, axes=(-1, 1))).max() <= 1e-5
    assert abs(found - images).mean() > 0.01


def test_a_pixel_without_any_direction_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, images: np.ndarray) -> None:
    def nowhere(count: int, channels: int, _: object) -> np.ndarray:
        return np.zeros((count, 16, 16, channels), "float32")

    monkeypatch.setattr("aekeras.losses.linear._random_field", nowhere)
    np.testing.assert_array_equal(losses.get("l1_gray").metamer(images, SEED), images)


@pytest.mark.parametrize("name", [name for name in NAMES if isinstance(losses.get(name), LinearViewLoss)])
def test_the_null_space_is_orthonormal_unseen_and_as_large_as_linear_algebra_says(name: str) -> None:
    loss = losses.get(name)
    basis = loss.null_space()
    assert basis.shape == (3, 3 - np.linalg.matrix_rank(loss.matrix))
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-6)
    np.testing.assert_allclose(loss.matrix @ basis, 0.0, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_representative_is_equal_to_its_image_and_the_same_for_all_metamers(name: str, images: np.ndarray) -> None:
    loss = losses.get(name)
    found = np.asarray(loss.representative(images))
    assert found.shape == images.shape
    assert np.asarray(loss(images, found)).max() <= 1e-6
    np.testing.assert_allclose(loss.representative(loss.metamer(images, SEED)), found, atol=1e-5)


@pytest.mark.parametrize("name", BLIND)
def test_what_is_free_in_a_representative_is_one_even_tint(name: str, images: np.ndarray) -> None:
    found = np.asarray(losses.get(name).representative(images))
    for word in losses.find(name).blind_to:
        free = {
            "red": found[..., :1],
            "green": found[..., 1:2],
            "blue": found[..., 2:],
            "chroma": found - (found @ np.array(LUMA, "float32"))[..., None],
        }.get(word)
        if free is not None:
            assert np.ptp(free, axis=(0, 1, 2)).max() <= 1e-5, word


def test_a_tint_is_a_color() -> None:
    for name in BLIND:
        tint = np.array(getattr(losses.get(name), "tint", (0.5,)))
        assert ((tint >= 0) & (tint <= 1)).all(), name


def test_a_plain_view_loss_has_images_as_their_own_metamers(images: np.ndarray) -> None:
    loss: ViewLoss = ViewLoss(name="plain")
    assert loss.metamer(images, SEED) is images
    assert loss.representative(images) is images
