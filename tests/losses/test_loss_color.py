"""The color losses beside gray and single channels: weighted channels, chroma, and CIELAB against scikit-image."""

from __future__ import annotations

import colorsys
import math
from typing import Any

import numpy as np
import pytest
import skimage.color
import skimage.data

from aekeras.errors import InputError
from aekeras.losses.color import L1Channels, L1Chroma, L1Gray, L1Red
from aekeras.losses.lab import L1Lab
from aekeras.losses.pixel import L1

LUMA = np.array([0.299, 0.587, 0.114])


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    """Crops of photographs, noise, black, white and a pure color; not square; float32, shape (6, 40, 56, 3)."""
    crops = [skimage.data.astronaut()[:40, 180:236], skimage.data.chelsea()[100:140, 100:156]]
    noise = np.random.default_rng(0).integers(0, 256, (40, 56, 3))
    even = [np.broadcast_to(color, noise.shape) for color in ((0, 0, 0), (255, 255, 255), (0, 0, 255))]
    return (np.stack([*crops, noise, *even]) / 255).astype("float32")


def even(*color: float) -> np.ndarray:
    return np.broadcast_to(np.array(color, "float32"), (1, 4, 4, 3)).copy()


@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 0, 0), (0, 0.5, 2), [3, 2, 1], (0, 0, 1e-3)])
def test_channels_are_the_weighted_mean_of_their_absolute_differences(weights: Any, pictures: np.ndarray) -> None:
    expected = np.average(abs(pictures - pictures[::-1]).mean((1, 2), dtype=float), axis=-1, weights=weights)
    np.testing.assert_allclose(L1Channels(weights=weights)(pictures, pictures[::-1]), expected, rtol=1e-5)


def test_even_weights_are_l1_and_red_alone_is_l1_red(pictures: np.ndarray) -> None:
    others = pictures[::-1]
    np.testing.assert_allclose(L1Channels()(pictures, others), L1()(pictures, others), rtol=1e-5)
    alone = L1Channels(weights=(7, 0, 0))
    np.testing.assert_allclose(alone(pictures, others), L1Red()(pictures, others), rtol=1e-5)
    np.testing.assert_array_equal(alone.view(pictures), L1Red().view(pictures))
    np.testing.assert_array_equal(alone.representative(pictures), L1Red().representative(pictures))


@pytest.mark.parametrize(
    ("weights", "unseen"),
    [
        ((1, 1, 1), ()),
        ((2, 1, 0), ("blue",)),
        ((0, 1, 3), ("red",)),
        ((0, 1, 0), ("red", "blue")),
        ((0, 0, 1), ("red", "green")),
    ],
)
def test_a_channel_of_weight_0_is_not_seen(weights: Any, unseen: tuple[str, ...], pictures: np.ndarray) -> None:
    loss = L1Channels(weights=weights)
    assert loss.blind_to == unseen
    seen = [c for c, weight in enumerate(weights) if weight]
    np.testing.assert_array_equal(loss.view(pictures), pictures[..., seen])
    metamers = np.asarray(loss.metamer(pictures[:3], 5))
    np.testing.assert_allclose(metamers[..., seen], pictures[:3][..., seen], atol=1e-6)
    for c, name in enumerate(("red", "green", "blue")):
        moved = abs(metamers[..., c] - pictures[:3, ..., c]).mean()
        assert moved > 0.01 if name in unseen else moved < 1e-6


@pytest.mark.parametrize(
    "weights",
    [(1, 1), (1, 1, 1, 1), (0, 0, 0), (1, -1, 1), (1, math.nan, 1), (1, math.inf, 1), 3, "red", ("1", 1, 1), None],
    ids=str,
)
def test_channels_refuses_weights_that_are_none(weights: Any) -> None:
    with pytest.raises(InputError) as caught:
        L1Channels(weights=weights)
    assert str(caught.value) == (
        f"Expected `weights` of l1_channels to be 3 numbers of at least 0, not all 0. Received: {weights!r}. "
        "Leave it out for (1, 1, 1)."
    )


def test_chroma_is_what_is_left_of_a_color_without_its_luma(pictures: np.ndarray) -> None:
    exact = pictures.astype(float)
    view = exact - (exact @ LUMA)[..., None]
    np.testing.assert_allclose(L1Chroma().view(pictures), view, atol=1e-6)
    expected = abs(view - view[::-1]).mean((1, 2, 3))
    np.testing.assert_allclose(L1Chroma()(pictures, pictures[::-1]), expected, rtol=1e-5)
    assert np.asarray(L1Chroma().view(even(0, 0, 1))).max() == pytest.approx(0.886, abs=1e-6)
    assert np.asarray(L1Chroma().view(even(1, 1, 0))).min() == pytest.approx(-0.886, abs=1e-6)


def test_chroma_sees_no_light_at_all_even_where_it_falls_on_some_pixels_only() -> None:
    random = np.random.default_rng(1)
    image = 0.25 + 0.5 * random.random((2, 12, 12, 3), dtype=np.float32)
    lit = image + random.uniform(-0.25, 0.25, (2, 12, 12, 1)).astype("float32")
    np.testing.assert_allclose(L1Chroma()(image, lit), 0.0, atol=1e-6)
    assert (np.asarray(L1Gray()(image, lit)) > 0.1).all()
    assert L1Chroma().blind_to == ("luma",)
    assert float(L1Chroma()(even(0, 0, 0), even(1, 1, 1))[0]) < 1e-6


def test_the_representative_of_chroma_has_the_same_chroma_at_an_even_luma_of_one_half(pictures: np.ndarray) -> None:
    shown = np.asarray(L1Chroma().representative(pictures))
    np.testing.assert_allclose(shown @ LUMA, 0.5, atol=1e-6)
    np.testing.assert_allclose(L1Chroma().view(shown), L1Chroma().view(pictures), atol=1e-6)


def test_lab_is_that_of_scikit_image_in_all_of_the_color_cube() -> None:
    """Its constants of the dark piece are rounded to four digits, which moves a* by 0.0002; the rest is float32."""
    steps = np.unique([*range(20), *range(20, 256, 5), 255]) / 255
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, len(steps), 3)
    np.testing.assert_allclose(L1Lab().view(cube.astype("float32")), skimage.color.rgb2lab(cube), atol=5e-4)


@pytest.mark.parametrize("step", [1.0, 0.1, 1 / 255])
def test_the_loss_of_lab_is_the_mean_color_difference_of_scikit_image(step: float, pictures: np.ndarray) -> None:
    others = pictures + np.float32(step) * (pictures[::-1] - pictures)
    first, second = (skimage.color.rgb2lab(images.astype(float)) for images in (pictures, others))
    expected = skimage.color.deltaE_cie76(first, second).mean((1, 2))
    np.testing.assert_allclose(L1Lab()(pictures, others), expected, atol=1e-3)


def test_lab_is_100_from_black_to_white_and_about_1_where_a_person_just_sees_it() -> None:
    assert float(L1Lab()(even(0, 0, 0), even(1, 1, 1))[0]) == pytest.approx(100, abs=1e-3)
    assert float(L1Lab()(even(0.5, 0.5, 0.5), even(0.51, 0.51, 0.51))[0]) == pytest.approx(1, abs=0.1)


def test_lab_weighs_colors_as_a_person_does_and_l1_does_not() -> None:
    """Full blue is nearer to violet than to green; for l1 the two are about as far."""
    blue, violet, green = (even(*colorsys.hsv_to_rgb(hue, 1, 1)) for hue in (2 / 3, 0.75, 1 / 3))
    assert float(L1Lab()(blue, green)[0]) > 5 * float(L1Lab()(blue, violet)[0])
    assert float(L1()(blue, green)[0]) < 5 * float(L1()(blue, violet)[0])


def test_lab_goes_on_smoothly_at_the_seams_of_its_curves_and_beyond_the_cube() -> None:
    """Where one piece takes over from another, and at 0 and 1, neither the value nor the slope jumps."""
    gray = np.array([-1.0, 0.0, 0.04045, 0.0928, 1.0, 2.0])  # 0.0928: where light is (6/29)^3
    values = gray[:, None] + np.array([-2e-3, -1e-3, 1e-3, 2e-3])
    lightness = np.asarray(L1Lab().view(np.repeat(values[..., None, None], 3, -1).astype("float32")))[:, :, 0, 0]
    slopes = np.diff(lightness, axis=1) / np.diff(values, axis=1)
    assert (slopes > 0).all()
    np.testing.assert_allclose(slopes, slopes[:, :1] * np.ones(3), rtol=0.05)


def test_the_readings_of_lab_lie_in_the_unit_range_and_keep_its_distances(pictures: np.ndarray) -> None:
    (reading,) = L1Lab().readings(pictures)
    reading = np.asarray(reading)
    assert reading.shape == pictures.shape
    assert reading.min() >= -0.05
    assert reading.max() <= 1
    distances = np.linalg.norm(200 * (reading - reading[::-1]), axis=-1).mean((1, 2))
    np.testing.assert_allclose(distances, L1Lab()(pictures, pictures[::-1]), rtol=1e-4)
