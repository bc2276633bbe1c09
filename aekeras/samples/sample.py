"""A sample picture by its factors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aekeras.errors import InputError, did_you_mean
from aekeras.samples.grounds import GROUNDS
from aekeras.samples.palette import COLORS, GROUND_COLORS
from aekeras.samples.shapes import SHAPES


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The factors that a sample picture is made of; `draw` makes the picture.

    Attributes:
        shape: What it shows: a name of `shapes.SHAPES`, as "cat".
        color: The color of its coat: a name of `palette.COLORS`, as "ginger".
        ground: The texture behind it: a name of `grounds.GROUNDS`, as "stripes".
        ground_color: The color behind it: a name of `palette.GROUND_COLORS`, as "cream".
        x: Centre from the left, in widths of the picture, [0, 1].
        y: Centre from the top, in heights of the picture, [0, 1].
        size: Side of the square it fills, in sides of the picture, (0, 1].
        mirrored: Whether the picture is the mirror image of the one with its centre at 1 - `x`.

    Raises:
        InputError: A name that is unknown or a number out of its range.
    """

    shape: str
    color: str
    ground: str = "plain"
    ground_color: str = "cream"
    x: float = 0.5
    y: float = 0.5
    size: float = 0.8
    mirrored: bool = False

    def __post_init__(self) -> None:
        _check_name("shape", self.shape, SHAPES)
        _check_name("color", self.color, COLORS)
        _check_name("ground", self.ground, GROUNDS)
        _check_name("ground_color", self.ground_color, GROUND_COLORS)
        for name, value in (("x", self.x), ("y", self.y)):
            if not 0 <= value <= 1:
                raise InputError(f"Expected `{name}` from 0 to 1. Received: {value!r}. It is a share of the side.")
        if not 0 < self.size <= 1:
            raise InputError(
                f"Expected `size` above 0 and at most 1. Received: {self.size!r}. It is a share of the side."
            )


def _check_name(factor: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        hint = did_you_mean(name, names) or " Choose one of these."
        raise InputError(f"Expected `{factor}` to be one of: {', '.join(names)}. Received: {name!r}.{hint}")
