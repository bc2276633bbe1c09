"""Classical scaling and ridge regression against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import pdist, squareform
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge

from aekeras import closed_form


def points(count: int, dimensions: int, seed: int = 0) -> np.ndarray:
    """Points with a long axis and shorter ones, far from the origin."""
    scales = np.linspace(2.0, 0.5, dimensions)
    return 5.0 + np.random.default_rng(seed).normal(size=(count, dimensions)) * scales


def distances(codes: np.ndarray) -> np.ndarray:
    return squareform(pdist(codes))


@pytest.mark.parametrize("code_dim", [3, 5])
def test_scaling_recovers_points_from_their_distances(code_dim: int) -> None:
    given = distances(points(30, 3))
    codes = closed_form.classical_scaling(given, code_dim)
    assert codes.shape == (30, code_dim)
    assert codes.dtype == np.float64
    np.testing.assert_allclose(distances(codes), given, atol=1e-6)
    np.testing.assert_allclose(codes.mean(axis=0), 0.0, atol=1e-6)


@pytest.mark.parametrize("code_dim", [1, 2, 4])
def test_scaling_of_euclidean_distances_is_pca(code_dim: int) -> None:
    cloud = points(40, 6)
    codes = closed_form.classical_scaling(distances(cloud), code_dim)
    expected = PCA(code_dim).fit_transform(cloud)
    np.testing.assert_allclose(distances(codes), distances(expected), atol=1e-8)
    np.testing.assert_allclose(abs(codes), abs(expected), atol=1e-8)


def test_numbers_beyond_the_rank_are_zero() -> None:
    codes = closed_form.classical_scaling(distances(points(20, 2)), 7)
    np.testing.assert_allclose(codes[:, 2:], 0.0, atol=1e-6)
    assert (codes[:, :2].std(axis=0) > 0.1).all()


def test_there_may_be_fewer_points_than_numbers() -> None:
    given = distances(points(3, 5))
    codes = closed_form.classical_scaling(given, 8)
    assert codes.shape == (3, 8)
    np.testing.assert_allclose(distances(codes), given, atol=1e-6)
    assert not closed_form.classical_scaling(np.zeros((4, 4)), 2).any()


def test_distances_that_are_not_euclidean_still_give_real_codes_in_the_right_order() -> None:
    cloud = points(40, 8)
    given = squareform(pdist(cloud, "cityblock"))
    codes = closed_form.classical_scaling(given, 8)
    assert np.isfinite(codes).all()
    assert np.corrcoef(pdist(codes), squareform(given))[0, 1] > 0.95


@pytest.mark.parametrize(("count", "width"), [(50, 8), (8, 8), (8, 50)], ids=["tall", "square", "wide"])
@pytest.mark.parametrize("strength", [1e-4, 1e-2, 1.0])
def test_the_linear_layer_is_the_ridge_regression_of_scikit_learn(count: int, width: int, strength: float) -> None:
    random = np.random.default_rng(1)
    inputs = random.normal(3.0, 2.0, (count, width)).astype("float32")
    targets = random.normal(1.0, 1.0, (count, 4)).astype("float32")
    kernel, bias = closed_form.ridge(inputs, targets, strength)
    assert (kernel.shape, kernel.dtype, bias.shape, bias.dtype) == ((width, 4), np.float32, (4,), np.float32)
    norm = ((inputs - inputs.mean(axis=0)) ** 2).sum(axis=1).mean()
    expected = Ridge(alpha=strength * norm).fit(inputs.astype(np.float64), targets)
    np.testing.assert_allclose(kernel, expected.coef_.T, atol=1e-4)
    np.testing.assert_allclose(inputs @ kernel + bias, expected.predict(inputs), atol=1e-3)


@pytest.mark.parametrize(("count", "width"), [(12, 3), (3, 12)], ids=["tall", "wide"])
def test_features_that_never_change_predict_the_mean(count: int, width: int) -> None:
    targets = np.random.default_rng(0).random((count, 2))
    kernel, bias = closed_form.ridge(np.full((count, width), 0.3), targets, 1e-2)
    np.testing.assert_allclose(kernel, 0.0, atol=1e-6)
    np.testing.assert_allclose(bias, targets.mean(axis=0), atol=1e-6)


def test_a_constant_feature_among_others_gets_no_weight() -> None:
    random = np.random.default_rng(0)
    inputs = np.column_stack([random.random(20), np.full(20, 7.0)])
    kernel, bias = closed_form.ridge(inputs, 2.0 * inputs[:, :1] + 1.0, 1e-9)
    np.testing.assert_allclose(kernel, [[2.0], [0.0]], atol=1e-5)
    np.testing.assert_allclose(bias, [1.0], atol=1e-5)


@pytest.mark.parametrize("shape", [(40, 6), (12, 30)], ids=["more points", "more features"])
def test_principal_axes_are_those_of_scikit_learn(shape: tuple[int, int]) -> None:
    cloud = points(*shape).astype(np.float32)
    axes = closed_form.principal_axes(cloud, 4)
    expected = PCA(4).fit(cloud).components_
    assert axes.dtype == np.float32
    np.testing.assert_allclose(abs(axes.T @ expected.T), np.eye(4), atol=1e-3)


def test_principal_axes_beyond_the_rank_are_zero() -> None:
    flat = np.outer(np.arange(9), np.ones(5)).astype(np.float32)
    axes = closed_form.principal_axes(flat, 7)
    assert axes.shape == (5, 7)
    np.testing.assert_allclose(abs(axes[:, 0]), 5**-0.5, atol=1e-5)
    assert not axes[:, 1:].any()
    assert not closed_form.principal_axes(np.ones((4, 3), np.float32), 2).any()


def test_codes_are_turned_as_scipy_turns_them_and_keep_their_distances() -> None:
    codes, target = points(30, 5), points(30, 5, seed=1)
    found = closed_form.aligned(codes, target)
    centered, wanted = codes - codes.mean(axis=0), target - target.mean(axis=0)
    rotation, _ = orthogonal_procrustes(centered, wanted)
    np.testing.assert_allclose(found, centered @ rotation, atol=1e-9)
    np.testing.assert_allclose(distances(found), distances(codes), atol=1e-9)


def test_several_penalties_are_each_what_one_alone_is() -> None:
    for shape in ((40, 6), (12, 30)):
        features, targets = points(*shape), points(shape[0], 3, seed=2)
        for strength, (kernel, bias) in zip(
            (1e-3, 1.0), closed_form.ridges(features, targets, (1e-3, 1.0)), strict=True
        ):
            alone = closed_form.ridge(features, targets, strength)
            np.testing.assert_array_equal(kernel, alone[0])
            np.testing.assert_array_equal(bias, alone[1])
