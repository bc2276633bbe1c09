"""The curves of the drawings, measured."""

import numpy as np
import pytest

from aekeras.samples.outline import Outline, band, box, mirrored, oval, path, polygon, rounded, smooth


def area(outline: Outline) -> float:
    """By the shoelace formula."""
    x, y = outline.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def test_text_and_pairs_are_the_same_points() -> None:
    np.testing.assert_array_equal(polygon("10 20, 30 40.5"), polygon([(10, 20), (30, 40.5)]))


def test_an_oval_has_the_area_of_an_ellipse_whatever_its_tilt() -> None:
    for tilt in (0, 35, 90):
        assert area(oval(50, 40, 20, 10, tilt)) == pytest.approx(np.pi * 200, rel=0.01)


def test_a_tilted_oval_lies_across() -> None:
    upright = oval(50, 50, 20, 10, 90)
    assert np.ptp(upright, axis=0) == pytest.approx([20, 40], rel=0.01)


def test_a_smooth_curve_goes_through_its_points() -> None:
    knots = polygon("10 10, 80 20, 60 70, 20 60")
    for curve in (smooth(knots), path(knots)):
        gaps = np.linalg.norm(curve[:, None] - knots[None], axis=2).min(axis=0)
        np.testing.assert_allclose(gaps, 0, atol=1e-9)


def test_rounding_takes_the_corners_off_and_nothing_else() -> None:
    square = box(0, 0, 100, 100)
    assert area(rounded(square, 0.2)) == pytest.approx(10_000 - 4 * 20 * 20 / 6, rel=0.01)
    assert rounded(square, 0.2).min() >= 0


def test_a_band_is_as_long_and_wide_as_asked() -> None:
    straight = band("20 50, 50 50, 80 50", 10, 10)
    assert np.ptp(straight, axis=0) == pytest.approx([70, 10], rel=0.01)
    assert area(straight) == pytest.approx(60 * 10 + np.pi * 25, rel=0.02)


def test_a_band_tapers() -> None:
    tapered = band("20 50, 50 50, 80 50", 20, 4)
    assert np.ptp(tapered[tapered[:, 0] <= 21, 1]) > 15
    assert np.ptp(tapered[tapered[:, 0] >= 79, 1]) < 5


def test_mirroring_twice_gives_the_outline_back() -> None:
    outline = smooth("10 10, 80 20, 60 70")
    assert mirrored(outline, 44)[:, 0].max() == pytest.approx(88 - outline[:, 0].min())
    np.testing.assert_allclose(mirrored(mirrored(outline, 44), 44), outline)
