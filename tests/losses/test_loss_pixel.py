"""The pixel losses beside `l1`: values against NumPy and Keras, their knobs, and their gradients."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
from gradients import gradient

from aekeras.errors import InputError
from aekeras.losses.pixel import L1, L2, MSE, Charbonnier

SMOOTH = [L2(), MSE(), Charbonnier()]


@pytest.fixture
def pairs() -> tuple[np.ndarray, np.ndarray]:
    """Eight pairs, float32, shape (8, 9, 14, 3), their differences from about 1 down to 1e-7."""
    random = np.random.default_rng(0)
    images, noise = random.random((2, 8, 9, 14, 3))
    scale = np.logspace(0, -7, 8).reshape(-1, 1, 1, 1)
    return images.astype("float32"), (images + scale * (noise - images)).astype("float32")


def root_mean_square(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(images.astype(float) - others).mean((1, 2, 3)))


def even(value: float) -> np.ndarray:
    return np.full((1, 6, 6, 3), value, "float32")


def test_l2_is_the_root_mean_square_difference(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    """1e-7 is what keeps the slope of the root finite; the rest is float32."""
    np.testing.assert_allclose(L2()(*pairs), root_mean_square(*pairs), rtol=1e-6, atol=1e-7)


def test_mse_is_the_mean_squared_error_of_keras_and_the_square_of_l2(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    per_row = keras.losses.mean_squared_error(*pairs)
    np.testing.assert_allclose(MSE()(*pairs), np.asarray(per_row).mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(MSE()(*pairs), np.square(L2()(*pairs)), rtol=1e-5, atol=1e-14)


@pytest.mark.parametrize("epsilon", [1e-6, 1e-3, 0.1, 1])
def test_charbonnier_is_the_formula_in_double_precision(epsilon: float, pairs: tuple[np.ndarray, np.ndarray]) -> None:
    images, others = pairs
    squares = np.square(images.astype(float) - others)
    expected = (np.sqrt(squares + epsilon**2) - epsilon).mean((1, 2, 3))
    # atol: where the formula subtracts nearly equal numbers, double precision is the one that is off.
    np.testing.assert_allclose(Charbonnier(epsilon=epsilon)(images, others), expected, rtol=1e-5, atol=1e-15)


def test_charbonnier_lies_below_l1_by_epsilon_at_most(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    below = np.asarray(L1()(*pairs)) - np.asarray(Charbonnier(epsilon=0.01)(*pairs))
    assert (below >= 0).all()
    assert (below <= 0.01).all()


@pytest.mark.parametrize("loss", SMOOTH, ids=str)
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_equal_images_have_a_loss_and_a_gradient_of_exactly_zero(loss: Any, value: float) -> None:
    assert float(loss(even(value), even(value))[0]) == 0.0
    assert (gradient(loss, even(value), even(value)) == 0).all()


@pytest.mark.parametrize("loss", SMOOTH, ids=str)
def test_the_gradient_is_finite_however_small_or_large_the_difference(loss: Any) -> None:
    for difference in (1e-30, 1e-20, 1e-12, 1e-7, 1e-3, 1.0, 1e4):
        assert np.isfinite(gradient(loss, even(0.0), even(difference))).all(), difference


def test_the_gradient_of_l2_has_the_length_of_that_of_a_norm(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    """The length of the gradient of ||d|| / sqrt(n) is 1 / sqrt(n), for every d."""
    found = gradient(L2(), *pairs)[:6]
    length = np.sqrt(np.square(found).sum((1, 2, 3)))
    np.testing.assert_allclose(length, 1 / math.sqrt(found[0].size), rtol=1e-3)


def test_one_large_error_weighs_more_than_many_small_ones_the_more_the_loss_squares() -> None:
    one, many = even(0.0), even(1 / 36)
    one[0, 2, 3] = 1.0
    ratios = [float(loss(even(0.0), one)[0] / loss(even(0.0), many)[0]) for loss in (L1(), L2(), MSE())]
    np.testing.assert_allclose(ratios, [1, 6, 36], rtol=1e-4)


@pytest.mark.parametrize("loss", [MSE(), Charbonnier()], ids=str)
def test_a_detour_by_way_of_gray_is_shorter_where_a_loss_says_it_is_no_metric(loss: Any) -> None:
    black, gray, white = even(0.0), even(5e-4), even(1e-3)
    assert not loss.metric
    assert loss.symmetric
    assert float(loss(black, white)[0]) > 1.1 * float(loss(black, gray)[0] + loss(gray, white)[0])


def test_a_detour_saves_at_most_epsilon_under_charbonnier() -> None:
    loss, random = Charbonnier(epsilon=0.05), np.random.default_rng(1)
    a, b, c = random.random((3, 40, 5, 5, 3), dtype=np.float32) * random.random((3, 40, 1, 1, 1), dtype=np.float32)
    saved = np.asarray(loss(a, c) - loss(a, b) - loss(b, c))
    assert (saved <= 0.05).all()


@pytest.mark.parametrize("epsilon", [0, -0.1, 1e-9, math.inf, math.nan, "small", None])
def test_charbonnier_refuses_an_epsilon_that_smooths_nothing(epsilon: Any) -> None:
    with pytest.raises(InputError) as caught:
        Charbonnier(epsilon=epsilon)
    assert str(caught.value) == (
        f"Expected `epsilon` of charbonnier to be a number of at least 1e-06. Received: {epsilon!r}. "
        "Leave it out for 0.001."
    )
