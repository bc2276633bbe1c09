"""`l1_max`: exact to the last bit where it judges, a gradient for many pixels where it teaches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import skimage.data
import tensorflow as tf
from gradients import gradient
from PIL import Image
from scipy.spatial.distance import chebyshev, minkowski

from aekeras import losses, samples, training
from aekeras.configuration import Training
from aekeras.equality.controls import pca_codes
from aekeras.equality.distances import code_distances, loss_distances
from aekeras.equality.fidelity import fidelity
from aekeras.export import lite
from aekeras.losses.pixel import L1Max
from aekeras.training.start import landmark_distances

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(256, size=(6, 16, 16, 3), dtype=np.uint8)


@pytest.fixture
def pairs() -> tuple[np.ndarray, np.ndarray]:
    """Eight pairs, float32, shape (8, 9, 14, 3), their differences from about 1 down to 1e-7."""
    images, noise = RANDOM.random((2, 8, 9, 14, 3))
    scale = np.logspace(0, -7, 8).reshape(-1, 1, 1, 1)
    return images.astype("float32"), (images + scale * (noise - images)).astype("float32")


def largest(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """By SciPy, in float32."""
    return np.array([chebyshev(one.ravel(), other.ravel()) for one, other in zip(images, others, strict=True)])


@pytest.mark.parametrize("sharpness", [1, 8, 1000])
def test_it_is_the_chebyshev_distance_of_scipy_to_the_last_bit(
    sharpness: float, pairs: tuple[np.ndarray, np.ndarray]
) -> None:
    loss = L1Max(sharpness=sharpness)
    np.testing.assert_array_equal(loss(*pairs), largest(*pairs))
    compiled = tf.function(loss, jit_compile=True, autograph=False)
    np.testing.assert_array_equal(compiled(*map(tf.constant, pairs)), largest(*pairs))


@pytest.mark.parametrize("judge", [lambda *pair: loss_distances(L1Max(), *pair), lambda *pair: _by_landmarks(pair[1])])
def test_what_judges_pairs_of_pictures_counts_whole_steps_of_256(judge: Any) -> None:
    """The oracle of every report, and the distances that training aims at; 1e-7: 1/255 is no number of float32."""
    steps = np.abs(PICTURES[:, None].astype(int) - PICTURES[None]).max((2, 3, 4))
    np.testing.assert_allclose(255 * judge(PICTURES, PICTURES), steps, rtol=1e-6)


def _by_landmarks(pictures: np.ndarray) -> np.ndarray:
    return landmark_distances(L1Max(), pictures.astype(np.float32) / 255)


def test_one_channel_of_one_pixel_counts_in_full() -> None:
    images = np.full((1, 64, 64, 3), 0.5, "float32")
    marked = images.copy()
    marked[0, 40, 7, 2] = 0.75
    assert float(L1Max()(images, marked)[0]) == 0.25
    assert float(losses.get("l1")(images, marked)[0]) < 1e-4


def test_litert_gives_it_to_the_last_bit() -> None:
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    images, others = RANDOM.random((2, 5, 32, 32, 3), np.float32)
    specs = [tf.TensorSpec((None, 32, 32, 3), tf.float32)]
    encoder = tf.function(lambda x: {"codes": x}, input_signature=specs, autograph=False).get_concrete_function()
    graph = lite.graphs(encoder, L1Max(), (None, 32, 32, 3))["loss"]
    found = litert.Interpreter(model_content=graph).get_signature_runner()(y_true=images, y_pred=others)["loss"]
    np.testing.assert_array_equal(found, largest(images, others))


@pytest.mark.parametrize("sharpness", [1, 2, 8, 40.5])
def test_the_gradient_is_that_of_the_norm_of_scipy(sharpness: float) -> None:
    """Central differences in float64; 1e-4 of the steepest is what float32 and they are off."""
    images, others = RANDOM.random((2, 1, 4, 5, 3))
    differences = np.eye(images.size).reshape(-1, *images.shape[1:]) * 1e-6

    def norm(moved: np.ndarray) -> float:
        return minkowski(images.ravel(), moved.ravel(), sharpness)

    slopes = [(norm(others[0] + one) - norm(others[0] - one)) / 2e-6 for one in differences]
    found = gradient(L1Max(sharpness=sharpness), images.astype("float32"), others.astype("float32"))
    np.testing.assert_allclose(found.ravel(), slopes, atol=1e-4 * np.abs(slopes).max())


def test_the_sharper_the_fewer_pixels_share_the_gradient() -> None:
    images, others = RANDOM.random((2, 3, 16, 16, 3), np.float32)

    def reached(sharpness: float) -> float:
        """How many numbers as even as possible would hold as much: (sum g)^2 / sum g^2."""
        slopes = np.abs(gradient(L1Max(sharpness=sharpness), images, others)).reshape(3, -1)
        return float((slopes.sum(1) ** 2 / np.square(slopes).sum(1)).mean())

    counts = [reached(sharpness) for sharpness in (1, 2, 8, 32, 1e5)]
    assert counts == sorted(counts, reverse=True)
    np.testing.assert_allclose([counts[0], counts[-1]], [16 * 16 * 3, 1], rtol=0.01)
    assert counts[2] > 50


def test_the_gradient_is_as_steep_for_errors_of_one_step_as_for_large_ones() -> None:
    images, changes = np.zeros((2, 8, 8, 3), np.float32), RANDOM.random((2, 8, 8, 3), np.float32)
    large, small = (gradient(L1Max(), images, share * changes) for share in (1.0, 1 / 256))
    np.testing.assert_allclose(small, large, rtol=1e-5)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_equal_images_have_a_loss_and_a_gradient_of_exactly_zero(value: float) -> None:
    images = np.full((1, 6, 6, 3), value, "float32")
    assert float(L1Max()(images, images)[0]) == 0.0
    assert (gradient(L1Max(), images, images.copy()) == 0).all()


def test_the_gradient_is_finite_however_small_or_large_the_difference() -> None:
    images = np.zeros((1, 6, 6, 3), "float32")
    for difference in (1e-30, 1e-20, 1e-12, 1e-7, 1e-3, 1.0, 1e4):
        assert np.isfinite(gradient(L1Max(), images, images + np.float32(difference))).all(), difference


def descended(sharpness: float, steps: int = 40) -> float:
    """Where pixels end that follow the gradient from noise to a picture, as a share of where they began."""
    images, others = RANDOM.random((2, 1, 16, 16, 3), np.float32)
    loss = L1Max(sharpness=sharpness)
    first = float(loss(images, others)[0])
    for _ in range(steps):
        slope = gradient(loss, images, others)
        others = others - np.float32(0.02) * slope / np.abs(slope).max()
    return float(loss(images, others)[0]) / first


def test_many_pixels_descend_where_a_plain_maximum_mends_one_after_the_other() -> None:
    assert descended(8) < 0.6
    assert descended(1e5) > 0.9


def test_what_an_encoder_reads_never_differs_by_more_than_the_loss() -> None:
    """So that codes which read it cannot be far apart for pictures within a tolerance; 9 x 14 fills no block."""
    images, noise = RANDOM.random((2, 7, 9, 14, 3), np.float32)
    others = images + np.float32(0.1) * noise
    bound = np.asarray(L1Max()(images, others)) + 1e-6
    maps = list(zip(L1Max().readings(images), L1Max().readings(others), strict=True))
    assert [one.shape[1:] for one, _ in maps] == [(3, 4, 6), (2, 2, 6), (1, 1, 6)]
    for one, other in maps:
        assert (np.abs(one - other).max((1, 2, 3)) <= bound).all()
    whole = np.concatenate([images.max((1, 2)), -images.min((1, 2))], axis=-1)
    np.testing.assert_array_equal(maps[-1][0][:, 0, 0], whole)


def test_it_adds_up_and_is_wrapped_as_any_loss() -> None:
    images, others = RANDOM.random((2, 4, 16, 16, 3), np.float32)
    mean, most = np.abs(images - others).mean((1, 2, 3)), largest(images, others)
    np.testing.assert_allclose(losses.get("0.5*l1 + 0.5*l1_max")(images, others), 0.5 * (mean + most), rtol=1e-6)
    mirrored = np.minimum(most, largest(images, others[:, :, ::-1]))
    np.testing.assert_array_equal(losses.get("mirror(l1_max)")(images, others), mirrored)
    assert (np.asarray(losses.get("center(l1_max)")(images, others)) <= most).all()


def photographs(count: int, side: int) -> np.ndarray:
    """Crops at random places and scales, uint8, shape (count, side, side, 3)."""
    names, random = ("astronaut", "chelsea", "coffee", "rocket", "retina"), np.random.default_rng(0)
    crops = []
    for number in range(count):
        whole = getattr(skimage.data, names[number % len(names)])()[..., :3]
        size = int(random.uniform(0.15, 0.6) * min(whole.shape[:2]))
        y, x = (random.integers(0, length - size) for length in whole.shape[:2])
        crops.append(np.asarray(Image.fromarray(whole[y : y + size, x : x + size]).resize((side, side))))
    return np.stack(crops)


def drawn(count: int, side: int) -> np.ndarray:
    """The built-in samples, most of them on an even ground."""
    return np.stack([samples.draw(sample, side) for sample in samples.generate(count)])[:count]


@pytest.mark.slow
@pytest.mark.parametrize("source", [photographs, drawn])
def test_a_training_under_it_does_not_collapse(source: Any) -> None:
    config = Training(image_size=32, epochs=6, batch_size=32, seed=1)
    pictures = np.random.default_rng(1).permutation(source(300, 32))
    trained = training.fit(pictures[60:], L1Max(), config)  # which refuses one
    assert trained.quality.reconstruction < 0.95 * trained.quality.constant


@pytest.mark.slow
def test_codes_of_photographs_find_more_than_principal_components_do() -> None:
    pictures = np.random.default_rng(1).permutation(photographs(500, 32))
    encoder = training.fit(pictures[100:], L1Max(), Training(image_size=32, epochs=6, seed=1)).autoencoder.get_layer(
        "encoder"
    )
    codes = encoder.predict(pictures / np.float32(255), batch_size=256, verbose=0)
    by_loss = loss_distances(L1Max(), pictures[:100], pictures[100:])
    own = fidelity(code_distances(codes[:100], codes[100:]), by_loss).mean()
    flat = (pictures / np.float32(255)).reshape(len(pictures), -1)
    collection, queries = pca_codes(flat[100:], flat[:100], 64)
    assert own > fidelity(code_distances(queries, collection), by_loss).mean()
