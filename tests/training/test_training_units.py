"""The loss's units: typical distances, the best constant image, calibrated codes; all against NumPy."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from aekeras import autoencoder, losses
from aekeras.errors import InputError
from aekeras.training import units

SIZE, CODE_DIM = 16, 4


def pictures(count: int, size: int = SIZE) -> np.ndarray:
    """Noise of different strength over grounds of different color."""
    random = np.random.default_rng(0)
    grounds = random.random((count, 1, 1, 3))
    return np.clip(grounds + 0.2 * random.normal(size=(count, size, size, 3)), 0, 1).astype("float32")


def distances(images: np.ndarray) -> np.ndarray:
    return squareform(pdist(images.reshape(len(images), -1).astype(np.float64), "cityblock")) / images[0].size


@pytest.fixture
def network() -> keras.Model:
    """Weights of all layers at random, so that each one counts."""
    shape = autoencoder.Shape(image_size=SIZE, code_dim=CODE_DIM, view=losses.get("l1").matrix, unit=0.3)
    model = autoencoder.build(shape)
    random = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(random.normal(0.0, 0.1, variable.shape))
    return model


def codes(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return network.get_layer("encoder").predict(images, verbose=0).astype(np.float64)


def test_typical_is_the_median_between_different_pictures() -> None:
    by_loss = distances(pictures(9))
    assert units.typical(by_loss, "l1") == pytest.approx(np.median(by_loss[np.triu_indices(9, 1)]))


def test_copies_of_a_picture_do_not_make_the_others_look_nearer() -> None:
    few = pictures(3)
    copied = few[[0, 0, 0, 0, 0, 0, 1, 2]]
    between = distances(few)
    assert between[0, 1:].min() <= units.typical(distances(copied), "l1") <= between.max()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_pictures_that_are_all_equal_are_refused(count: int) -> None:
    expected = rf"^Expected pictures that differ under l1_red\. Received: {count} pictures, all equal under it: .*\.$"
    with pytest.raises(InputError, match=expected):
        units.typical(np.zeros((count, count)), "l1_red")


@pytest.mark.parametrize("count", [1, 256, 300])
def test_the_mean_loss_is_that_of_all_pictures_alike(count: int) -> None:
    inputs = keras.Input((4, 4, 3))
    darker = keras.Model(inputs, keras.layers.Rescaling(0.5)(inputs))
    images = pictures(count, size=4)
    found = units.mean_loss(losses.get("l1"), images, darker)
    assert found == pytest.approx(images.mean() / 2, rel=1e-5)


@pytest.mark.parametrize("count", [3, 300])
def test_under_l1_the_best_constant_image_is_the_median(count: int) -> None:
    images = pictures(count, size=4) ** 3
    median = np.median(images, axis=0)
    found = units.best_constant(losses.get("l1"), images)
    assert found == pytest.approx(abs(images - median).mean(), rel=1e-5)
    assert found < abs(images - images.mean(axis=0)).mean()


def test_the_better_of_median_and_mean_is_taken() -> None:
    class Squares(losses.get("l1").__class__):  # type: ignore[misc]
        def distance(self, view_true: object, view_pred: object) -> object:
            return keras.ops.mean(keras.ops.square(view_true - view_pred), axis=(1, 2, 3))

    images = pictures(20, size=4) ** 3
    assert units.best_constant(Squares(), images) == pytest.approx(images.var(axis=0).mean(), rel=1e-4)


def test_calibrated_code_distances_of_neighbors_are_their_losses(network: keras.Model) -> None:
    images = pictures(40)
    by_loss, before = distances(images), codes(network, images)
    factor = units.calibrate(network, images, by_loss)
    after = codes(network, images)
    np.testing.assert_allclose(after, factor * before, rtol=1e-4, atol=1e-6)
    by_code = squareform(pdist(after))
    np.fill_diagonal(by_code, np.inf)
    nearest = np.argsort(by_code, axis=1)[:, :10]
    ratios = np.take_along_axis(by_loss, nearest, 1) / np.take_along_axis(by_code, nearest, 1)
    assert np.median(ratios) == pytest.approx(1.0, rel=1e-3)


def test_calibration_leaves_reconstructions_as_they_were_and_has_nothing_more_to_do(network: keras.Model) -> None:
    images = pictures(20)
    before = network.predict(images, verbose=0)
    first = units.calibrate(network, images, distances(images))
    assert abs(first - 1) > 0.05
    np.testing.assert_allclose(network.predict(images, verbose=0), before, atol=1e-4)
    assert units.calibrate(network, images, distances(images)) == pytest.approx(1.0, rel=1e-3)


def test_neighbors_that_are_copies_do_not_count(network: keras.Model) -> None:
    images = pictures(12).repeat(2, axis=0)
    by_loss = distances(images)
    factor = units.calibrate(network, images, by_loss)
    assert np.isfinite(factor)
    by_code = squareform(pdist(codes(network, images)))
    apart = by_loss > 0
    assert 0.5 < np.median(by_loss[apart] / by_code[apart]) < 2


def test_a_single_picture_has_no_neighbors_to_calibrate_by(network: keras.Model) -> None:
    assert units.calibrate(network, pictures(1), np.zeros((1, 1))) == 1.0
