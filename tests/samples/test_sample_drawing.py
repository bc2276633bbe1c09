"""What a drawn sample looks like, and what the losses see of it."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from aekeras.errors import InputError
from aekeras.samples import Sample, draw
from aekeras.samples.grounds import GROUNDS
from aekeras.samples.palette import CHANNEL_SETS, GROUND_SETS, LUMA_SETS
from aekeras.samples.shapes import SHAPES

LUMA = np.array([0.299, 0.587, 0.114])
CAT = Sample(shape="cat", color="ginger")


def pixels(sample: Sample, size: int = 64) -> np.ndarray:
    return np.asarray(draw(sample, size), dtype=float) / 255


def place(sample: Sample) -> tuple[np.ndarray, float]:
    """Centre (x, y) of what stands before a plain ground, and the share of the picture it covers."""
    image = pixels(sample)
    covered = np.abs(image - image[0, 0]).sum(axis=2) > 0.02
    return np.argwhere(covered)[:, ::-1].mean(axis=0) / 64, covered.mean()


@pytest.mark.parametrize("luma_set", LUMA_SETS)
@pytest.mark.parametrize("shape", SHAPES)
def test_another_color_of_the_same_luma_is_another_picture_with_the_same_luma(shape: str, luma_set: str) -> None:
    images = [pixels(Sample(shape=shape, color=color, ground="dots")) for color in LUMA_SETS[luma_set]]
    for one, other in combinations(images, 2):
        assert np.abs(one @ LUMA - other @ LUMA).mean() < 0.5 / 255
        assert np.abs(one - other).mean() > 2 / 255


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("shape", SHAPES)
def test_colors_that_share_a_channel_are_exactly_equal_in_it_and_nowhere_else(shape: str, channel: int) -> None:
    names = list(CHANNEL_SETS.values())[channel]
    ginger, *partners = [pixels(Sample(shape=shape, color=color, ground="checks")) for color in names]
    others = [other for other in (0, 1, 2) if other != channel]
    for partner in partners:
        np.testing.assert_array_equal(ginger[..., channel], partner[..., channel])
        assert (np.abs(ginger - partner).mean(axis=(0, 1))[others] > 1 / 255).all()


@pytest.mark.parametrize("ground_set", GROUND_SETS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_another_ground_of_the_same_luma_is_another_picture_with_the_same_luma(ground: str, ground_set: str) -> None:
    one, *others = [pixels(replace(CAT, ground=ground, ground_color=color)) for color in GROUND_SETS[ground_set]]
    for other in others:
        assert np.abs(one @ LUMA - other @ LUMA).mean() < 0.75 / 255
        assert np.abs(one - other).mean() > 2 / 255


def test_every_shape_and_every_ground_can_be_told_from_the_others_without_color() -> None:
    shapes = [pixels(replace(CAT, shape=shape)) @ LUMA for shape in SHAPES]
    grounds = [pixels(replace(CAT, ground=ground)) @ LUMA for ground in GROUNDS]
    for one, other in [*combinations(shapes, 2), *combinations(grounds, 2)]:
        assert np.abs(one - other).mean() > 2 / 255


def test_the_same_factors_give_the_same_picture() -> None:
    one, other = draw(CAT), draw(replace(CAT))
    assert one.tobytes() == other.tobytes()
    assert (one.mode, one.size) == ("RGB", (64, 64))


@pytest.mark.parametrize("size", [1, 33, 200])
def test_pictures_come_in_the_size_asked_for(size: int) -> None:
    assert draw(CAT, size).size == (size, size)


def test_a_large_picture_made_small_is_the_small_picture() -> None:
    shrunk = np.asarray(draw(CAT, 256).resize((64, 64), Image.Resampling.BOX), dtype=float) / 255
    assert np.abs(shrunk - pixels(CAT)).mean() < 0.02


def test_edges_are_soft() -> None:
    colors = draw(replace(CAT, shape="heart")).getcolors(maxcolors=4096)
    assert colors is not None
    assert len(colors) > 50


@pytest.mark.parametrize("shape", SHAPES)
def test_a_mirrored_sample_is_the_mirror_image(shape: str) -> None:
    sample = Sample(shape=shape, color="blue", ground="stripes", x=0.37, y=0.55, size=0.7)
    mirrored = draw(replace(sample, x=0.63, mirrored=True))
    assert mirrored.tobytes() == draw(sample).transpose(Image.Transpose.FLIP_LEFT_RIGHT).tobytes()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_thing_stands_where_and_as_large_as_its_factors_say(shape: str) -> None:
    sample = Sample(shape=shape, color="gold", ground_color="midnight", x=0.4, y=0.4, size=0.5)
    centre, covered = place(sample)
    moved, _ = place(replace(sample, x=0.6, y=0.55))
    _, covered_twice = place(replace(sample, x=0.5, y=0.5, size=1.0))
    np.testing.assert_allclose(centre, [0.4, 0.4], atol=0.08)
    np.testing.assert_allclose(moved - centre, [0.2, 0.15], atol=0.02)
    assert covered_twice == pytest.approx(4 * covered, rel=0.12)


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ({"shape": "catt"}, "Expected `shape` to be one of: cat, .* Received: 'catt'. Did you mean 'cat'"),
        ({"color": "blu"}, "Expected `color` to be one of: ginger, .* Received: 'blu'. Did you mean 'blue'"),
        (
            {"ground": "zzz"},
            "Expected `ground` to be one of: plain, .* Received: 'zzz'. Choose one of these.",
        ),
        ({"ground_color": "blue"}, "Expected `ground_color` to be one of: cream, .* Received: 'blue'."),
        ({"x": 1.5}, "Expected `x` from 0 to 1. Received: 1.5."),
        ({"y": float("nan")}, "Expected `y` from 0 to 1. Received: nan."),
        ({"size": 0}, "Expected `size` above 0 and at most 1. Received: 0."),
    ],
)
def test_a_factor_that_does_not_exist_is_refused(factors: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(CAT, **factors)


@pytest.mark.parametrize("size", [0, 5000])
def test_a_picture_of_no_size_or_a_huge_one_is_refused(size: int) -> None:
    with pytest.raises(InputError, match=f"Expected `size` from 1 to 2048 pixels. Received: {size}."):
        draw(CAT, size)
