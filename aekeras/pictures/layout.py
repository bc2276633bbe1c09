"""Pictures put beside and below each other on a white page."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

PAGE, HAIRLINE = "#ffffff", "#d0d5db"


def blank(width: int, height: int, color: str = PAGE) -> Image.Image:
    """A piece of the page."""
    return Image.new("RGB", (width, height), color)


def beside(pictures: Sequence[Image.Image], gap: int = 0) -> Image.Image:
    """The pictures from left to right, their upper edges on one line."""
    width = sum(picture.width for picture in pictures) + gap * (len(pictures) - 1)
    page = blank(width, max(picture.height for picture in pictures))
    x = 0
    for picture in pictures:
        page.paste(picture, (x, 0))
        x += picture.width + gap
    return page


def stacked(pictures: Sequence[Image.Image], gap: int = 0) -> Image.Image:
    """The pictures from top to bottom, their left edges on one line."""
    height = sum(picture.height for picture in pictures) + gap * (len(pictures) - 1)
    page = blank(max(picture.width for picture in pictures), height)
    y = 0
    for picture in pictures:
        page.paste(picture, (0, y))
        y += picture.height + gap
    return page


def centered(picture: Image.Image, width: int, height: int, color: str = PAGE) -> Image.Image:
    """The picture in the middle of a page of this size."""
    page = blank(width, height, color)
    page.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
    return page
