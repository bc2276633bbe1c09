"""A pen that draws outlines into a square box of a picture."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from aekeras.samples.outline import Outline, Points, oval, path
from aekeras.samples.palette import CREAM, INK, Color

# Widths of the dark rim around things and of fine lines, where the box is 100 wide.
_RIM = 2.8
_LINE = 2.2


class Pen:
    """Draws things of one coat into the box with the given upper left corner and side, in pixels."""

    def __init__(self, picture: Image.Image, coat: Color, corner: tuple[float, float], side: float) -> None:
        # On an RGB picture the mode RGBA blends colors that have an alpha.
        self._draw = ImageDraw.Draw(picture, "RGBA")
        self._coat = coat
        self._corner = np.asarray(corner)
        self._scale = side / 100

    def body(self, *outlines: Outline) -> None:
        """The outlines grown together: one dark rim around them all, the coat inside."""
        self.rimmed(self._coat, *outlines)

    def rimmed(self, color: Color, *outlines: Outline) -> None:
        """The outlines grown together, in a color of their own."""
        for outline in outlines:
            self._line(np.concatenate([outline, outline[:2]]), 2 * _RIM, INK)
        self.fill(color, *outlines)

    def fill(self, color: Color, *outlines: Outline, alpha: float = 1.0) -> None:
        """The outlines without a rim; with `alpha` below 1 what lies beneath shines through."""
        for outline in outlines:
            self._draw.polygon(self._pixels(outline), fill=(*color, round(255 * alpha)))

    def shade(self, *outlines: Outline, alpha: float = 0.28) -> None:
        """The outlines in shadow."""
        self.fill(INK, *outlines, alpha=alpha)

    def light(self, *outlines: Outline, alpha: float = 0.5) -> None:
        """The outlines in light."""
        self.fill(CREAM, *outlines, alpha=alpha)

    def line(self, points: Points, width: float = _LINE, color: Color = INK) -> None:
        """A smooth open line through the points."""
        self._line(path(points), width, color)

    def dot(self, color: Color, x: float, y: float, radius: float) -> None:
        """A disc."""
        self.fill(color, oval(x, y, radius, radius))

    def _line(self, points: np.ndarray, width: float, color: Color) -> None:
        # Discs at the points: Pillow's own curved joints leave gaps where a line bends sharply.
        pixels, broad = self._pixels(points), max(1, round(width * self._scale))
        self._draw.line(pixels, fill=color, width=broad)
        radius = (broad - 1) / 2  # The edges of an ellipse are part of it.
        for x, y in zip(pixels[::2], pixels[1::2], strict=True):
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)

    def _pixels(self, points: np.ndarray) -> list[float]:
        pixels: list[float] = (self._corner + points * self._scale).ravel().tolist()
        return pixels
