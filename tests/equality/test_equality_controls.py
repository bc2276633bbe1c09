"""Codes that need no training, against scikit-learn, scikit-image and plain means."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from skimage.transform import downscale_local_mean
from sklearn.decomposition import PCA

from aekeras.equality.controls import pca_codes, pixel_codes, scaled_codes

RANDOM = np.random.default_rng(3)


def pictures(side: int, count: int = 6) -> np.ndarray:
    return RANDOM.integers(256, size=(count, side, side, 3), dtype=np.uint8)


def views(count: int, width: int) -> np.ndarray:
    """Far from the origin, with some directions longer than others, float32 as views are."""
    return (0.5 + RANDOM.normal(size=(count, width)) * np.linspace(0.3, 0.01, width)).astype(np.float32)


@pytest.mark.parametrize(("side", "code_dim", "grid"), [(32, 64, 4), (32, 12, 2), (32, 3, 1), (30, 75, 5)])
def test_pixels_are_area_means_where_the_grid_divides_the_picture(side: int, code_dim: int, grid: int) -> None:
    images = pictures(side)
    expected = [downscale_local_mean(image / 255.0, (side // grid, side // grid, 1)).ravel() for image in images]
    codes = pixel_codes(images, code_dim)
    assert codes.dtype == np.float32
    assert codes.shape == (6, 3 * grid * grid)
    np.testing.assert_allclose(codes, expected, atol=1e-6)  # float32


def test_pixels_across_a_border_count_by_their_share() -> None:
    """Repeating each pixel makes the grid divide the picture, and changes no mean."""
    images = pictures(7)
    repeated = images.repeat(3, axis=1).repeat(3, axis=2)
    expected = [downscale_local_mean(image / 255.0, (7, 7, 1)).ravel() for image in repeated]
    np.testing.assert_allclose(pixel_codes(images, 27), expected, atol=1e-6)


@pytest.mark.parametrize("code_dim", [3, 5, 11, 12, 16, 64, 100, 128])
def test_pixels_fit_into_a_code_and_the_next_grid_does_not(code_dim: int) -> None:
    numbers = pixel_codes(pictures(16, 1), code_dim).shape[1]
    grid = round((numbers / 3) ** 0.5)
    assert numbers == 3 * grid * grid <= code_dim < 3 * (grid + 1) ** 2


def test_there_is_always_one_color() -> None:
    images = pictures(8)
    np.testing.assert_allclose(pixel_codes(images, 1), images.mean(axis=(1, 2)) / 255.0, atol=1e-6)


def test_pixels_of_floats_are_those_of_bytes() -> None:
    images = pictures(16)
    np.testing.assert_allclose(pixel_codes(images / np.float32(255), 48), pixel_codes(images, 48), atol=1e-6)


@pytest.mark.parametrize(("count", "width"), [(40, 300), (300, 40), (50, 50)])
@pytest.mark.parametrize("code_dim", [1, 8])
def test_principal_components_are_those_of_scikit_learn(count: int, width: int, code_dim: int) -> None:
    """1e-4 of distances of about 1: products of float32."""
    seen, queries = views(count, width), views(20, width)
    codes, asked = pca_codes(seen, queries, code_dim)
    oracle = PCA(code_dim, svd_solver="full").fit(seen.astype(np.float64))
    np.testing.assert_allclose(abs(codes), abs(oracle.transform(seen.astype(np.float64))), atol=1e-4)
    expected = cdist(*(oracle.transform(one.astype(np.float64)) for one in (queries, seen)))
    np.testing.assert_allclose(cdist(asked, codes), expected, atol=1e-4)


@pytest.mark.parametrize(("count", "width"), [(5, 30), (30, 5)])
def test_more_components_than_there_are_keep_all_distances(count: int, width: int) -> None:
    seen = views(count, width)
    codes, _ = pca_codes(seen, seen, 64)
    assert codes.shape[1] <= 64
    np.testing.assert_allclose(cdist(codes, codes), cdist(seen, seen), atol=1e-3)


@pytest.mark.parametrize("width", [4, 40])
def test_pictures_all_alike_have_components_of_zero(width: int) -> None:
    same = np.full((10, width), 0.5, np.float32)
    codes, asked = pca_codes(same, same[:3], 8)
    assert np.isfinite(codes).all()
    np.testing.assert_allclose(codes, 0.0, atol=1e-6)
    np.testing.assert_allclose(asked, 0.0, atol=1e-6)


def test_scaling_places_queries_where_their_distances_say() -> None:
    points, queries = RANDOM.normal(size=(30, 4)), RANDOM.normal(size=(10, 4))
    codes, placed = scaled_codes(cdist(points, points), cdist(queries, points), 4)
    np.testing.assert_allclose(cdist(placed, codes), cdist(queries, points), atol=1e-8)
