"""What a sheet or a terminal gallery shows: tiles in rows, rows in blocks, without any drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, kw_only=True, eq=False)
class Tile:
    """A picture with a caption.

    Attributes:
        image: (H, W, 3), or (H, W, 1) and (H, W), which are shown as gray; uint8, or floats in [0, 1].
            None stands for a picture that has vanished and is shown as an empty frame.
        caption: The line below, for example a distance.
        note: A paler line below that, for example a file name.
        below: Smaller companions under the picture, beside each other: what the loss sees of it. Of any
            range; all companions of a row are shown on one scale.
    """

    image: np.ndarray | None
    caption: str = ""
    note: str = ""
    below: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """Tiles under one label: one loss.

    Attributes:
        label: The name, at the left.
        tiles: The pictures, in order.
        note: A paler text under the label, for example what the loss is blind to.
        below: What this row's loss sees of the heading of the block.
        tint: The color, RGB in [0, 1], in which companions of one channel are drawn; gray without it.
    """

    label: str
    tiles: Sequence[Tile]
    note: str = ""
    below: tuple[np.ndarray, ...] = ()
    tint: tuple[float, float, float] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """Rows that belong together: all the losses for one query.

    Attributes:
        rows: One per loss.
        heading: The picture that the rows are about, for example the query.
    """

    rows: Sequence[Row]
    heading: Tile | None = None


def columns_of(block: Block, start: int, stop: int) -> Block:
    """The block with only the tiles start, ..., stop - 1 of each of its rows."""
    return replace(block, rows=[replace(row, tiles=row.tiles[start:stop]) for row in block.rows])
