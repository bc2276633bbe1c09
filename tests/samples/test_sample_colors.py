"""The color sets keep what they promise."""

from itertools import combinations, pairwise

import pytest
from PIL import Image

from aekeras.samples.palette import (
    ANCHOR,
    CHANNEL_SETS,
    COLORS,
    GROUND_COLORS,
    GROUND_SETS,
    LUMA_SETS,
    ground_set,
    luma,
    luma_set,
    mix,
)

SETS = {**LUMA_SETS, **GROUND_SETS}


@pytest.mark.parametrize("name", SETS)
def test_colors_of_a_set_have_one_luma(name: str) -> None:
    lumas = [luma(color) for color in SETS[name].values()]
    assert max(lumas) - min(lumas) < 0.5


@pytest.mark.parametrize("name", SETS)
def test_colors_of_a_set_are_different_colors(name: str) -> None:
    for one, other in combinations(SETS[name].values(), 2):
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) >= 8


def test_sets_differ_in_luma() -> None:
    lumas = sorted(luma(next(iter(colors.values()))) for colors in LUMA_SETS.values())
    assert all(higher - lower > 40 for lower, higher in pairwise(lumas))


@pytest.mark.parametrize(("name", "channel"), [("red", 0), ("green", 1), ("blue", 2)])
def test_colors_of_a_channel_set_share_that_channel_and_no_luma(name: str, channel: int) -> None:
    colors = [COLORS[color] for color in CHANNEL_SETS[name]]
    assert COLORS[ANCHOR] in colors
    assert len({color[channel] for color in colors}) == 1
    assert all(abs(luma(color) - luma(COLORS[ANCHOR])) > 40 for color in colors if color != COLORS[ANCHOR])


def test_ginger_shares_a_channel_with_its_partners_only() -> None:
    for channel, name in enumerate(CHANNEL_SETS):
        equals = {color for color, value in COLORS.items() if value[channel] == COLORS[ANCHOR][channel]}
        assert equals == set(CHANNEL_SETS[name])


def test_luma_is_that_of_pillow() -> None:
    for color in [*COLORS.values(), *GROUND_COLORS.values()]:
        pillow = Image.new("RGB", (1, 1), color).convert("L").getpixel((0, 0))
        assert luma(color) == pytest.approx(pillow, abs=0.51)


def test_mixing_keeps_the_luma_of_a_set() -> None:
    for colors in LUMA_SETS.values():
        lumas = [luma(mix(color, (20, 200, 90), 0.37)) for color in colors.values()]
        assert max(lumas) - min(lumas) < 1.2  # the sets' 0.2 and the rounding of each channel


def test_a_color_knows_its_set() -> None:
    assert luma_set("ginger") == "middle"
    assert ground_set("ice") == "pale"
