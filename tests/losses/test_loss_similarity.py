"""SSIM and MS-SSIM against those of TensorFlow and scikit-image, and where their formulas meet 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import skimage.data
import tensorflow as tf
from gradients import gradient
from skimage.metrics import structural_similarity

from aekeras import losses
from aekeras.errors import InputError
from aekeras.losses.similarity import SSIM, MultiScaleSSIM

LUMA = np.array([0.299, 0.587, 0.114], "float32")
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
SIZES = [(64, 64), (45, 71)]


def pairs(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Photographs, noise, and noise in black and white, each beside itself noisy, inverted, darker, or another one."""
    crops = [skimage.data.astronaut()[100:, 150:], skimage.data.chelsea()[80:, 90:], skimage.data.coffee()]
    photographs = np.stack([crop[:height, :width] for crop in crops]).astype("float32") / 255
    draw = np.random.default_rng(0)
    noise = draw.random((2, height, width, 3), dtype="float32")
    images = np.concatenate([photographs, noise, (noise > 0.5).astype("float32")])
    others = [np.clip(images + draw.normal(0, 0.1, images.shape), 0, 1), 1 - images, 0.6 * images, images[::-1]]
    return np.concatenate([images] * len(others)), np.concatenate(others).astype("float32")


def luma(images: Any) -> Any:
    return images @ LUMA


def ssim_of_tensorflow(images: Any, others: Any, **knobs: Any) -> Any:
    images, others = (tf.tensordot(x, LUMA[:, None], 1) for x in (images, others))
    return 1 - tf.image.ssim(images, others, max_val=1.0, **knobs)


def ms_ssim_of_tensorflow(images: Any, others: Any, weights: tuple[float, ...], **knobs: Any) -> Any:
    images, others = (tf.tensordot(x, LUMA[:, None], 1) for x in (images, others))
    return 1 - tf.image.ssim_multiscale(images, others, max_val=1.0, power_factors=weights, **knobs)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("filter_size", "sigma"), [(11, 1.5), (7, 1.5), (3, 0.8), (21, 4.0)])
def test_ssim_is_that_of_tensorflow(size: tuple[int, int], filter_size: int, sigma: float) -> None:
    """Within 1e-4: theirs has variances as differences of numbers near 1, and divides them by 0.0009."""
    images, others = pairs(*size)
    expected = ssim_of_tensorflow(images, others, filter_size=filter_size, filter_sigma=sigma)
    found = SSIM(filter_size=filter_size, sigma=sigma)(images, others)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_constants_of_ssim_are_those_of_tensorflow() -> None:
    images, others = pairs(32, 32)
    expected = ssim_of_tensorflow(images, others, k1=0.05, k2=0.2)
    np.testing.assert_allclose(SSIM(k1=0.05, k2=0.2)(images, others), expected, atol=1e-5)
    assert abs(expected - SSIM()(images, others)).numpy().max() > 0.01


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_ssim_is_that_of_scikit_image_in_double_precision(size: tuple[int, int]) -> None:
    """Within 1e-5, by the rounding of float32 in the variances."""
    images, others = pairs(*size)
    options = {"data_range": 1.0, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    doubles = zip(images.astype("float64") @ LUMA, others.astype("float64") @ LUMA, strict=True)
    expected = [1 - structural_similarity(one, other, **options) for one, other in doubles]
    np.testing.assert_allclose(SSIM()(images, others), expected, atol=1e-5)


@pytest.mark.parametrize("filter_size", [3, 11, 21])
def test_of_even_images_only_the_means_are_compared(filter_size: int) -> None:
    """Within 2e-4, as a variance of 1e-7, by rounding, is divided by 0.0009; TensorFlow's own are up to 5e-4 off."""
    values = np.linspace(0, 1, 7)
    dark, light = (x.ravel() for x in np.meshgrid(values, values))
    images, others = (np.broadcast_to(x[:, None, None, None], (49, 24, 24, 3)).astype("float32") for x in (dark, light))
    expected = 1 - (2 * dark * light + 1e-4) / (dark**2 + light**2 + 1e-4)
    np.testing.assert_allclose(SSIM(filter_size=filter_size, sigma=4.0)(images, others), expected, atol=2e-4)
    loss = MultiScaleSSIM(filter_size=filter_size, weights=[1.0])
    np.testing.assert_allclose(loss(images, others), expected, atol=2e-4)


def test_the_gradient_of_ssim_is_that_of_tensorflow() -> None:
    """To 1 percent of the largest, where neither divides by next to nothing: on the photographs."""
    images, others = (x[:3] for x in pairs(48, 40))
    expected = gradient(ssim_of_tensorflow, images, others)
    np.testing.assert_allclose(gradient(SSIM(), images, others), expected, atol=0.01 * abs(expected).max())


@pytest.mark.parametrize("size", [(176, 180), (181, 177)], ids=str)
def test_ms_ssim_is_that_of_tensorflow_with_all_its_scales(size: tuple[int, int]) -> None:
    images, others = (x[7:18] for x in pairs(*size))
    expected = ms_ssim_of_tensorflow(images, others, WEIGHTS)
    np.testing.assert_allclose(MultiScaleSSIM()(images, others), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("size", "filter_size", "scales"),
    [((64, 64), 11, 3), ((45, 71), 11, 3), ((11, 40), 11, 1), ((43, 64), 11, 3), ((64, 64), 3, 5), ((64, 64), 5, 4)],
)
def test_ms_ssim_of_small_images_has_as_many_scales_as_hold_a_window(
    size: tuple[int, int], filter_size: int, scales: int
) -> None:
    images, others = pairs(*size)
    fitting = WEIGHTS[:scales]
    weights = fitting if scales == len(WEIGHTS) else tuple(weight / sum(fitting) for weight in fitting)
    expected = ms_ssim_of_tensorflow(images, others, weights, filter_size=filter_size)
    found = MultiScaleSSIM(filter_size=filter_size)(images, others)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_weights_of_ms_ssim_may_be_chosen() -> None:
    images, others = pairs(32, 32)
    expected = ms_ssim_of_tensorflow(images, others, (0.5, 2.0), filter_size=7, filter_sigma=1.0)
    loss = MultiScaleSSIM(filter_size=7, sigma=1.0, weights=[0.5, 2.0])
    np.testing.assert_allclose(loss(images, others), expected, atol=1e-4)
    assert loss.weights == (0.5, 2.0)


def test_the_gradient_of_ms_ssim_is_that_of_tensorflow() -> None:
    images, others = (x[:3] for x in pairs(48, 40))
    weights = (0.0448 / 0.3304, 0.2856 / 0.3304)
    expected = gradient(lambda x, y: ms_ssim_of_tensorflow(x, y, weights), images, others)
    loss = MultiScaleSSIM(weights=WEIGHTS[:2])
    scaled = MultiScaleSSIM(weights=weights)
    assert np.isfinite(gradient(loss, images, others)).all()
    np.testing.assert_allclose(gradient(scaled, images, others), expected, atol=0.01 * abs(expected).max())


def test_where_structure_is_reversed_ms_ssim_is_one_and_its_gradient_zero() -> None:
    noise = np.random.default_rng(0).random((2, 32, 32, 3), dtype="float32")
    np.testing.assert_array_equal(MultiScaleSSIM()(noise, 1 - noise), [1.0, 1.0])
    np.testing.assert_array_equal(gradient(MultiScaleSSIM(), noise, 1 - noise), np.zeros_like(noise))


def test_where_structure_is_neither_alike_nor_reversed_the_gradient_of_ms_ssim_is_finite() -> None:
    """The powers of 0 itself: of a picture in black and white and its negative, mixed half and half by columns."""
    board = np.indices((32, 32)).sum(0)[None, ..., None] % 2 * np.ones(3, "float32")
    mixed = np.where(np.arange(32)[:, None] % 4 < 2, board, 1 - board)
    found = gradient(MultiScaleSSIM(), board.astype("float32"), mixed.astype("float32"))
    assert np.isfinite(found).all()


def test_ssim_ranges_from_zero_to_two() -> None:
    values = np.asarray(SSIM()(*pairs(64, 64)))
    assert values.min() >= 0
    assert 1.5 < values.max() <= 2


@pytest.mark.parametrize("loss", [SSIM(), MultiScaleSSIM()], ids=str)
def test_a_detour_can_be_shorter(loss: Any) -> None:
    dark, middle, light = (np.full((1, 16, 16, 3), value, "float32") for value in (0.4, 0.5, 0.6))
    direct, detour = loss(dark, light), loss(dark, middle) + loss(middle, light)
    assert not loss.metric
    assert float(detour[0]) < float(direct[0])


@pytest.mark.parametrize("loss", [SSIM(), MultiScaleSSIM()], ids=str)
def test_what_is_read_is_luma_and_luma_in_local_units(loss: Any) -> None:
    images = pairs(24, 40)[0]
    (read,) = loss.readings(images)
    assert read.shape == (*images.shape[:3], 2)
    np.testing.assert_allclose(read[..., 0], luma(images), atol=1e-6)
    inside = np.asarray(loss.prepare(images).mean if isinstance(loss, SSIM) else loss.prepare(images)[0].mean)
    middle = (slice(None), slice(5, -5), slice(5, -5))
    deviation = (luma(images)[middle] - inside) / np.maximum(np.asarray(read)[(*middle, 1)], 1e-9)
    lit = np.asarray(read)[(*middle, 1)] > 0.1
    assert (deviation[lit] >= 0.03 - 1e-4).all()
    assert (deviation[lit] <= 0.6).all()


@pytest.mark.parametrize(
    ("text", "smaller", "named"),
    [
        ("ssim", (10, 64), "ssim"),
        ("ms_ssim", (64, 8), "ms_ssim"),
        ("ssim(filter_size=21)", (20, 20), "ssim(filter_size=21)"),
    ],
)
def test_images_smaller_than_the_window_are_refused_with_both_sizes(
    text: str, smaller: tuple[int, int], named: str
) -> None:
    images, loss = np.zeros((1, *smaller, 3), "float32"), losses.get(text)
    with pytest.raises(InputError) as caught:
        loss(images, images)
    side = loss.filter_size  # type: ignore[attr-defined]
    assert str(caught.value) == (
        f"Expected images of at least {side} x {side} pixels, the `filter_size` of {named}. Received: "
        f"{smaller[0]} x {smaller[1]}. Choose larger images or a smaller `filter_size`."
    )
