"""The training objective against brute force: SciPy's distances of all pairs, and its formula by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.distance import cdist, pdist, squareform

from aekeras import losses, objective

SIZE = 8
LUMA = (0.299, 0.587, 0.114)


def pictures(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, SIZE, SIZE, 3), dtype=np.float32)


def flat_luma(images: np.ndarray) -> np.ndarray:
    return (images.astype(np.float64) @ LUMA).reshape(len(images), -1)


def as_matrix(rolled: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """(shifts, N) values of the pairs (i, i - s) as a symmetric (N, N) matrix; NaN where a pair is missing."""
    count = rolled.shape[1]
    matrix = np.full((count, count), np.nan)
    for row, shift in zip(rolled, shifts, strict=True):
        for i, value in enumerate(row):
            matrix[i, i - shift] = matrix[i - shift, i] = value
    np.fill_diagonal(matrix, 0.0)
    return matrix


@pytest.mark.parametrize("count", [2, 3, 6, 7, 64])
def test_the_shifts_make_up_every_pair_of_a_batch(count: int) -> None:
    shifts = np.asarray(objective.all_pairs(count))
    pairs = {frozenset((i, (i - s) % count)) for s in shifts for i in range(count)}
    assert pairs == {frozenset((i, j)) for i in range(count) for j in range(i)}


@pytest.mark.parametrize("count", [2, 5, 8])
def test_losses_of_pairs_are_the_mean_city_block_distances_of_the_views(count: int) -> None:
    shifts = np.asarray(objective.all_pairs(count))
    found = np.asarray(objective.pair_losses(losses.get("l1_gray"), pictures(count), shifts))
    assert found.shape == (len(shifts), count)
    expected = squareform(pdist(flat_luma(pictures(count)), "cityblock")) / SIZE**2
    np.testing.assert_allclose(as_matrix(found, shifts), expected, atol=1e-6)


@pytest.mark.parametrize("count", [2, 5, 8])
def test_distances_of_pairs_are_euclidean(count: int) -> None:
    codes = np.random.default_rng(0).normal(size=(count, 4)).astype("float32")
    shifts = np.asarray(objective.all_pairs(count))
    found = np.asarray(objective.pair_distances(codes, shifts))
    np.testing.assert_allclose(as_matrix(found, shifts), squareform(pdist(codes)), atol=1e-5)


def test_losses_across_are_those_of_every_image_with_every_other_one() -> None:
    images, others = pictures(5, seed=1), pictures(3, seed=2)
    found = np.asarray(objective.cross_losses(losses.get("l1"), images, others))
    expected = cdist(images.reshape(5, -1), others.reshape(3, -1), "cityblock") / (3 * SIZE**2)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_all_of_it_runs_compiled_with_a_batch_that_is_not_known_beforehand() -> None:
    loss, images = losses.get("l1_red"), pictures(7)

    @tf.function(input_signature=[tf.TensorSpec([None, SIZE, SIZE, 3])])
    def compare(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        shifts = objective.all_pairs(tf.shape(batch)[0])
        return (
            objective.pair_losses(loss, batch, shifts),
            objective.pair_distances(tf.reshape(batch, (-1, SIZE * SIZE * 3)), shifts),
        )

    by_loss, by_code = compare(images)
    shifts = np.asarray(objective.all_pairs(7))
    np.testing.assert_allclose(by_loss, objective.pair_losses(loss, images, shifts), rtol=1e-5)
    np.testing.assert_allclose(by_code, objective.pair_distances(images.reshape(7, -1), shifts), rtol=1e-5)


def test_isometry_is_the_weighted_mean_error_and_near_pairs_weigh_more() -> None:
    # Unit 1: weights 1 / (0 + 0.1) = 10 and 1 / (0.4 + 0.1) = 2; errors 0.3 and 0.6.
    found = float(objective.isometry(np.array([0.3, 1.0]), np.array([0.0, 0.4]), 1.0))
    assert found == pytest.approx((10 * 0.3 + 2 * 0.6) / 12)


def test_isometry_is_zero_for_an_isometry_and_in_the_units_of_the_loss() -> None:
    by_loss = np.random.default_rng(0).random((4, 8))
    assert float(objective.isometry(by_loss, by_loss, 0.2)) == 0.0
    by_code = by_loss + 0.1
    once = float(objective.isometry(by_code, by_loss, 0.2))
    assert once == pytest.approx(0.1)
    assert float(objective.isometry(5 * by_code, 5 * by_loss, 5 * 0.2)) == pytest.approx(5 * once)


def test_equal_codes_have_a_distance_of_nothing_and_a_finite_gradient() -> None:
    codes = tf.Variable(np.ones((4, 3), "float32"))
    shifts = objective.all_pairs(4)
    with tf.GradientTape() as tape:
        distances = objective.pair_distances(codes, shifts)
        total = objective.isometry(distances, tf.fill(tf.shape(distances), 0.1), 0.1)
    assert float(tf.reduce_max(distances)) <= 1e-5
    assert np.isfinite(tape.gradient(total, codes)).all()


def test_the_distances_move_codes_but_the_losses_move_nothing() -> None:
    images = tf.Variable(pictures(4))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(objective.pair_losses(losses.get("l1"), images, objective.all_pairs(4)))
    assert tape.gradient(total, images) is None

    codes = tf.Variable(np.random.default_rng(0).normal(size=(4, 3)))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(objective.pair_distances(codes, objective.all_pairs(4)))
    assert abs(tape.gradient(total, codes).numpy()).min() > 0


def test_blends_lie_on_the_segment_between_neighbors_and_within_the_range() -> None:
    images = pictures(32)
    found = np.asarray(objective.blends(images, keras.random.SeedGenerator(0)))
    assert found.shape == images.shape
    assert found.min() >= 0
    assert found.max() <= 1
    partners = np.roll(images, 1, axis=0)
    way = images - partners
    shares = ((found - partners) * way).sum(axis=-1) / (way**2).sum(axis=-1)  # one per pixel
    assert shares.min() >= -1e-4
    assert shares.max() <= 1 + 1e-4
    np.testing.assert_allclose(found, partners + shares[..., None] * way, atol=1e-5)
    assert np.ptp(shares.mean(axis=(1, 2))) > 0.3  # each blend has its own


def test_blends_are_new_in_every_step_and_the_same_from_the_same_seed() -> None:
    seeds, again = keras.random.SeedGenerator(3), keras.random.SeedGenerator(3)
    first, second = (np.asarray(objective.blends(pictures(4), seeds)) for _ in range(2))
    assert abs(first - second).max() > 0.01
    np.testing.assert_array_equal(objective.blends(pictures(4), again), first)
