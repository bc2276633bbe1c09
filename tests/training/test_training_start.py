"""Where training begins: exact distances, codes of classical scaling, recognisable pictures, nothing trained yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from scipy.spatial.distance import pdist, squareform

from aekeras import closed_form, losses, training
from aekeras.configuration import Training
from aekeras.errors import InputError
from aekeras.training import Start, start, units

CONFIG = Training(image_size=16, code_dim=12, seed=3)
COUNT = 60
LUMA = (0.299, 0.587, 0.114)


def pictures(count: int = COUNT, size: int = 16) -> np.ndarray:
    """Discs of random place, size and color on random grounds, uint8."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size] / size
    drawn = []
    for _ in range(count):
        center, radius = random.uniform(0.2, 0.8, 2), random.uniform(0.1, 0.4)
        inside = (y - center[0]) ** 2 + (x - center[1]) ** 2 < radius**2
        drawn.append(np.where(inside[..., None], random.integers(0, 256, 3), random.integers(0, 256, 3)))
    return np.stack(drawn).astype(np.uint8)


def begin(name: str = "l1_gray", config: Training = CONFIG) -> Start:
    return training.begin(pictures(), losses.get(name), config)


@pytest.fixture(scope="module")
def begun() -> dict[str, Start]:
    return {name: begin(name) for name in ("l1", "l1_gray", "l1_red")}


def codes(begun: Start) -> np.ndarray:
    return begun.learner.encoder.predict(begun.landmarks, verbose=0)


def test_landmarks_are_pictures_that_train_and_none_is_held_out(begun: dict[str, Start]) -> None:
    found = begun["l1_gray"]
    assert sorted([*found.train, *found.held_out]) == list(range(COUNT))
    assert len(found.held_out) == COUNT // 10
    assert found.landmarks.dtype == np.float32
    np.testing.assert_allclose(255 * found.landmarks, pictures()[np.sort(found.train)], atol=1e-4)


@pytest.mark.parametrize("count", [1, 5, 128, 131])
def test_landmark_distances_are_those_of_scipy(count: int) -> None:
    images = pictures(count, size=8).astype(np.float32) / 255
    found = start.landmark_distances(losses.get("l1_gray"), images)
    assert found.dtype == np.float64
    luma = (images @ LUMA).reshape(count, -1)
    np.testing.assert_allclose(found, squareform(pdist(luma, "cityblock")).reshape(count, count) / 64, atol=1e-6)
    np.testing.assert_array_equal(found, found.T)
    assert not np.diag(found).any()


def test_a_start_knows_the_distances_of_its_landmarks_and_their_unit(begun: dict[str, Start]) -> None:
    for found in begun.values():
        expected = start.landmark_distances(found.learner.equality, found.landmarks)
        np.testing.assert_allclose(found.distances, expected)
        assert found.learner.unit == units.typical(found.distances, "any")


@pytest.mark.parametrize("name", ["l1", "l1_gray", "l1_red"])
def test_codes_begin_near_those_of_classical_scaling(name: str, begun: dict[str, Start]) -> None:
    found = begun[name]
    scaled = closed_form.classical_scaling(found.distances, CONFIG.code_dim)
    assert np.corrcoef(pdist(codes(found)), pdist(scaled))[0, 1] > 0.95


@pytest.mark.parametrize("name", ["l1", "l1_gray", "l1_red"])
def test_reconstructions_begin_better_than_any_constant_image(name: str, begun: dict[str, Start]) -> None:
    found, loss = begun[name], losses.get(name)
    reconstruction = units.mean_loss(loss, found.landmarks, found.learner.autoencoder)
    assert reconstruction < 0.7 * units.best_constant(loss, found.landmarks)


def test_channels_that_the_loss_leaves_free_begin_as_one_even_tint(begun: dict[str, Start]) -> None:
    found = begun["l1_red"]
    reconstructions = found.learner.autoencoder.predict(found.landmarks, verbose=0)
    _, green, blue = losses.get("l1_red").colors.tint
    np.testing.assert_allclose(reconstructions[..., 1], green, atol=1e-3)
    np.testing.assert_allclose(reconstructions[..., 2], blue, atol=1e-3)
    assert np.ptp(reconstructions[..., 0]) > 0.3


def test_the_closed_form_is_held_fixed_and_the_rest_learns(begun: dict[str, Start]) -> None:
    encoder = begun["l1_gray"].learner.encoder
    assert not encoder.get_layer("closed_form").trainable
    learning = {variable.path.split("/")[-2] for variable in begun["l1_gray"].learner.autoencoder.trainable_variables}
    assert learning == {"hidden", "stem", "mix", "hidden_codes", "patch_codes", "linear", "drawing", "drawn", "sharpen"}


def test_without_closed_form_a_random_projection_in_the_units_of_the_loss_takes_its_place() -> None:
    found = begin(config=replace(CONFIG, closed_form=False))
    layer = found.learner.encoder.get_layer("closed_form")
    assert not layer.trainable
    fitted = begin().learner.encoder.get_layer("closed_form").get_weights()
    assert abs(layer.get_weights()[0] - fitted[0]).max() > 1e-3
    codes = np.asarray(found.learner.encoder(found.landmarks))
    apart = np.linalg.norm(codes[:, None] - codes[None], axis=-1)
    assert 0.5 < np.median(apart[apart > 0]) / found.learner.unit < 1.5


def test_the_encoder_gets_only_the_view_where_that_is_asked_for() -> None:
    found, loss = begin(config=replace(CONFIG, encoder_input="view")), losses.get("l1_gray")
    for variable in found.learner.encoder.trainable_variables:
        variable.assign(np.random.default_rng(0).normal(0, 0.1, variable.shape))
    metamers = np.asarray(loss.metamer(found.landmarks, 1))
    np.testing.assert_allclose(found.learner.encoder.predict(metamers, verbose=0), codes(found), atol=1e-5)


def test_the_seed_decides_everything(begun: dict[str, Start]) -> None:
    again, other = begin(), begin(config=replace(CONFIG, seed=4))
    first = begun["l1_gray"].learner.autoencoder
    for weights, repeated in zip(first.get_weights(), again.learner.autoencoder.get_weights(), strict=True):
        np.testing.assert_allclose(weights, repeated, atol=1e-6)
    np.testing.assert_array_equal(again.train, begun["l1_gray"].train)
    assert set(other.held_out) != set(again.held_out)
    stem, new_stem = (model.get_layer("encoder").get_layer("stem") for model in (first, other.learner.autoencoder))
    assert abs(stem.get_weights()[0] - new_stem.get_weights()[0]).max() > 1e-3


def test_pictures_that_are_equal_under_the_loss_are_refused() -> None:
    images = np.zeros((10, 16, 16, 3), np.uint8)
    images[..., 1] = np.arange(10)[:, None, None]
    expected = r"^Expected pictures that differ under l1_red\. Received: 10 pictures, all equal under it: what it sees"
    with pytest.raises(InputError, match=expected):
        training.begin(images, losses.get("l1_red"), CONFIG)


def test_fewer_pictures_than_numbers_in_a_code_still_begin() -> None:
    found = training.begin(pictures(3), losses.get("l1"), CONFIG)
    assert len(found.held_out) == 0
    assert codes(found).shape == (3, CONFIG.code_dim)
    np.testing.assert_allclose(pdist(codes(found)), squareform(found.distances), rtol=0.2)


def test_nothing_is_compiled_yet(begun: dict[str, Start]) -> None:
    assert isinstance(begun["l1"].learner, keras.Model)
    assert not begun["l1"].learner.compiled


class Downwards(losses.ViewLoss):
    """Darker counts, lighter does not."""

    symmetric = False

    def distance(self, view_true: Any, view_pred: Any) -> Any:
        return ops.mean(ops.relu(view_true - view_pred), axis=(1, 2, 3))


def test_the_landmarks_of_a_loss_that_is_not_symmetric_are_as_far_apart_as_on_the_mean_of_both_ways() -> None:
    darkness = np.linspace(0.5, 2, 140, dtype=np.float32)[:, None, None, None]  # more pictures than in one block
    images = np.random.default_rng(0).random((140, 16, 16, 3), dtype=np.float32) ** darkness
    found = start.landmark_distances(Downwards(), images)
    for i, j in ((0, 1), (3, 139), (139, 2), (130, 135)):
        ways = Downwards()(images[[i, j]], images[[j, i]])
        np.testing.assert_allclose(found[i, j], np.mean(ways), rtol=1e-5)
    np.testing.assert_array_equal(found, found.T)
