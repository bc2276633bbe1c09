"""What every loss of the catalogue keeps beside what `aekeras losses check` measures: its parts fit together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from gradients import gradient
from networks import DEEP, save_network

from aekeras import losses
from aekeras.losses import blindness, catalogue
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.readings import Readings

HEIGHT, WIDTH = 24, 36
COMPOSED = [
    "0.7*l1_gray + 0.3*l1_edges",
    "center(l1, size=0.5)",
    "0.5*mirror(center(ssim(filter_size=7) + 2*l1)) + spectrum",
]
SINGLE = [row.example or DEEP for row in catalogue()]
IMAGES, OTHERS = np.random.default_rng(0).random((2, 5, HEIGHT, WIDTH, 3), dtype=np.float32)
BLACK, WHITE, CHECKED = np.zeros_like(IMAGES[:1]), np.ones_like(IMAGES[:1]), np.round(IMAGES[:2])

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)  # Keras's own, under NumPy 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a network."""
    made = tmp_path_factory.mktemp("network")
    save_network(made)
    return made


@pytest.fixture(params=SINGLE + COMPOSED)
def loss(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ImageLoss:
    monkeypatch.chdir(folder)
    return losses.get(request.param)


def test_equal_images_cost_exactly_nothing_and_others_something(loss: ImageLoss) -> None:
    images = np.concatenate([IMAGES, BLACK, WHITE, CHECKED])
    np.testing.assert_array_equal(loss(images, images.copy()), np.zeros(len(images)))
    assert np.min(loss(IMAGES, OTHERS)) > 0


def test_values_and_gradients_are_finite_for_even_pictures_equal_ones_and_what_a_network_may_overshoot(
    loss: ImageLoss,
) -> None:
    images = np.concatenate([BLACK, WHITE, CHECKED, IMAGES])
    for others in (images, images[::-1], 1 - images, 4 * images[::-1] - 2, 40 * images - 20):
        assert np.isfinite(loss(images, others)).all()
        assert np.isfinite(gradient(loss, images, others.copy())).all()
    assert np.abs(gradient(loss, IMAGES, OTHERS)).max() > 0


def test_comparing_what_was_prepared_once_is_the_loss_of_every_pair(loss: ImageLoss) -> None:
    true, pred = loss.prepare(IMAGES), loss.prepare(OTHERS)
    np.testing.assert_allclose(loss.compare(true, pred), loss(IMAGES, OTHERS), rtol=1e-4, atol=1e-6)
    order = np.array([3, 0, 4, 1, 2])
    turned = tf.nest.map_structure(lambda part: tf.gather(part, order), pred)
    np.testing.assert_allclose(loss.compare(true, turned), loss(IMAGES, OTHERS[order]), rtol=1e-4, atol=1e-6)


def test_what_is_prepared_has_one_part_per_image(loss: ImageLoss) -> None:
    for part in tf.nest.flatten(loss.prepare(IMAGES)):
        assert part.shape[0] == len(IMAGES)
        alone = tf.nest.flatten(loss.prepare(IMAGES[:1]))
    assert all(part.shape[0] == 1 for part in alone)


def test_the_view_is_a_picture_for_each_image(loss: ImageLoss) -> None:
    view = np.asarray(loss.view(IMAGES))
    assert view.ndim == 4
    assert len(view) == len(IMAGES)
    assert view.shape[-1] in (1, 2, 3)
    assert np.isfinite(view).all()
    np.testing.assert_allclose(loss.view(IMAGES[2:3]), view[2:3], rtol=1e-3, atol=1e-5)


def test_what_an_encoder_reads_are_maps_that_keras_can_save(loss: ImageLoss) -> None:
    layer = Readings(loss)
    maps = layer(IMAGES)
    again = Readings.from_config(layer.get_config())(IMAGES)
    assert len(maps) == len(again) >= 1
    for one, other in zip(maps, again, strict=True):
        assert one.shape[0] == len(IMAGES)
        assert len(one.shape) == 4
        np.testing.assert_array_equal(one, other)


def test_its_words_are_those_of_its_blindness(loss: ImageLoss) -> None:
    assert loss.blind_to == blindness.words_of(loss.blindness)


def test_its_terms_add_up_to_it(loss: ImageLoss) -> None:
    assert sum(weight * term for weight, term in loss.terms()) == loss
    assert [term for _, term in (0.5 * loss).terms()] == [term for _, term in loss.terms()]
    np.testing.assert_allclose((0.5 * loss)(IMAGES, OTHERS), 0.5 * loss(IMAGES, OTHERS), rtol=1e-4)
