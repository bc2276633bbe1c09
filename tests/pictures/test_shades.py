"""The pixels shown for images and views."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from aekeras.errors import InputError
from aekeras.pictures import as_picture, value_range
from aekeras.pictures.shades import resized


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(size=(4, 6, 5, 3))


def test_an_image_keeps_its_pixels(images: np.ndarray) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    assert np.array_equal(as_picture(pixels), pixels)
    assert np.array_equal(as_picture((pixels / 255).astype(np.float32)), pixels)
    assert np.abs(as_picture(images[0]) / 255 - images[0]).max() <= 0.5 / 255 + 1e-12


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 1)])
def test_one_channel_is_gray(shape: tuple[int, ...]) -> None:
    picture = as_picture(np.array([0.0, 0.2, 0.6, 1.0]).reshape(shape))
    assert picture.shape == (2, 2, 3)
    assert picture.dtype == np.uint8
    assert picture[..., 0].ravel().tolist() == [0, 51, 153, 255]
    assert np.ptp(picture, axis=-1).max() == 0


def test_two_channels_are_red_and_green_with_their_mean_as_blue() -> None:
    assert as_picture(np.array([[[1.0, 0.2]]])).tolist() == [[[255, 51, 153]]]


def test_other_numbers_of_channels_show_the_mean_magnitude() -> None:
    view = np.array([[[0.0, 0.0, 0.0, 0.0], [1.0, -1.0, 1.0, 1.0], [0.2, -0.2, 0.4, 0.0]]])
    assert as_picture(view)[0, :, 0].tolist() == [0, 255, 51]


def test_rounding_errors_beyond_zero_and_one_do_not_change_the_scale() -> None:
    assert value_range([np.array([-0.01, 1.01])]) == (0.0, 1.0)
    assert as_picture(np.array([[-0.01, 0.2, 1.01]]))[0, :, 0].tolist() == [0, 51, 255]


def test_zero_is_a_middle_gray_where_values_are_negative() -> None:
    picture = as_picture(np.array([[-0.5, -0.25, 0.0, 0.25, 0.5]]))[0, :, 0]
    assert picture.tolist() == [0, 64, 128, 191, 255]


def test_a_peak_does_not_leave_the_rest_of_a_spectrum_black() -> None:
    spectrum = np.abs(np.fft.fft2(np.random.default_rng(2).uniform(size=(64, 64))))
    rest = np.delete(as_picture(spectrum)[..., 0].ravel(), 0)
    assert spectrum[0, 0] > 10 * np.delete(spectrum.ravel(), 0).max()
    assert np.median(rest) > 60


def test_a_single_value_among_zeros_is_still_seen() -> None:
    view = np.zeros((32, 32))
    view[3, 4] = 7.0
    assert as_picture(view)[..., 0].max() == 255


def test_views_share_one_scale() -> None:
    faint, strong = np.full((2, 2), 2.0), np.full((2, 2), 4.0)
    shown = value_range([faint, strong])
    assert shown == (0.0, 4.0)
    assert as_picture(faint, shown=shown).max() == 128


def test_a_tint_colors_the_middle_and_keeps_black_and_white() -> None:
    picture = as_picture(np.array([[0.0, 0.5, 1.0]]), tint=(0.8, 0.2, 0.2))
    assert picture.tolist() == [[[0, 0, 0], [204, 51, 51], [255, 255, 255]]]


def test_a_tint_keeps_the_order_of_the_values() -> None:
    picture = as_picture(np.linspace(0, 1, 256).reshape(1, -1), tint=(0.25, 0.35, 0.9)).astype(int)
    assert (np.diff(picture, axis=1) >= 0).all()
    assert (np.diff(picture.sum(axis=-1)) > 0).all()


def test_resizing_to_the_same_size_changes_nothing(images: np.ndarray) -> None:
    picture = as_picture(images[0])
    assert np.array_equal(np.asarray(resized(picture, 5, 6)), picture)


def test_shrinking_averages_what_it_leaves_out() -> None:
    checkers = np.indices((64, 64)).sum(axis=0) % 2 * np.ones((3, 1, 1))
    small = np.asarray(resized(as_picture(checkers.transpose(1, 2, 0)), 8, 8))
    assert np.abs(small.astype(int) - 128).max() < 12


def test_enlarging_is_smooth() -> None:
    edge = as_picture(np.array([[0.0, 0.0, 1.0, 1.0]] * 4))
    large = np.asarray(resized(edge, 32, 32))
    assert isinstance(resized(edge, 32, 32), Image.Image)
    assert len(np.unique(large)) > 4


@pytest.mark.parametrize("shape", [(3,), (2, 4, 4, 3), (0, 4, 3), (4, 4, 0)])
def test_a_batch_or_an_empty_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"Expected one picture of shape \(height, width, channels\)\.") as error:
        as_picture(np.zeros(shape))
    assert f"Received: shape {shape}" in str(error.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused_with_their_number(value: float) -> None:
    view = np.zeros((2, 3))
    view[1, 1] = value
    with pytest.raises(InputError, match=r"finite values\. Received: 1 of 6"):
        as_picture(view)
