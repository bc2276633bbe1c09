"""What is done to pictures, against scikit-image and Pillow, and property by property."""

from __future__ import annotations

import io

import numpy as np
import pytest
import skimage.color
import skimage.exposure
import skimage.filters
import skimage.transform
from PIL import Image

from aekeras import losses, samples
from aekeras.equality.transformations import TRANSFORMATIONS, Transformation
from aekeras.losses.blindness import WORDS

SIDE = 32
LUMA = np.array([0.299, 0.587, 0.114])
ROUNDING = 1e-5  # of float32
NAMES = [row.name for row in TRANSFORMATIONS]
ASKED_FOR = {
    *("recolor", "hue_rotation", "drop_red", "drop_green", "drop_blue", "swap_red_green", "swap_green_blue"),
    *("swap_red_blue", "greyscale", "brightness", "contrast", "gamma", "blur", "jpeg_90", "jpeg_50", "jpeg_10"),
    *("noise", "shift", "rotation", "flip", "scale", "border_crop", "occlusion"),
}
BLIND = {
    "recolor": ("l1_gray", "ssim"),
    "greyscale": ("l1_gray", "ssim"),
    "drop_red": ("l1_green", "l1_blue"),
    "drop_green": ("l1_red", "l1_blue"),
    "drop_blue": ("l1_red", "l1_green"),
    "swap_red_green": ("l1_blue",),
    "swap_green_blue": ("l1_red",),
    "swap_red_blue": ("l1_green",),
    "shift": ("spectrum", "palette"),
    "flip": ("mirror(l1)", "palette"),
}
"""By transformation, losses that are blind to all of its words."""


def changed(name: str, images: np.ndarray, seed: int = 0) -> np.ndarray:
    return np.asarray(row(name).apply(images, seed), np.float32)


def row(name: str) -> Transformation:
    return next(row for row in TRANSFORMATIONS if row.name == name)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Samples, noise of middle values, and a board of black and white; float32 in [0, 1]."""
    drawn = [np.asarray(samples.draw(sample, SIDE)) / 255 for sample in samples.generate(5)]
    made = np.random.default_rng(0).uniform(0.2, 0.8, (2, SIDE, SIDE, 3))
    board = np.indices((SIDE, SIDE)).sum(axis=0)[..., None] % 2 * np.ones(3)
    return np.stack([*drawn, *made, board]).astype(np.float32)


def test_every_change_that_was_asked_for_is_there_once() -> None:
    assert set(NAMES) >= ASKED_FOR
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_change_keeps_shape_and_range_leaves_its_input_and_repeats(name: str, images: np.ndarray) -> None:
    before = images.copy()
    found = changed(name, images, 3)
    assert found.shape == images.shape
    assert found.min() >= -ROUNDING
    assert found.max() <= 1 + ROUNDING
    assert np.array_equal(images, before)
    assert np.array_equal(changed(name, images, 3), found)
    assert np.abs(found - images).mean() > 1 / 255


@pytest.mark.parametrize("name", ["recolor", "noise", "occlusion"])
def test_another_seed_gives_another_change(name: str, images: np.ndarray) -> None:
    assert not np.array_equal(changed(name, images, 1), changed(name, images, 2))


def test_the_words_are_those_of_losses_and_each_row_that_has_some_is_tried_below() -> None:
    assert {row.name for row in TRANSFORMATIONS if row.ignored_by} == set(BLIND)
    assert {word for row in TRANSFORMATIONS for word in row.ignored_by} <= set(WORDS)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BLIND.items() for text in texts])
def test_a_loss_that_is_blind_to_all_words_of_a_change_does_not_see_it(
    name: str, text: str, images: np.ndarray
) -> None:
    loss = losses.get(text)
    assert set(row(name).ignored_by) <= set(loss.blind_to)
    usual = np.median(np.asarray(loss(images, np.roll(images, 1, axis=0))))
    assert np.asarray(loss(images, changed(name, images))).max() <= 1e-3 * usual


def test_a_recoloring_keeps_luma_and_moves_colors(images: np.ndarray) -> None:
    found = changed("recolor", images, 5)
    assert np.abs(found @ LUMA - images @ LUMA).max() <= ROUNDING
    assert np.abs(found - images)[:-1].mean() > 0.05
    assert np.abs(found - images)[-1].max() <= ROUNDING  # black and white have one color each


def test_hue_is_turned_as_scikit_image_does_and_luma_is_not_kept(images: np.ndarray) -> None:
    hsv = skimage.color.rgb2hsv(images)
    hsv[..., 0] = (hsv[..., 0] + 0.25) % 1
    found = changed("hue_rotation", images)
    assert np.abs(found - skimage.color.hsv2rgb(hsv)).max() <= 1e-4
    assert np.abs(found @ LUMA - images @ LUMA).max() > 0.05


def test_gray_is_the_luma_of_scikit_image(images: np.ndarray) -> None:
    found = changed("greyscale", images)
    assert np.abs(found - skimage.color.rgb2yuv(images)[..., :1]).max() <= ROUNDING


def test_gamma_is_that_of_scikit_image(images: np.ndarray) -> None:
    assert np.abs(changed("gamma", images) - skimage.exposure.adjust_gamma(images, 1.5)).max() <= ROUNDING


def test_blur_is_that_of_scikit_image(images: np.ndarray) -> None:
    for image, found in zip(images, changed("blur", images), strict=True):
        assert np.abs(found - skimage.filters.gaussian(image, 1.5, channel_axis=-1, mode="nearest")).max() <= ROUNDING


def test_jpeg_is_what_pillow_reads_and_worse_for_a_lower_quality(images: np.ndarray) -> None:
    errors = []
    for quality in (90, 50, 10):
        found = changed(f"jpeg_{quality}", images)
        file = io.BytesIO()
        Image.fromarray(np.rint(255 * images[0]).astype(np.uint8)).save(file, "JPEG", quality=quality)
        assert np.abs(255 * found[0] - np.asarray(Image.open(file))).max() <= 255 * ROUNDING
        errors.append(np.abs(found - images).mean())
    assert errors[0] < errors[1] < errors[2]


def test_brightness_adds_a_tenth_up_to_white(images: np.ndarray) -> None:
    assert np.abs(changed("brightness", images) - np.clip(images + 0.1, 0, 1)).max() <= ROUNDING


def test_contrast_is_a_line_with_a_slope_of_three_fifths_through_gray(images: np.ndarray) -> None:
    assert np.abs(changed("contrast", images) - 0.5 - 0.6 * (images - 0.5)).max() <= ROUNDING


def test_a_shift_is_circular_and_a_move_repeats_the_edge(images: np.ndarray) -> None:
    far = SIDE // 8
    shifted, moved = changed("shift", images), changed("move", images)
    for found in (shifted, moved):
        assert np.array_equal(found[:, far:, far:], images[:, :-far, :-far])
    assert np.array_equal(shifted[:, :far, :far], images[:, -far:, -far:])
    assert np.array_equal(moved[:, :far, far:], np.repeat(images[:, :1, :-far], far, axis=1))


def test_a_rotation_is_that_of_scikit_image(images: np.ndarray) -> None:
    for image, found in zip(images, changed("rotation", images), strict=True):
        ways = [skimage.transform.rotate(image, angle, order=1, mode="edge") for angle in (10, -10)]
        assert min(np.abs(found - way).max() for way in ways) <= 1e-4


@pytest.mark.parametrize(("name", "factor"), [("scale", 0.85), ("border_crop", 4 / 3)])
def test_a_square_in_the_middle_is_as_large_as_the_factor_says(name: str, factor: float) -> None:
    image = np.zeros((1, 80, 80, 3), np.float32)
    image[:, 20:60, 20:60] = 1
    bright = changed(name, image)[0, :, :, 0] > 0.5
    assert bright.sum(axis=0).max() == pytest.approx(40 * factor, abs=1)
    assert bright.any(axis=0).nonzero()[0].mean() == pytest.approx(39.5, abs=0.5)


def test_a_gray_border_leaves_the_middle_and_a_gray_square_the_rest(images: np.ndarray) -> None:
    width = SIDE // 8
    inside = np.zeros((SIDE, SIDE, 1), bool)
    inside[width:-width, width:-width] = True
    assert np.array_equal(changed("border_paint", images), np.where(inside, images, np.float32(0.5)))
    hidden = changed("occlusion", images)
    different = (hidden != images).any(axis=-1)
    assert (hidden[different] == 0.5).all()
    for one in different:
        rows, columns = np.nonzero(one)
        assert max(np.ptp(rows), np.ptp(columns)) == SIDE // 4 - 1


def test_noise_has_the_deviation_that_its_label_names() -> None:
    gray = np.full((4, SIDE, SIDE, 3), 0.5, np.float32)
    assert changed("noise", gray).std() == pytest.approx(0.05, rel=0.05)
