"""The structural losses: contrast, edges and slopes against NumPy and scikit-image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import skimage.data
import skimage.filters
import tensorflow as tf

from aekeras.errors import InputError
from aekeras.losses.structure import GradientDifference, L1Contrast, L1Edges

LUMA = np.array([0.299, 0.587, 0.114], "float32")
SIZES = [(64, 64), (40, 57), (12, 31)]
ROUNDED = 2.0**-13  # by how much the view of l1_edges may lie below the magnitude


def pictures(height: int, width: int) -> np.ndarray:
    """Photographs, noise, noise in black and white, black, gray and white, float32."""
    crops = [skimage.data.astronaut()[100:, 150:], skimage.data.chelsea()[80:, 90:]]
    noise = np.random.default_rng(0).random((2, height, width, 3))
    noise[1] = noise[1] > 0.5
    even = [np.full((height, width, 3), value) for value in (0, 0.7, 1)]
    return np.stack([*(crop[:height, :width] / 255 for crop in crops), *noise, *even]).astype("float32")


def luma(images: np.ndarray) -> np.ndarray:
    return images.astype("float64") @ LUMA


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("floor", [0.01, 0.3])
def test_contrast_is_luma_less_its_mean_in_standard_deviations(size: tuple[int, int], floor: float) -> None:
    images = pictures(*size)
    y = luma(images)
    deviation = np.maximum(y.std((1, 2), keepdims=True), floor)
    expected = (y - y.mean((1, 2), keepdims=True)) / deviation
    loss = L1Contrast(floor=floor)
    np.testing.assert_allclose(loss.view(images)[..., 0], expected, atol=2e-5)
    gaps = abs(expected - expected[::-1]).mean((1, 2))
    np.testing.assert_allclose(loss(images, images[::-1]), gaps, atol=1e-5)


@pytest.mark.parametrize("noise", [0.0, 0.001, 0.008, 0.015, 0.03])
@pytest.mark.parametrize("seed", [0, 1])
def test_other_light_on_a_nearly_even_picture_is_not_seen(noise: float, seed: int) -> None:
    """Within 1e-5: luma is rounded to about 6e-8, and the view divides that by 0.01."""
    draw = np.random.default_rng(seed)
    images = np.clip(0.6 + noise * draw.standard_normal((16, 24, 24, 1)) * np.ones(3), 0, 1).astype("float32")
    loss = L1Contrast()
    changed = np.asarray(loss.metamer(images, seed))
    assert np.asarray(loss(images, changed)).max() <= 1e-5
    assert (abs(changed - images).mean((1, 2, 3)) > 0.01).all()


def test_above_the_floor_contrast_is_not_seen_and_below_it_is() -> None:
    images = pictures(32, 32)[:2]
    gray = np.repeat(luma(images)[..., None], 3, axis=3).astype("float32")
    faded, faint = 0.2 + 0.5 * gray, 0.5 + 0.01 * gray
    assert np.asarray(L1Contrast()(images, faded)).max() <= 1e-5
    assert np.asarray(L1Contrast()(images, faint)).min() > 0.1
    assert np.asarray(L1Contrast(floor=1e-4)(images, faint)).max() <= 1e-3


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_edges_are_the_sobel_magnitude_of_scikit_image(size: tuple[int, int]) -> None:
    """Below it by up to 2^-13, since its tip is rounded, and 1e-6 for float32."""
    images = pictures(*size)
    expected = np.stack([skimage.filters.sobel(y) for y in luma(images)])
    below = expected - np.asarray(L1Edges().view(images))[..., 0]
    assert below.min() >= -1e-6
    assert below.max() <= ROUNDED + 1e-6
    gaps = abs(expected - expected[::-1]).mean((1, 2))
    np.testing.assert_allclose(L1Edges()(images, images[::-1]), gaps, atol=ROUNDED)


def test_edges_of_a_negative_are_the_same_and_slopes_are_not() -> None:
    images = pictures(32, 32)[:4]
    assert np.asarray(L1Edges()(images, 1 - images)).max() <= 1e-6
    assert np.asarray(GradientDifference()(images, 1 - images)).min() > 0.01


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_slopes_are_the_differences_of_neighbors(size: tuple[int, int]) -> None:
    images, loss = pictures(*size), GradientDifference()
    right, down = np.diff(luma(images), axis=2), np.diff(luma(images), axis=1)
    expected = abs(right - right[::-1]).mean((1, 2)) + abs(down - down[::-1]).mean((1, 2))
    np.testing.assert_allclose(loss(images, images[::-1]), expected, rtol=1e-5, atol=1e-7)
    for read, slopes in zip(loss.readings(images), (right, down), strict=True):
        np.testing.assert_allclose(read[..., 0], slopes, atol=1e-6)


def test_slopes_are_those_of_tensorflow() -> None:
    images = pictures(16, 16)
    down, right = tf.image.image_gradients(tf.constant(luma(images)[..., None] - luma(images[::-1])[..., None]))
    expected = (abs(right.numpy()).sum((1, 2, 3)) + abs(down.numpy()).sum((1, 2, 3))) / (15 * 16)
    np.testing.assert_allclose(GradientDifference()(images, images[::-1]), expected, rtol=1e-5, atol=1e-7)


def test_a_line_of_pixels_has_slopes_along_it_only() -> None:
    line = np.array([0, 0.5, 0.5], "float32").reshape(1, 1, 3, 1) * np.ones(3, "float32")
    assert float(GradientDifference()(line, 0 * line)[0]) == pytest.approx(0.25)
    assert float(GradientDifference()(line.swapaxes(1, 2), 0 * line.swapaxes(1, 2))[0]) == pytest.approx(0.25)


def test_the_view_of_slopes_is_luma_less_its_mean() -> None:
    images = pictures(16, 20)
    y = luma(images)
    expected = y - y.mean((1, 2), keepdims=True)
    np.testing.assert_allclose(GradientDifference().view(images)[..., 0], expected, atol=1e-6)


@pytest.mark.parametrize("floor", [0, -1.0, 1e-9, float("inf"), float("nan"), "low", True])
def test_a_floor_that_is_none_is_refused(floor: Any) -> None:
    with pytest.raises(InputError) as caught:
        L1Contrast(floor=floor)
    assert str(caught.value) == (
        f"Expected `floor` of l1_contrast to be a number of at least 1e-06. Received: {floor!r}. Leave it out for 0.01."
    )
