"""What every loss of the catalogue keeps, whatever its formula: a new one is tested by its row alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf

from aekeras import losses
from aekeras.losses import catalogue
from aekeras.losses.view_loss import ViewLoss

SIZE = 24
# Directions in which a pixel's color moves, by what a loss must be blind to for not to see it.
DIRECTIONS = {
    "red": [(1.0, 0.0, 0.0)],
    "green": [(0.0, 1.0, 0.0)],
    "blue": [(0.0, 0.0, 1.0)],
    "chroma": [(0.587, -0.299, 0.0), (0.0, 0.114, -0.587)],
}


@pytest.fixture(params=[row.name for row in catalogue()])
def loss(request: pytest.FixtureRequest) -> ViewLoss:
    return losses.get(request.param)


def pictures(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, SIZE, SIZE, 3), dtype=np.float32)


def value(loss: ViewLoss, images: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.asarray(loss(images, others))


def seen(loss: ViewLoss) -> list[str]:
    return [word for word in DIRECTIONS if word not in loss.blind_to]


@pytest.mark.parametrize("count", [1, 5])
def test_there_is_one_finite_number_per_image_and_none_below_zero(loss: ViewLoss, count: int) -> None:
    found = value(loss, pictures(count, seed=1), pictures(count, seed=2))
    assert found.shape == (count,)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert (found > 0).all()


def test_images_need_not_be_square(loss: ViewLoss) -> None:
    images = pictures(3)[:, : SIZE // 2]
    assert value(loss, images, images[::-1]).shape == (3,)


def test_it_is_zero_for_equal_images(loss: ViewLoss) -> None:
    for images in (pictures(4), np.zeros((1, SIZE, SIZE, 3), "float32"), np.ones((1, SIZE, SIZE, 3), "float32")):
        np.testing.assert_allclose(value(loss, images, images.copy()), 0.0, atol=1e-6)


def test_it_is_symmetric(loss: ViewLoss) -> None:
    images, others = pictures(4, seed=1), pictures(4, seed=2)
    np.testing.assert_allclose(value(loss, images, others), value(loss, others, images), rtol=1e-6)


def test_a_detour_is_never_shorter(loss: ViewLoss) -> None:
    images = np.concatenate([pictures(4), 0.2 * pictures(3, seed=1), np.zeros_like(pictures(1))])
    a, b, c = (images[list(rows)] for rows in zip(*itertools.permutations(range(len(images)), 3), strict=True))
    assert (value(loss, a, c) <= value(loss, a, b) + value(loss, b, c) + 1e-6).all()


def test_each_value_is_independent_of_the_rest_of_the_batch(loss: ViewLoss) -> None:
    images, others = pictures(6, seed=1), pictures(6, seed=2)
    alone = np.concatenate([value(loss, images[i : i + 1], others[i : i + 1]) for i in range(6)])
    np.testing.assert_allclose(value(loss, images, others), alone, rtol=1e-6)


def test_compiled_it_gives_what_it_gives_eagerly(loss: ViewLoss) -> None:
    images, others = pictures(4, seed=1), pictures(4, seed=2)
    free_batch = tf.TensorSpec([None, SIZE, SIZE, 3], tf.float32)
    compiled = tf.function(loss.__call__, input_signature=[free_batch, free_batch])
    np.testing.assert_allclose(compiled(images, others), value(loss, images, others), rtol=1e-5)


def test_it_is_the_distance_of_the_views(loss: ViewLoss) -> None:
    images, others = pictures(4, seed=1), pictures(4, seed=2)
    distance = loss.distance(loss.view(images), loss.view(others))
    np.testing.assert_allclose(value(loss, images, others), distance, rtol=1e-6)


def test_it_sees_each_direction_of_color_that_it_is_not_said_to_be_blind_to(loss: ViewLoss) -> None:
    for word in seen(loss):
        for direction in DIRECTIONS[word]:
            moved = pictures(3) + 0.3 * pictures(3, seed=1)[..., :1] * np.array(direction, "float32")
            assert (value(loss, pictures(3), moved) > 1e-3).all() or _lies_in_blindness(loss, direction), word


def test_its_gradient_is_zero_in_the_directions_that_it_is_blind_to(loss: ViewLoss) -> None:
    images = tf.Variable(pictures(3, seed=1))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(loss(pictures(3, seed=2), images))
    gradient = tape.gradient(total, images).numpy()
    assert np.isfinite(gradient).all()
    assert abs(gradient).max() > 0
    for word in set(loss.blind_to) & set(DIRECTIONS):
        for direction in DIRECTIONS[word]:
            assert abs(gradient @ direction).max() <= 1e-6 * abs(gradient).max(), word


def _lies_in_blindness(loss: ViewLoss, direction: tuple[float, ...]) -> bool:
    """Whether the direction is a mixture of those that the loss is blind to."""
    blind = [other for word in loss.blind_to for other in DIRECTIONS.get(word, [])]
    return bool(blind) and np.linalg.matrix_rank([*blind, direction]) == np.linalg.matrix_rank(blind)
