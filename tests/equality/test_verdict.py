"""The one rule, against SciPy and brute force."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from aekeras import losses, samples
from aekeras.equality.distances import as_floats, losses_of_pairs
from aekeras.equality.scale import Scale, Scales
from aekeras.equality.verdict import Judge, code_ratio, measured, smoothed, zero_of
from aekeras.losses import catalogue

SIDE = 32


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    drawn = np.stack([samples.draw(sample, SIDE) for sample in samples.generate(200)])
    return np.random.default_rng(0).permutation(drawn)[:40]


def pixels(images: np.ndarray) -> np.ndarray:
    """Codes that see every pixel."""
    return as_floats(images).reshape(len(images), -1)


def judge(text: str, pictures: np.ndarray, **settings: float) -> Judge:
    loss = losses.get(text)
    of_pairs = partial(losses_of_pairs, loss)
    return Judge(loss=of_pairs, scales=measured(of_pairs, pixels, pictures, exact=loss.exact), **settings)


@pytest.mark.parametrize("side", [16, 48, 64])
def test_pictures_are_smoothed_as_scipy_does_it(side: int) -> None:
    images = np.random.default_rng(1).integers(0, 256, (3, side, side, 3), dtype=np.uint8)
    expected = gaussian_filter(images / 255.0, (0, side / 48, side / 48, 0), mode="reflect")
    np.testing.assert_allclose(smoothed(images), expected, atol=2e-6)
    np.testing.assert_allclose(smoothed(as_floats(images)), expected, atol=2e-6)


@pytest.mark.parametrize("text", ["l1", "l1_gray", "l1_edges", "palette", "0.5*ssim + 0.5*l1"])
def test_the_figure_is_the_lower_of_the_loss_and_the_loss_of_the_smoothed(text: str, pictures: np.ndarray) -> None:
    loss, found = losses.get(text), judge(text, pictures)
    rows, others = np.arange(20), np.arange(20, 40)
    soft = [smoothed(pictures[part]) for part in (rows, others)]
    plain = losses_of_pairs(loss, as_floats(pictures[rows]), as_floats(pictures[others])) / found.scales.loss.typical
    assert found.scales.smoothed is not None
    softly = losses_of_pairs(loss, *soft) / found.scales.smoothed.typical
    np.testing.assert_allclose(
        found.shares(pictures[rows], pictures[others]), np.minimum(plain, softly), rtol=1e-4, atol=1e-6
    )


def test_what_is_typical_is_the_median_over_all_pairs_of_few_pictures(pictures: np.ndarray) -> None:
    few = pictures[:12]
    rows, others = np.triu_indices(12, 1)
    scales = judge("l1", few).scales
    apart = np.abs(as_floats(few[rows]) - as_floats(few[others]))
    assert scales.loss.typical == pytest.approx(np.median(apart.mean(axis=(1, 2, 3))), rel=1e-5)
    assert scales.codes.typical == pytest.approx(np.median(np.sqrt((apart**2).sum(axis=(1, 2, 3)))), rel=1e-5)


@pytest.mark.parametrize("text", [row.example for row in catalogue() if row.example])
def test_a_loss_of_zero_is_equal_even_where_all_pictures_are(text: str, pictures: np.ndarray) -> None:
    loss = partial(losses_of_pairs, losses.get(text))
    nothing = Scale(typical=0.0, quantiles=np.zeros(201))
    blind = Judge(
        loss=loss, scales=Scales(loss=nothing, smoothed=nothing, codes=nothing, zero=zero_of(loss, SIDE)), within=0.0
    )
    images = pictures[:8]
    assert blind.equal(blind.shares(images, images)).all()
    metamers = np.asarray(losses.get(text).metamer(as_floats(images), 3))
    values = losses_of_pairs(losses.get(text), as_floats(images), metamers)
    seen = judge(text, pictures)
    # What a loss cannot see stays within the limit: of zero, where it is that but for rounding.
    assert seen.equal(seen.shares(as_floats(images), metamers)).all(), values


def test_smoothing_never_turns_a_zero_into_a_difference(pictures: np.ndarray) -> None:
    """Shuffled pixels have the same palette, and smoothed ones another."""
    images = as_floats(pictures[:4])
    shuffled = np.random.default_rng(0).permutation(images.reshape(4, -1, 3), axis=1).reshape(images.shape)
    found = judge("palette", pictures)
    assert losses_of_pairs(losses.get("palette"), smoothed(images), smoothed(shuffled)).min() > 0.01
    np.testing.assert_array_equal(found.shares(images, shuffled), np.zeros(4))


def test_gray_pictures_are_equal_under_a_loss_of_colors_alone(pictures: np.ndarray) -> None:
    gray = np.repeat(pictures[..., 1:2], 3, axis=-1)
    found = judge("l1_chroma", pictures)
    assert found.equal(found.shares(gray[:10], gray[10:20])).all()


def test_a_loss_that_judges_exactly_is_not_smoothed(pictures: np.ndarray) -> None:
    marked = pictures[:1].copy()
    marked[0, 5, 5] = 255 - marked[0, 5, 5]
    found = judge("l1_max", pictures)
    assert found.scales.smoothed is None
    value = float(np.abs(as_floats(marked) - as_floats(pictures[:1])).max())
    assert found.shares(pictures[:1], marked)[0] == pytest.approx(value / found.scales.loss.typical, rel=1e-5)


def test_codes_of_pictures_like_those_of_the_training_agree_with_the_loss(pictures: np.ndarray) -> None:
    found = judge("l2", pictures)  # of which the distance of all pixels is a multiple
    ratio = code_ratio(found, pictures, pixels(pictures))
    assert ratio == pytest.approx(1.0, abs=1e-3)
    assert code_ratio(found, pictures, 0.5 * pixels(pictures)) == pytest.approx(0.5, abs=1e-3)
    few, alike = pictures[:9], np.repeat(pictures[:1], 40, axis=0)
    assert code_ratio(found, few, pixels(few)) is None
    assert code_ratio(found, alike, pixels(alike)) is None
