"""What every loss of the catalogue keeps beside what `aekeras losses check` measures: its parts fit together."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from aekeras import losses
from aekeras.losses import blindness, catalogue
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.readings import Readings

HEIGHT, WIDTH = 24, 36
EXAMPLES = [row.example for row in catalogue() if row.example]
IMAGES, OTHERS = np.random.default_rng(0).random((2, 5, HEIGHT, WIDTH, 3), dtype=np.float32)


@pytest.fixture(params=EXAMPLES)
def loss(request: pytest.FixtureRequest) -> ImageLoss:
    return losses.get(request.param)


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


def test_images_may_be_wide_or_high_and_on_a_compiled_function_as_many_as_there_are(loss: ImageLoss) -> None:
    free = tf.TensorSpec([None, HEIGHT, WIDTH, 3], tf.float32)
    compiled = tf.function(loss.__call__, input_signature=[free, free], autograph=False)
    for count in (1, 5):
        found = compiled(IMAGES[:count], OTHERS[:count])
        np.testing.assert_allclose(found, loss(IMAGES, OTHERS)[:count], rtol=1e-3)
    high, other = (np.swapaxes(images, 1, 2).copy() for images in (IMAGES, OTHERS))
    assert loss(high, other).shape == (5,)


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
    assert loss.terms() == ((1.0, loss),)
    assert [term for _, term in (0.5 * loss).terms()] == [loss]
    np.testing.assert_allclose((0.5 * loss)(IMAGES, OTHERS), 0.5 * loss(IMAGES, OTHERS), rtol=1e-4)
