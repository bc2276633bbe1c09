"""Block means and the Laplacian pyramid, against means in NumPy and filters of SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from scipy.ndimage import convolve1d

from aekeras import losses
from aekeras.losses.blindness import Detail
from aekeras.losses.scale import L1Coarse, LaplacianPyramid

SIZES = [(64, 64), (45, 50), (7, 9), (1, 3)]


def pictures(height: int, width: int) -> np.ndarray:
    """Two photographs, noise, and noise in black and white."""
    crops = [skimage.data.astronaut()[100:, 150:], skimage.data.chelsea()[80:, 90:]]
    noise = np.random.default_rng(0).random((2, height, width, 3))
    noise[1] = noise[1] > 0.5
    return np.concatenate([[crop[:height, :width] / 255 for crop in crops], noise]).astype("float32")


def block_means(images: np.ndarray, factor: int) -> np.ndarray:
    count, height, width, channels = images.shape
    rows, columns = range(0, height, factor), range(0, width, factor)
    blocks = [images[:, i : i + factor, j : j + factor].mean((1, 2)) for i in rows for j in columns]
    return np.stack(blocks, axis=1).reshape(count, len(rows), len(columns), channels)


def smoothed(images: np.ndarray) -> np.ndarray:
    weights = np.array([1, 4, 6, 4, 1]) / 16
    return convolve1d(convolve1d(images, weights, axis=1, mode="mirror"), weights, axis=2, mode="mirror")


def pyramid(images: np.ndarray, levels: int) -> list[np.ndarray]:
    """As Burt and Adelson have it: smooth and drop every second; fill in zeros, smooth, times 4."""
    found, rest = [], images.astype("float64")
    for _ in range(levels - 1):
        coarse = smoothed(rest)[:, ::2, ::2]
        filled = np.zeros_like(rest)
        filled[:, ::2, ::2] = coarse
        found.append(rest - 4 * smoothed(filled))
        rest = coarse
    return [*found, rest]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("factor", [2, 7, 8])
def test_the_coarse_view_is_the_mean_of_each_block_whole_or_not(size: tuple[int, int], factor: int) -> None:
    images = pictures(*size)
    means = block_means(images, factor)
    loss = L1Coarse(factor=factor)
    np.testing.assert_allclose(loss.view(images), means, atol=1e-6)
    np.testing.assert_allclose(loss(images, images[::-1]), abs(means - means[::-1]).mean((1, 2, 3)), atol=1e-6)


@pytest.mark.parametrize("size", SIZES[:3], ids=str)
@pytest.mark.parametrize("factor", [2, 7, 8])
def test_detail_within_the_blocks_is_not_seen_and_changes_even_in_black_and_white(
    size: tuple[int, int], factor: int
) -> None:
    images, loss = pictures(*size), L1Coarse(factor=factor)
    changed = np.asarray(loss.metamer(images, 3))
    assert loss.blindness == (Detail(factor),)
    assert changed.min() >= 0
    assert changed.max() <= 1
    np.testing.assert_allclose(block_means(changed, factor), block_means(images, factor), atol=1e-6)
    assert np.asarray(loss(images, changed)).max() <= 1e-6
    assert (abs(changed - images).mean((1, 2, 3)) > 0.005).all()


def test_blocks_that_are_not_halved_differ_though_their_pixels_are_the_same() -> None:
    stripes = np.zeros((1, 8, 8, 3), "float32")
    stripes[:, :, ::2] = 1
    assert float(L1Coarse(factor=2)(stripes, 1 - stripes)[0]) == 0
    assert float(L1Coarse(factor=3)(stripes, 1 - stripes)[0]) > 0.1


@pytest.mark.parametrize("size", [(64, 64), (45, 50), (16, 9)], ids=str)
@pytest.mark.parametrize("levels", [1, 2, 4])
def test_the_pyramid_is_that_of_burt_and_adelson(size: tuple[int, int], levels: int) -> None:
    images = pictures(*size)
    found, expected = LaplacianPyramid(levels=levels).prepare(images), pyramid(images, levels)
    assert len(found) == levels
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.moveaxis(one, 1, -1), other, atol=1e-6)
    gaps = [abs(level - level[::-1]).mean((1, 2, 3)) for level in expected]
    np.testing.assert_allclose(LaplacianPyramid(levels=levels)(images, images[::-1]), sum(gaps), rtol=1e-5)


def test_one_level_is_l1() -> None:
    images = pictures(16, 16)
    found = losses.get("laplacian_pyramid(levels=1)")(images, images[::-1])
    np.testing.assert_allclose(found, losses.get("l1")(images, images[::-1]), rtol=1e-6)


@pytest.mark.parametrize(("size", "levels"), [((64, 64), 6), ((9, 64), 4), ((3, 3), 2), ((2, 8), 1), ((1, 1), 1)])
def test_small_images_have_as_many_levels_as_keep_two_pixels(size: tuple[int, int], levels: int) -> None:
    found = LaplacianPyramid(levels=10).prepare(np.ones((1, *size, 3), "float32"))
    assert len(found) == levels
    assert levels == 1 or min(found[-1].shape[2:]) >= 2


def test_the_pyramid_of_a_difference_is_the_difference_of_the_pyramids() -> None:
    """On which the quick way to compare two images relies."""
    images, loss = pictures(45, 50), LaplacianPyramid()
    slow = loss.compare(loss.prepare(images), loss.prepare(images[::-1]))
    np.testing.assert_allclose(loss(images, images[::-1]), slow, rtol=1e-5)


def test_a_tint_of_the_whole_weighs_what_it_differs_by_and_as_much_of_noise_a_little_more() -> None:
    gray = np.full((1, 64, 64, 3), 0.5, "float32")
    noise = np.random.default_rng(0).choice([-0.1, 0.1], gray.shape).astype("float32")
    loss = LaplacianPyramid()
    np.testing.assert_allclose(loss(gray, gray + 0.1), 0.1, rtol=1e-4)
    assert float(loss(gray, gray + noise)[0]) > 0.1
    assert float(L1Coarse()(gray, gray + noise)[0]) < 0.02
