"""Sheets: captioned pictures in labelled rows, on one page to save, print or put into a paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from PIL import Image, ImageOps

from aekeras.errors import InputError
from aekeras.pictures.layout import HAIRLINE, PAGE, beside, blank, centered, stacked
from aekeras.pictures.shades import as_picture, resized, value_range
from aekeras.pictures.tiles import Block, Row, Tile, columns_of
from aekeras.pictures.typesetting import PALE, Letters, wrap

_VANISHED = "#f3f5f7"


def sheet(blocks: Sequence[Block], *, title: str = "", tile_size: int = 96, columns: int = 12) -> Image.Image:
    """One page, RGB, with all the blocks below each other.

    A block is a grid: labels at the left, then the heading, then the tiles. The heading stands in every row
    if some row has something below it, else only in the first.

    Args:
        blocks: For example one per query.
        title: A line above all.
        tile_size: Longest side of a picture in pixels; lettering and margins follow it.
        columns: A block with longer rows is broken into several, each with all of its rows.

    Raises:
        InputError: There is no row, a size is too small to draw, or a picture has no such shape.
    """
    if tile_size < 32 or columns < 1:
        raise InputError(
            "Expected `tile_size` of 32 or more and `columns` of 1 or more. "
            f"Received: {tile_size} and {columns}. Leave them out to get the usual page."
        )
    rows = [row for block in blocks for row in block.rows]
    if not rows:
        raise InputError("Expected at least one row to draw. Received: none. Pass a block with rows.")
    design = _Design(tile_size)
    labels = design.label_width(rows)
    page = _ruled([_grid(block, design, labels, columns) for block in blocks if block.rows], design)
    if title:
        lines = wrap(title, page.width, design.title.width)
        page = stacked([*(design.title.line(line, page.width) for line in lines), blank(1, design.gap), page])
    return ImageOps.expand(page, design.margin, fill=PAGE)


@dataclass(frozen=True)
class _Design:
    """Lengths in pixels and lettering, all in proportion to the tiles."""

    tile: int

    @property
    def gap(self) -> int:
        return round(self.tile * 0.12)

    @property
    def margin(self) -> int:
        return round(self.tile * 0.25)

    @property
    def title(self) -> Letters:
        return Letters(max(9, round(self.tile * 0.19)))

    @property
    def label(self) -> Letters:
        return Letters(max(9, round(self.tile * 0.155)))

    @property
    def caption(self) -> Letters:
        return Letters(max(9, round(self.tile * 0.13)))

    @property
    def note(self) -> Letters:
        return Letters(max(9, round(self.tile * 0.115)), PALE)

    def label_width(self, rows: Sequence[Row]) -> int:
        """The width that holds the names, and common notes on one line; longer ones are cut and wrapped."""
        names = max(self.label.width(row.label) for row in rows) + 1
        notes = max(self.note.width(row.note) for row in rows) + 1
        return round(max(self.tile, min(names, 2 * self.tile), min(notes, 1.3 * self.tile)))


def _broken(block: Block, columns: int) -> list[Block]:
    longest = max(len(row.tiles) for row in block.rows)
    return [columns_of(block, start, start + columns) for start in range(0, max(longest, 1), columns)]


def _ruled(grids: Sequence[Image.Image], design: _Design) -> Image.Image:
    """The grids below each other, with a hairline between each two."""
    width = max(grid.width for grid in grids)
    parts = list(chain.from_iterable((blank(width, 1, HAIRLINE), grid) for grid in grids))
    return stacked(parts[1:], 2 * design.gap)


def _grid(block: Block, design: _Design, labels: int, columns: int) -> Image.Image:
    compared = any(row.below for row in block.rows)
    scales = [value_range([*row.below, *(view for tile in row.tiles for view in tile.below)]) for row in block.rows]
    lines = []
    for part in _broken(block, columns):
        for number, row in enumerate(part.rows):
            cells = _cells(row, block.heading, scales[number], design)
            if block.heading is not None:
                heading = cells[0] if compared or number == 0 else blank(cells[0].width, 1)
                cells[:1] = [heading, blank(1, max(cell.height for cell in cells), HAIRLINE)]
            lines.append(beside([_label(row, design, labels), *cells], design.gap))
    return stacked(lines, 2 * design.gap)


def _label(row: Row, design: _Design, width: int) -> Image.Image:
    notes = [design.note.line(line, width) for line in wrap(row.note, width, design.note.width)]
    return stacked([design.label.line(row.label, width), *notes])


def _cells(row: Row, heading: Tile | None, shown: tuple[float, float], design: _Design) -> list[Image.Image]:
    """The heading, if there is one, and the tiles of the row, or a word instead if it has none."""
    tiles = list(row.tiles) if heading is None else [replace(heading, below=row.below), *row.tiles]
    deep = any(tile.below for tile in tiles)
    cells = []
    for tile in tiles:
        views = [as_picture(view, shown=shown, tint=row.tint) for view in tile.below]
        parts = [_framed(_picture_of(tile.image), design.tile, design)]
        if deep:
            parts.append(_companions(views, design))
        cells.append(stacked([*parts, *_captions(tile, design)], design.gap // 3))
    if not row.tiles:
        word = design.note.line("none", design.tile + 2, centered=True)
        cells.append(centered(word, design.tile + 2, design.tile + 2))
    return cells


def _picture_of(image: np.ndarray | None) -> np.ndarray | None:
    return None if image is None else as_picture(image, shown=(0.0, 1.0))


def _framed(picture: np.ndarray | None, side: int, design: _Design) -> Image.Image:
    """The picture, in a hairline that gives a white one its edge, in the middle of a square of side + 2."""
    if picture is None:
        word = design.note.line("missing", side, paper=_VANISHED, centered=True)
        inside = centered(word, side, side, _VANISHED)
    else:
        height, width = picture.shape[:2]
        scale = side / max(height, width)
        inside = resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))
    return centered(ImageOps.expand(inside, 1, fill=HAIRLINE), side + 2, side + 2)


def _companions(views: Sequence[np.ndarray], design: _Design) -> Image.Image:
    """The views beside each other, together as wide as the tile; a single one is smaller than that."""
    space = design.gap // 3
    count = max(1, len(views))
    side = round(0.62 * design.tile) if count == 1 else (design.tile + 2 - space * (count - 1)) // count - 2
    if not views:
        return blank(design.tile + 2, side + 2)
    strip = beside([_framed(view, side, design) for view in views], space)
    return centered(strip, design.tile + 2, strip.height)


def _captions(tile: Tile, design: _Design) -> list[Image.Image]:
    lines = [(tile.caption, design.caption), (tile.note, design.note)]
    drawn = [letters.line(text, design.tile + 2, centered=True) for text, letters in lines if text]
    return [stacked(drawn)] if drawn else []
