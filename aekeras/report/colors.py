"""Which color stands for which loss, on white and on black."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Color:
    """A color of CSS in both schemes; each has a contrast of 3 to 1 or more with its page.

    Attributes:
        light: On a light page.
        dark: On a dark page.
    """

    light: str
    dark: str


# Where a loss is about a color, that color stands for it.
_OWN = {
    "l1": Color(light="#333f55", dark="#c6cede"),
    "l1_gray": Color(light="#85898f", dark="#8b9099"),
    "l1_red": Color(light="#c8402f", dark="#f07e6c"),
    "l1_green": Color(light="#2b8a4b", dark="#62c583"),
    "l1_blue": Color(light="#2f6bd0", dark="#7aabff"),
}
_OTHERS = (
    Color(light="#b56a00", dark="#e9a94f"),
    Color(light="#8047c0", dark="#ba9af6"),
    Color(light="#0b7f8c", dark="#4fc3cf"),
    Color(light="#bd3c85", dark="#f083bd"),
    Color(light="#6f7412", dark="#bdbf55"),
    Color(light="#885a3e", dark="#cf9f80"),
)
# For what a figure tells apart beside losses, in the order of Matplotlib's C0, C1, ...; C7 is its gray. From the end,
# so that they meet the losses' colors only where there are many of these.
SERIES = (Color(light="#1d1f23", dark="#e9e7e2"), *reversed(_OTHERS), _OWN["l1_gray"])


def of_losses(losses: Iterable[str]) -> dict[str, Color]:
    """The color of each loss: its own, or the next one of those that are nobody's."""
    colors: dict[str, Color] = {}
    for loss in losses:
        others = sum(name not in _OWN for name in colors)
        colors[loss] = _OWN.get(loss, _OTHERS[others % len(_OTHERS)])
    return colors
