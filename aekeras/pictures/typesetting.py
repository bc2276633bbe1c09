"""Lines of text: shortened to their room, and drawn."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from PIL import Image, ImageDraw, ImageFont

from aekeras.pictures.layout import PAGE, blank

Measure = Callable[[str], float]

INK, PALE = "#24292f", "#6b737c"


def shorten(text: str, room: float, measure: Measure = len) -> str:
    """The text as one line that fits the room, with an ellipsis in the middle where it was too long.

    Both ends stay, because file names differ at both. Line breaks and control characters become '?'.

    Args:
        text: For example a file name.
        room: The width that there is, in the unit of `measure`.
        measure: The width of a text: by default the number of its characters.

    Examples:
        >>> shorten("preferences-desktop.png", 13)
        'prefer…op.png'
    """
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    if measure(text) <= room:
        return text
    for kept in range(len(text) - 1, 0, -1):
        tail = kept // 2
        candidate = f"{text[: kept - tail]}…{text[len(text) - tail :]}"
        if measure(candidate) <= room:
            return candidate
    return "…"


def wrap(text: str, room: float, measure: Measure = len) -> list[str]:
    """The lines of a text broken between words; a word that is too long alone is shortened."""
    lines: list[str] = []
    for word in text.split():
        if lines and measure(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(shorten(word, room, measure))
    return lines


@dataclass(frozen=True)
class Letters:
    """One size and color of text.

    Attributes:
        size: Height in pixels, from the top of the tallest letter to the lowest.
        color: As Pillow understands it.
    """

    size: int
    color: str = INK

    @cached_property
    def font(self) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        # Part of Pillow, so that a sheet looks the same on every machine and needs no font installed.
        return ImageFont.load_default(size=self.size)

    @property
    def line_height(self) -> int:
        return round(1.35 * self.size)

    def width(self, text: str) -> float:
        """The width of a line in pixels."""
        return float(self.font.getlength(_drawable(text)))

    def line(self, text: str, width: int, *, paper: str = PAGE, centered: bool = False) -> Image.Image:
        """The text, shortened to `width` pixels, as a picture of that width and of the height of a line."""
        text = _drawable(shorten(text, width, self.width))
        picture = blank(width, self.line_height, paper)
        start = (width - self.font.getlength(text)) / 2 if centered else 0
        ImageDraw.Draw(picture).text((start, 0), text, fill=self.color, font=self.font)
        return picture


def _drawable(text: str) -> str:
    # The built-in font has hardly more than ASCII: 'é' is drawn as 'e', and what has no plain letter as '?'.
    return "".join(_plain(letter) for letter in text)


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    if letter.isascii() or letter in "…·°±":
        return letter
    base = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in base if part.isascii()) or ("" if unicodedata.combining(letter) else "?")
