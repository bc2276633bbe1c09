"""What the sample pictures show, by name."""

from __future__ import annotations

from collections.abc import Callable

from aekeras.samples import animals, things
from aekeras.samples.pen import Pen

SHAPES: dict[str, Callable[[Pen], None]] = {
    "cat": animals.cat,
    "dog": animals.dog,
    "fish": animals.fish,
    "bird": animals.bird,
    "house": things.house,
    "tree": things.tree,
    "car": things.car,
    "cup": things.cup,
    "star": things.star,
    "heart": things.heart,
    "mushroom": things.mushroom,
}
