"""Which samples a collection has, and what the losses find in it."""

from collections import Counter
from dataclasses import replace
from itertools import islice, product

import numpy as np
import pytest

from aekeras.errors import InputError
from aekeras.samples import Sample, draw, generate
from aekeras.samples.grounds import GROUNDS
from aekeras.samples.palette import CHANNEL_SETS, COLORS, LUMA_SETS, ground_set, luma_set
from aekeras.samples.shapes import SHAPES

VIEWS = {
    "l1": np.eye(3),
    "l1_gray": np.array([[0.299], [0.587], [0.114]]),
    "l1_red": np.eye(3)[:, :1],
    "l1_green": np.eye(3)[:, 1:2],
    "l1_blue": np.eye(3)[:, 2:],
}


def test_every_shape_appears_in_every_color_on_every_ground() -> None:
    seen = {(sample.shape, sample.color, sample.ground) for sample in generate()}
    assert seen == set(product(SHAPES, COLORS, GROUNDS))


@pytest.mark.parametrize("count", [1, 60, 1200, 1500])
def test_there_are_as_many_as_asked_for_and_none_twice(count: int) -> None:
    samples = generate(count)
    assert len(samples) == count
    assert len(set(samples)) == count


def test_the_seed_decides() -> None:
    assert generate(300, seed=5) == generate(300, seed=5)
    assert generate(300, seed=5) != generate(300, seed=6)


def test_nearly_every_picture_is_there_in_all_colors_of_its_luma() -> None:
    samples = set(generate())
    whole = [
        sample
        for sample in samples
        for colors in LUMA_SETS.values()
        if sample.color in colors and all(replace(sample, color=color) in samples for color in colors)
    ]
    assert len(whole) >= 0.8 * len(samples)


def test_pictures_share_their_place_and_color_with_other_shapes() -> None:
    stages = Counter(replace(sample, shape="cat") for sample in generate())
    assert sum(count for count in stages.values() if count > 1) > 900


def test_places_sizes_sides_and_ground_colors_vary() -> None:
    samples = generate()
    assert len({(sample.x, sample.y, sample.size) for sample in samples}) > 50
    assert len({sample.ground_color for sample in samples}) > 8
    assert 300 < sum(sample.mirrored for sample in samples) < 900


def test_things_stay_inside_the_picture() -> None:
    for sample in generate():
        for centre in (sample.x, sample.y):
            assert sample.size / 2 - 0.01 <= centre <= 1 - sample.size / 2 + 0.01


def test_some_pictures_are_there_mirrored_and_before_another_ground_of_the_same_luma() -> None:
    samples = set(generate())
    flipped = [s for s in samples if replace(s, x=round(1 - s.x, 3), mirrored=not s.mirrored) in samples]
    grounds = Counter(replace(sample, ground_color="paper") for sample in samples)
    assert len(flipped) >= 30
    assert sum(count > 1 for count in grounds.values()) >= 15


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_default_loss_has_its_own_neighbours_for_the_ginger_cat(seed: int) -> None:
    samples = generate(154, seed)
    images = np.stack([np.asarray(draw(sample), dtype=float) / 255 for sample in samples])
    query = samples.index(next(s for s in samples if (s.shape, s.color) == ("cat", "ginger")))
    nearest: dict[str, list[Sample]] = {}
    for loss, view in VIEWS.items():
        seen = images @ view
        distances = np.abs(seen - seen[query]).mean(axis=(1, 2, 3))
        order = [number for number in np.argsort(distances, kind="stable") if number != query]
        nearest[loss] = [samples[number] for number in islice(order, 5)]
    assert [sample.color for sample in nearest["l1"][:2]] == ["ginger", "ginger"]
    assert {sample.color for sample in nearest["l1_gray"]} == {*LUMA_SETS["middle"]} - {"ginger"}
    for name, partners in CHANNEL_SETS.items():
        assert {sample.color for sample in nearest[f"l1_{name}"][:2]} == {*partners} - {"ginger"}
    assert {sample.shape for found in nearest.values() for sample in found} == {"cat"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "Expected `count` of at least 1. Received: 0."),
        ({"seed": -1}, "Expected `seed` of at least 0. Received: -1."),
    ],
)
def test_a_count_or_seed_out_of_range_is_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        generate(**arguments)


def test_dark_coats_stand_before_pale_grounds_where_they_can_be_seen() -> None:
    dark = [sample for sample in generate() if luma_set(sample.color) == "dark"]
    assert {ground_set(sample.ground_color) for sample in dark} == {"pale"}
