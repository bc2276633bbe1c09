"""Metamers and representatives: images that a loss cannot tell apart, for every loss of the catalogue."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf

from aekeras import losses
from aekeras.losses import catalogue
from aekeras.losses.blindness import Colors
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.linear import LinearViewLoss
from aekeras.losses.view_loss import ViewLoss

SIZE = 24
LUMA = (0.299, 0.587, 0.114)
FREE_BATCH = [tf.TensorSpec([None, SIZE, SIZE, 3], tf.float32)]
SEED = 11
UNSEEN = 1e-3  # of what two different pictures have: what constants in roots and the rounding of float32 leave
COMPOSED = (
    "0.5*l1_gray + 0.5*l1_red",
    "l1_chroma + l1_contrast",
    "l1_coarse + 2*l1_coarse(factor=6)",
    "mirror(palette) + spectrum",
    "mirror(center(l1_edges, size=0.5))",
    "center(mirror(l1_gray) + center(l1, size=0.6))",
)
EXPRESSIONS = (*(row.example for row in catalogue() if row.example), *COMPOSED)


@cache
def loss_of(expression: str) -> ImageLoss:
    return losses.get(expression)


BLIND = [text for text in EXPRESSIONS if loss_of(text).blind_to]
SEEING_ALL = [text for text in EXPRESSIONS if text not in BLIND]
BLIND_IN_MATRIX = [text for text in BLIND if np.linalg.matrix_rank(loss_of(text).matrix) < 3]
FREE = {"red", "green", "blue", "chroma", "luma"}  # what is free in the color of a pixel
OF_COLORS = [text for text in BLIND if all(isinstance(one, Colors) for one in loss_of(text).blindness)]


def free_channels(expression: str) -> list[int]:
    words = set(loss_of(expression).blind_to)
    return [i for i, word in enumerate(("red", "green", "blue")) if {word, "chroma"} & words]


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Noise and a gradient, which leave room for more light; black, white and a saturated color, which have none."""
    noise = np.random.default_rng(0).uniform(0.2, 0.8, (2, SIZE, SIZE, 3))
    ramp = np.linspace(0, 0.8, SIZE * SIZE * 3).reshape(1, SIZE, SIZE, 3)
    even = np.stack([np.broadcast_to(color, (SIZE, SIZE, 3)) for color in ([0, 0, 0], [1, 1, 1], [1, 0, 0.5])])
    return np.concatenate([noise, ramp, even]).astype("float32")


def share(expression: str, images: np.ndarray, others: np.ndarray) -> float:
    """The greatest loss between images and others, in losses of two different pictures."""
    loss = loss_of(expression)
    typical = np.median(loss(images[:3], np.roll(images[:3], 1, axis=0)))
    return float(np.max(loss(images, others)) / typical)


@pytest.mark.parametrize("expression", COMPOSED)  # the catalogue is checked by test_loss_conformance.py
def test_a_metamer_is_an_image_that_the_loss_cannot_tell_from_the_given_one(
    expression: str, images: np.ndarray
) -> None:
    for seed in (0, SEED, 2**31 - 1):
        found = np.asarray(loss_of(expression).metamer(images, seed))
        assert (found.shape, found.dtype) == (images.shape, np.float32)
        assert found.min() >= 0
        assert found.max() <= 1
        assert share(expression, images, found) <= UNSEEN


@pytest.mark.parametrize("expression", BLIND)
def test_a_metamer_has_other_pixels_where_there_is_something_to_be_blind_to(
    expression: str, images: np.ndarray
) -> None:
    found = np.stack([loss_of(expression).metamer(images[:3], seed) for seed in range(6)])
    assert (abs(found - images[:3]).mean((0, 2, 3, 4)) > 0.005).all()


@pytest.mark.parametrize("expression", SEEING_ALL)
def test_a_loss_that_is_blind_to_nothing_has_each_image_as_its_own_metamer(expression: str, images: np.ndarray) -> None:
    np.testing.assert_array_equal(loss_of(expression).metamer(images, SEED), images)
    np.testing.assert_allclose(loss_of(expression).representative(images), images, atol=1e-6)


@pytest.mark.parametrize("expression", [text for text in BLIND if free_channels(text)])
def test_metamers_take_from_the_code_all_colors_that_a_loss_is_blind_to(expression: str) -> None:
    """Of one gray picture, each free channel becomes many values in the whole range."""
    gray = np.full((64, SIZE, SIZE, 3), 0.5, "float32")
    spread = np.asarray(loss_of(expression).metamer(gray, SEED)).std((0, 1, 2))
    assert (spread[free_channels(expression)] > 0.05).all(), spread


@pytest.mark.parametrize("expression", BLIND)
def test_the_seed_says_which_metamer_and_each_image_of_a_batch_gets_its_own(
    expression: str, images: np.ndarray
) -> None:
    many = np.repeat(images[:1], 12, axis=0)
    first, again, other = (np.asarray(loss_of(expression).metamer(many, seed)) for seed in (SEED, SEED, SEED + 1))
    np.testing.assert_array_equal(first, again)
    assert abs(first - other).mean((1, 2, 3)).max() > 0.01
    assert abs(first - first[:1]).mean((1, 2, 3)).max() > 0.01


@pytest.mark.parametrize("expression", ["l1", "l1_gray", "l1_contrast", "palette", "l1_coarse", *COMPOSED])
def test_a_generator_gives_new_metamers_in_every_call_of_a_compiled_function(
    expression: str, images: np.ndarray
) -> None:
    loss, seeds = loss_of(expression), keras.random.SeedGenerator(SEED)
    compiled = tf.function(lambda batch: loss.metamer(batch, seeds), input_signature=FREE_BATCH)
    many = np.tile(images, (2, 1, 1, 1))
    first, second = compiled(many).numpy(), compiled(many).numpy()
    assert (abs(first - second).max() > 0.01) == (expression in BLIND)
    assert share(expression, many, first) <= UNSEEN
    np.testing.assert_allclose(loss.metamer(many, keras.random.SeedGenerator(SEED)), first, atol=1e-5)


@pytest.mark.parametrize("expression", ["l1_gray", "mirror(center(l1_edges, size=0.5))"])
def test_a_compiled_function_makes_the_metamers_of_an_integer_seed(expression: str, images: np.ndarray) -> None:
    loss = loss_of(expression)
    compiled = tf.function(lambda batch: loss.metamer(batch, SEED), input_signature=FREE_BATCH)
    np.testing.assert_allclose(compiled(images), loss.metamer(images, SEED), atol=1e-5)
    assert compiled(images[:2]).shape == (2, SIZE, SIZE, 3)


def test_a_single_direction_of_blindness_has_metamers_too() -> None:
    class RedAndSlope(LinearViewLoss):
        """Oblique to all three channels: the narrowest null space there can be."""

        blind_to = ("some colors",)
        colors = Colors(((1.0, 0.5, 0.0), (0.0, 0.5, 1.0)))

    images = np.random.default_rng(0).random((64, 64, 64, 3), dtype=np.float32)
    found = np.asarray(RedAndSlope().metamer(images, SEED))
    seen = np.transpose(RedAndSlope.colors.matrix)
    assert abs(found @ seen - images @ seen).max() <= 1e-5
    assert abs(found - images).mean() > 0.01


@pytest.mark.parametrize("expression", OF_COLORS)
def test_a_representative_is_equal_to_its_image_and_the_same_for_all_metamers(
    expression: str, images: np.ndarray
) -> None:
    loss = loss_of(expression)
    found = np.asarray(loss.representative(images))
    assert found.shape == images.shape
    assert share(expression, images, found) <= UNSEEN
    np.testing.assert_allclose(loss.representative(loss.metamer(images, SEED)), found, atol=1e-5)


@pytest.mark.parametrize("expression", [text for text in BLIND if FREE & set(loss_of(text).blind_to)])
def test_what_is_free_in_a_representative_is_one_even_tint(expression: str, images: np.ndarray) -> None:
    loss = loss_of(expression)
    found = np.asarray(loss.representative(images))
    free = {
        "red": found[..., :1],
        "green": found[..., 1:2],
        "blue": found[..., 2:],
        "chroma": found - (found @ np.array(LUMA, "float32"))[..., None],
        "luma": found @ np.array([LUMA], "float32").T,
    }
    assert set(free) == FREE
    for word in FREE & set(loss.blind_to):
        assert np.ptp(free[word], axis=(0, 1, 2)).max() <= 1e-5, word


@pytest.mark.parametrize("expression", BLIND_IN_MATRIX)
def test_a_loss_depends_on_colors_only_through_its_matrix(expression: str, images: np.ndarray) -> None:
    loss = loss_of(expression)
    answer = np.linalg.pinv(loss.matrix) @ np.array(loss.matrix)
    assert share(expression, images, (images @ answer.T).astype("float32")) <= UNSEEN


def test_a_plain_view_loss_has_images_as_their_own_metamers(images: np.ndarray) -> None:
    loss = ViewLoss(name="plain")
    np.testing.assert_array_equal(loss.metamer(images, SEED), images)
    assert loss.representative(images) is images


def test_a_single_word_may_stand_without_a_tuple(images: np.ndarray) -> None:
    class Gray(ViewLoss):
        blind_to = "chroma"  # type: ignore[assignment]

        def view(self, images: object) -> object:
            return loss_of("l1_gray").view(images)

    assert Gray().blind_to == ("chroma",)
    found = np.asarray(Gray().metamer(images, SEED))
    assert abs(found - images).max() > 0.1
    assert np.max(Gray()(images, found)) <= 1e-6
