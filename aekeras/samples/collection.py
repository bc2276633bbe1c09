"""The samples of a collection: families of pictures that some loss counts as equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from aekeras.errors import InputError
from aekeras.samples.grounds import GROUNDS
from aekeras.samples.palette import ANCHOR, CHANNEL_SETS, GROUND_SETS, LUMA_SETS, ground_set
from aekeras.samples.sample import Sample
from aekeras.samples.shapes import SHAPES

# Shapes that share a place and a ground, so that a picture has others of its color for neighbours.
_SHAPES_TOGETHER = 3
# Grounds on which the families of ginger are large: they have partners and twins.
_GROUNDS_OF_LARGE_FAMILIES = 2
# What a twin's size differs by: a third of a pixel of 64 at each edge. Each loss sees it, but `l1` sees more
# in another color.
_TWINS = (-0.01, 0.01)
# Brings a round of families to 1,200.
_VARIATIONS = 34


def generate(count: int = 1200, seed: int = 0) -> list[Sample]:
    """Samples in families, each of one picture in the six colors of a luma set.

    In 1,200 samples each shape is there in each color on each ground. Some families of ginger also have the
    colors that share its red, green or blue, and ginger twins that are a little smaller or larger. Last come
    some pictures again, mirrored or before another ground of the same luma.

    Args:
        count: How many, at least 1. The first 154 have each shape in the middle colors, partners and twins.
        seed: Which collection, at least 0.

    Raises:
        InputError: A `count` below 1 or a `seed` below 0.
    """
    if count < 1:
        raise InputError(f"Expected `count` of at least 1. Received: {count!r}. 1200 has every combination.")
    if seed < 0:
        raise InputError(f"Expected `seed` of at least 0. Received: {seed!r}. Any other whole number will do.")
    return list(islice(_endless(np.random.default_rng(seed)), count))


def _endless(rng: np.random.Generator) -> Iterator[Sample]:
    while True:
        families = list(_families(rng))
        yield from families
        for number, chosen in enumerate(rng.choice(len(families), _VARIATIONS, replace=False)):
            yield _variation(families[chosen], number, rng)


def _families(rng: np.random.Generator) -> Iterator[Sample]:
    """Every shape in every color on every ground, family after family."""
    for number, ground in enumerate(rng.permutation(list(GROUNDS)).tolist()):
        for luma_set, colors in LUMA_SETS.items():
            large = ANCHOR in colors and number < _GROUNDS_OF_LARGE_FAMILIES
            # Dark coats, which large families have too, are hard to see before a deep ground.
            ground_sets = ["pale"] if large or luma_set == "dark" else ["pale", "deep"]
            for scene in _scenes(ground, ground_sets, rng):
                yield from (replace(scene, color=color) for color in colors)
                if large:
                    yield from _partners_and_twins(scene)


def _partners_and_twins(scene: Sample) -> Iterator[Sample]:
    for names in CHANNEL_SETS.values():
        yield from (replace(scene, color=color) for color in names if color != ANCHOR)
    for change in _TWINS:
        yield replace(scene, color=ANCHOR, size=round(scene.size + change, 3))


def _scenes(ground: str, ground_sets: list[str], rng: np.random.Generator) -> list[Sample]:
    """One sample of each shape; some shapes share a stage."""
    stage_of_shape = rng.permutation(len(SHAPES)) // _SHAPES_TOGETHER
    stages = [_stage(ground, ground_sets, rng) for _ in range(stage_of_shape.max() + 1)]
    return [replace(stages[stage], shape=shape) for shape, stage in zip(SHAPES, stage_of_shape, strict=True)]


def _stage(ground: str, ground_sets: list[str], rng: np.random.Generator) -> Sample:
    """A place before a ground, for any shape in any color."""
    size = round(rng.uniform(0.62, 0.94), 3)
    x, y = 0.5 + rng.uniform(-0.5, 0.5, 2) * (1 - size)
    return Sample(
        shape=next(iter(SHAPES)),
        color=ANCHOR,
        ground=ground,
        ground_color=str(rng.choice(list(GROUND_SETS[rng.choice(ground_sets)]))),
        x=round(float(x), 3),
        y=round(float(y), 3),
        size=size,
        mirrored=bool(rng.random() < 0.5),
    )


def _variation(sample: Sample, number: int, rng: np.random.Generator) -> Sample:
    """By turns mirrored and before another ground of the same luma."""
    if number % 2 == 0:
        return replace(sample, x=round(1 - sample.x, 3), mirrored=not sample.mirrored)
    others = [name for name in GROUND_SETS[ground_set(sample.ground_color)] if name != sample.ground_color]
    return replace(sample, ground_color=str(rng.choice(others)))
