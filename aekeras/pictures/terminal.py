"""Thumbnails in a terminal: two pixels to a letter, upper half and lower half."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderableType
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from aekeras.pictures.shades import as_picture, resized
from aekeras.pictures.tiles import Block, Row, Tile
from aekeras.pictures.typesetting import shorten

_NARROWEST, _WIDEST, _GAP = 12, 18, 2
_VANISHED = Style(color="#6b737c", bgcolor="#e6e9ec")


def thumbnail(image: np.ndarray, width: int = 12) -> Text:
    """The image in half blocks: the foreground of each is its upper pixel, the background its lower one.

    Args:
        image: (H, W, 3), (H, W, 1) or (H, W); uint8, or floats in [0, 1].
        width: Columns of the terminal, one pixel each. A letter is about twice as high as wide, so that the
            two pixels of each are about square.
    """
    picture = as_picture(image, shown=(0.0, 1.0))
    lines = max(1, round(width * picture.shape[0] / picture.shape[1] / 2))
    pixels = np.asarray(resized(picture, width, 2 * lines)).tolist()
    text = Text(no_wrap=True)
    for line in range(lines):
        for upper, lower in zip(pixels[2 * line], pixels[2 * line + 1], strict=True):
            text.append("▀", Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower)))
        if line < lines - 1:
            text.append("\n")
    return text


@dataclass(frozen=True)
class Gallery:
    """Blocks of a sheet for a rich console: per row its label and as many tiles as fit beside each other.

    A console without colors, or without half blocks, gets no pictures but a line of text for each tile.
    What a loss sees (`below`) is left to sheets: here it would be too small.
    """

    blocks: Sequence[Block]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[RenderableType]:
        colorless = console.color_system is None or console.no_color or options.ascii_only
        for number, block in enumerate(self.blocks):
            if number:
                yield Text() if colorless else Rule(style="dim")
            yield from (_listed if colorless else _pictured)(block, options.max_width)


def _pictured(block: Block, width: int) -> Iterable[RenderableType]:
    longest = max((len(row.tiles) for row in block.rows), default=0)
    fitting = max(1, min(longest, (width + _GAP) // (_NARROWEST + _GAP)))
    size = max(2, min(_WIDEST, (width + _GAP) // fitting - _GAP, width) // 2 * 2)
    if block.heading is not None:
        yield _strip([block.heading], size)
    for row in block.rows:
        yield Text()
        yield _headline(row, fitting, width)
        if row.tiles:
            yield _strip(row.tiles[:fitting], size)


def _strip(tiles: Sequence[Tile], size: int) -> Table:
    """The pictures beside each other, their captions on common lines below."""
    table = Table.grid(padding=(0, _GAP, 0, 0))
    for _ in tiles:
        table.add_column(width=size, no_wrap=True, vertical="middle")
    table.add_row(*(_vanished(size) if tile.image is None else _fitted(tile.image, size) for tile in tiles))
    if any(tile.caption for tile in tiles):
        table.add_row(*(Text(shorten(tile.caption, size, cell_len)) for tile in tiles))
    if any(tile.note for tile in tiles):
        table.add_row(*(Text(shorten(tile.note, size, cell_len), style="dim") for tile in tiles))
    return table


def _fitted(image: np.ndarray, size: int) -> Text:
    """The image no wider than `size` letters and about as high as a square one."""
    height, width = image.shape[:2]
    return thumbnail(image, max(1, round(size * min(1.0, width / height))))


def _vanished(size: int) -> Text:
    lines = ["" for _ in range(max(1, size // 2))]
    lines[len(lines) // 2] = "missing"
    return Text("\n".join(line.center(size) for line in lines), style=_VANISHED, no_wrap=True)


def _headline(row: Row, fitting: int, width: int) -> Text:
    rest = [row.note] if row.note else []
    if not row.tiles:
        rest.append("none")
    elif fitting < len(row.tiles):
        rest.append(f"{fitting} of {len(row.tiles)} shown")
    text = Text(shorten(row.label, width, cell_len), style="bold", no_wrap=True, overflow="ellipsis")
    return text.append("   ".join(["", *rest]), style="not bold dim")


def _listed(block: Block, width: int) -> Iterable[RenderableType]:
    if block.heading is not None:
        yield Text(_line(block.heading, 0, width), no_wrap=True)
    for row in block.rows:
        yield _headline(row, len(row.tiles), width)
        column = max((cell_len(tile.caption) for tile in row.tiles), default=0)
        for tile in row.tiles:
            yield Text(f"  {_line(tile, column, width - 2)}", no_wrap=True)


def _line(tile: Tile, column: int, width: int) -> str:
    caption = tile.caption + " " * (column - cell_len(tile.caption))
    parts = [caption, tile.note, "(missing)" if tile.image is None else ""]
    return shorten("  ".join(part for part in parts if part), width, cell_len)
