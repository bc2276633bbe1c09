"""The spectrum against NumPy's transform, the palette against SciPy's Wasserstein distance; and what neither sees."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import skimage.data
from gradients import gradient

from aekeras import losses
from aekeras.errors import InputError
from aekeras.losses.arrangement import Palette, Spectrum

SHAPES = [(32, 32), (24, 33), (17, 20), (1, 1), (2, 3)]


@pytest.fixture(scope="module")
def photographs() -> np.ndarray:
    """Crops of real photographs, float, shape (4, 32, 32, 3)."""
    astronaut, cat = skimage.data.astronaut(), skimage.data.chelsea()
    crops = astronaut[:32, :32], astronaut[200:232, 200:232], cat[100:132, 100:132], cat[:32, 200:232]
    return np.stack(crops).astype("float32") / 255


def noise(height: int, width: int, *, count: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, height, width, 3), dtype=np.float32)


def edge_cases(side: int = 16) -> np.ndarray:
    """Black, white, one color, a black and white check, and a single light pixel."""
    check = np.indices((side, side)).sum(axis=0)[..., None] % 2 * np.ones(3)
    pixel = np.zeros((side, side, 3))
    pixel[3, 5] = 1
    even = [np.broadcast_to(color, (side, side, 3)) for color in ([0, 0, 0], [1, 1, 1], [1, 0, 0.5])]
    return np.stack([*even, check, pixel]).astype("float32")


def magnitudes(images: np.ndarray) -> np.ndarray:
    return abs(np.fft.fft2(images.astype("float64"), axes=(1, 2), norm="ortho"))


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_the_spectrum_loss_is_the_mean_over_the_whole_spectrum_of_numpy(height: int, width: int) -> None:
    """To 1e-5 of the value: sums of some thousand products in float32."""
    images, others = noise(height, width), noise(height, width, seed=1)
    expected = abs(magnitudes(images) - magnitudes(others)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(Spectrum()(images, others), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_the_view_of_the_spectrum_is_the_half_that_numpy_calls_real(height: int, width: int) -> None:
    """To 2e-5: the mean color is a sum of all pixels, up to 32 here, and float32 has 24 bits."""
    images = noise(height, width)
    half = abs(np.fft.rfft2(images.astype("float64"), axes=(1, 2), norm="ortho"))
    view = Spectrum().view(images)
    assert view.shape == (3, height, width // 2 + 1, 3)
    np.testing.assert_allclose(view, np.fft.fftshift(half, axes=1), atol=2e-5)


def test_channels_shifted_each_its_own_way_and_turned_by_180_degrees_have_one_spectrum(photographs: np.ndarray) -> None:
    shifted = np.stack([np.roll(photographs[..., c], (3 * c + 1, 7 - c), axis=(1, 2)) for c in range(3)], axis=-1)
    assert np.asarray(Spectrum()(photographs, shifted)).max() <= 1e-6
    assert np.asarray(Spectrum()(photographs, photographs[:, ::-1, ::-1])).max() <= 1e-6


def test_the_spectrum_tells_a_picture_from_its_mirror_image_and_its_rows_from_its_columns(
    photographs: np.ndarray,
) -> None:
    assert np.asarray(Spectrum()(photographs, photographs[:, :, ::-1])).min() > 1e-3
    assert np.asarray(Spectrum()(photographs, photographs.swapaxes(1, 2))).min() > 1e-3


def test_a_wave_is_one_point_of_the_spectrum() -> None:
    """Five periods over the height: frequencies 5 and -5, each with sqrt(H W) / 2 of the amplitude."""
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * 5 * np.arange(32) / 32)
    image = np.broadcast_to(wave[None, :, None, None], (1, 32, 32, 3)).astype("float32")
    view = np.asarray(Spectrum().view(image))[0, ..., 0]
    found = {tuple(map(int, place)) for place in np.argwhere(view > 1e-3)}
    assert found == {(16, 0), (16 - 5, 0), (16 + 5, 0)}
    assert view[16 + 5, 0] == pytest.approx(8.0, abs=1e-4)


def projected(images: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """(directions, N, H W), float64."""
    return np.moveaxis(images.reshape(len(images), -1, 3).astype("float64") @ directions.T, -1, 0)


def spread_axes(count: int) -> np.ndarray:
    """The Fibonacci spiral on the half sphere, one number after the other; gray costs what it differs by."""
    axes = []
    for i in range(count):
        z, turn = (i + 0.5) / count, i * np.pi * (3 - 5**0.5)
        axes.append(((1 - z * z) ** 0.5 * np.cos(turn), (1 - z * z) ** 0.5 * np.sin(turn), z))
    return np.array(axes) / np.mean([abs(sum(axis)) for axis in axes])


def exact_palette(images: np.ndarray, others: np.ndarray, directions: int) -> np.ndarray:
    """The mean over directions of SciPy's Wasserstein distance."""
    x, y = (projected(some, spread_axes(directions)) for some in (images, others))
    distance = scipy.stats.wasserstein_distance
    return np.array([[distance(a, b) for a, b in zip(*pair, strict=True)] for pair in zip(x, y, strict=True)]).mean(0)


def test_the_palette_loss_of_fine_levels_is_the_sliced_wasserstein_distance_of_scipy(photographs: np.ndarray) -> None:
    """To 1e-4 of the value: a level is a 4096th of the range, and colors inside one hardly pass each other."""
    expected = exact_palette(photographs, photographs[::-1], directions=5)
    found = Palette(directions=5, levels=4096)(photographs, photographs[::-1])
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("levels", [1, 7, 64])
def test_coarser_levels_never_give_more_than_the_exact_distance(levels: int, photographs: np.ndarray) -> None:
    exact = exact_palette(photographs, photographs[::-1], directions=8)
    found = np.asarray(Palette(levels=levels)(photographs, photographs[::-1]))
    assert (found <= exact * (1 + 1e-6)).all()
    if levels == 64:
        np.testing.assert_allclose(found, exact, rtol=0.01)


def test_the_palette_loss_is_the_exact_distance_where_all_colors_move_the_same_way(photographs: np.ndarray) -> None:
    """For any levels: then nothing passes anything."""
    lighter = 0.6 * photographs + 0.4
    axes = spread_axes(1)
    expected = abs(projected(lighter, axes) - projected(photographs, axes)).mean(axis=(0, 2))
    np.testing.assert_allclose(Palette(directions=1, levels=3)(photographs, lighter), expected, rtol=1e-5)


def test_a_brightness_added_to_a_picture_costs_itself(photographs: np.ndarray) -> None:
    np.testing.assert_allclose(Palette()(photographs * 0.8, photographs * 0.8 + 0.15), 0.15, rtol=1e-5)


def test_pixels_in_any_order_have_one_palette(photographs: np.ndarray) -> None:
    shuffled = np.random.default_rng(0).permutation(photographs.reshape(4, -1, 3), axis=1).reshape(photographs.shape)
    assert np.asarray(Palette()(photographs, shuffled)).max() <= 1e-6
    assert np.asarray(Palette()(photographs, photographs[..., ::-1])).min() > 1e-3  # blue for red
    # Of colors that are equally far along a direction, either may stand first: a pixel of a mean of 16.
    view, other = (np.asarray(Palette().view(images)) for images in (photographs, shuffled))
    assert abs(view - other).max() <= 1 / 16


def test_the_view_of_the_palette_shows_the_colors_in_the_order_of_each_direction(photographs: np.ndarray) -> None:
    view = np.asarray(Palette(directions=3).view(photographs))
    assert view.shape == (4, 3 * 21, 64, 3)  # each strip 21 pixels high, which makes it about square
    for row, values in enumerate(projected(photographs, spread_axes(3))):
        quantiles = np.sort(values, axis=1).reshape(4, 64, -1).mean(axis=2)
        np.testing.assert_allclose(view[:, 21 * row + 20] @ spread_axes(3)[row], quantiles, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_a_palette_is_seen_of_any_number_of_pixels(height: int, width: int) -> None:
    images, others = noise(height, width), noise(height, width, seed=1)
    found = np.asarray(Palette(levels=2048)(images, others))
    np.testing.assert_allclose(found, exact_palette(images, others, 8), rtol=2e-3)
    view = np.asarray(Palette().view(images))
    shown = min(64, height * width)
    assert view.shape == (3, 8 * max(1, shown // 8), shown, 3)
    assert 0 <= view.min() <= view.max() <= 1


def test_a_palette_pulls_colors_back_that_have_left_the_color_cube() -> None:
    inside, outside = np.ones((1, 8, 8, 3), "float32"), np.full((1, 8, 8, 3), 1.5, "float32")
    np.testing.assert_allclose(Palette()(inside, outside), 0.5, rtol=1e-5)
    assert (gradient(Palette(), inside, outside).sum(axis=-1) > 0).all()


@pytest.mark.parametrize("knob", ["directions", "levels"])
@pytest.mark.parametrize("value", [0, -1, 2.5, True, "many"])
def test_a_palette_without_whole_directions_and_levels_is_refused(knob: str, value: object) -> None:
    with pytest.raises(InputError) as error:
        Palette(**{knob: value})
    assert str(error.value) == (
        f"Expected `{knob}` of palette to be a whole number of at least 1. Received: {value!r}. Leave it out for "
        f"{8 if knob == 'directions' else 64}."
    )


def test_a_palette_is_prepared_as_its_levels_in_each_direction() -> None:
    assert Palette(levels=32, directions=4).prepare(noise(8, 8)).shape == (3, 4, 32)


@pytest.mark.parametrize("name", ["spectrum", "palette"])
def test_the_gradient_is_the_slope(name: str, photographs: np.ndarray) -> None:
    """Of a step towards the other picture, in float32: to 2 %."""
    loss, images, others = losses.get(name), photographs, photographs[::-1]
    step = images - others
    slope = (gradient(loss, images, others) * step).sum(axis=(1, 2, 3))
    ahead, behind = (np.asarray(loss(images, others + share * step), "float64") for share in (1e-3, -1e-3))
    np.testing.assert_allclose((ahead - behind) / 2e-3, slope, rtol=0.02)


@pytest.mark.parametrize("name", ["spectrum", "palette"])
def test_the_readings_are_few_and_the_same_for_metamers(name: str, photographs: np.ndarray) -> None:
    loss = losses.get(name)
    for reading, other in zip(
        loss.readings(photographs), loss.readings(loss.metamer(photographs, seed=1)), strict=True
    ):
        assert len(reading.shape) == 4
        assert reading.shape[3] <= 8
        assert -1e-6 <= np.min(reading) <= np.max(reading) <= 1 + 1e-6
        np.testing.assert_allclose(reading, other, atol=1e-3)
