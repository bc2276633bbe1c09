"""The grounds of the sample pictures: textures in one color and a second tone of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from aekeras.samples.palette import CREAM, INK, Color, luma, mix

Ground = Callable[[int, Color, Color], Image.Image]


def plain(side: int, color: Color, _: Color) -> Image.Image:
    """One color."""
    return Image.new("RGB", (side, side), color)


def gradient(side: int, color: Color, tone: Color) -> Image.Image:
    """From the tone above to the color below."""
    share = np.linspace(0.0, 1.0, side)[:, None]
    column = (1 - share) * np.asarray(tone) + share * np.asarray(color)
    rows = np.repeat(np.rint(column).astype(np.uint8)[:, None], side, axis=1)
    return Image.fromarray(rows)


def stripes(side: int, color: Color, tone: Color) -> Image.Image:
    """Slanting stripes."""
    picture = plain(side, color, tone)
    draw, step = ImageDraw.Draw(picture), side / 5
    for number in range(-3, 6):
        left = number * step
        draw.polygon(
            [(left, side), (left + step / 2, side), (left + step / 2 + side / 2, 0), (left + side / 2, 0)],
            tone,
        )
    return picture


def checks(side: int, color: Color, tone: Color) -> Image.Image:
    """A chessboard."""
    number = np.arange(side) * 6 // side
    odd = (number[:, None] + number[None, :]) % 2 == 1
    pixels = np.where(odd[..., None], np.asarray(tone, np.uint8), np.asarray(color, np.uint8))
    return Image.fromarray(pixels)


def dots(side: int, color: Color, tone: Color) -> Image.Image:
    """Staggered dots."""
    picture = plain(side, color, tone)
    draw, step = ImageDraw.Draw(picture), side / 4
    for row in range(9):
        for column in range(5):
            x, y, radius = (column + row % 2 / 2) * step, row * step / 2, step * 0.16
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], tone)
    return picture


GROUNDS: dict[str, Ground] = {
    "plain": plain,
    "gradient": gradient,
    "stripes": stripes,
    "checks": checks,
    "dots": dots,
}


def lay(ground: str, color: Color, side: int) -> Image.Image:
    """The ground as a square picture: a pale color with a darker second tone, a deep one with a lighter."""
    tone = mix(color, INK, 0.16) if luma(color) > 127 else mix(color, CREAM, 0.18)
    return GROUNDS[ground](side, color, tone)
