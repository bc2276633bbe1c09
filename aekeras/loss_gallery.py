"""What losses see of some sample pictures, as tiles in rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aekeras.errors import InputError
from aekeras.losses import catalogue
from aekeras.losses.catalogue.row import Shade
from aekeras.losses.explaining import own_code
from aekeras.losses.expression import Sum, parse
from aekeras.pictures import Block, Row, Tile, as_picture, value_range
from aekeras.samples import Sample, draw

if TYPE_CHECKING:
    from aekeras.losses import ImageLoss

_SIZE = 64  # pixels per side: what networks are trained on unless one asks for more

_CAT = Sample(shape="cat", color="ginger", x=0.4, y=0.42, size=0.68)
_SAMPLES = {
    "a cat": _CAT,
    "another color": replace(_CAT, color="blue"),
    "darker": replace(_CAT, color="brown"),
    "mirrored": replace(_CAT, x=1 - _CAT.x, mirrored=True),
    "moved": replace(_CAT, x=0.62, y=0.6),
    "before stripes": replace(_CAT, ground="stripes"),
}


def view_block(losses: Sequence[ImageLoss]) -> Block:
    """Sample pictures, and below them a row for each loss: what it sees of them.

    The pictures differ in what many losses are blind to. A sum has a row for each of its terms.

    Raises:
        InputError: A view that is no picture.
    """
    pictures = np.stack([np.asarray(draw(sample, _SIZE)) for sample in _SAMPLES.values()])
    tiles = [Tile(image=image, caption=name) for name, image in zip(_SAMPLES, pictures, strict=True)]
    images = pictures.astype(np.float32) / 255.0
    rows = [row for loss in losses for row in _rows(loss, images)]
    return Block(rows=[Row(label="pictures", tiles=tiles), *rows])


def shade(text: str) -> Shade | None:
    """The color in which a view of one channel is drawn for the loss of this text; None is gray."""
    node = parse(text)
    while not isinstance(node, Sum):
        row = next((row for row in catalogue() if row.name == node.name), None)
        if not node.losses or row is None:
            return row.shade if row else None
        node = node.losses[0]
    return None


def blindness(blind_to: Sequence[str]) -> str:
    """What a loss is blind to, as sheets say it."""
    return f"blind to {', '.join(blind_to)}" if blind_to else "blind to nothing"


def _rows(loss: ImageLoss, images: np.ndarray) -> list[Row]:
    """One row per term: the first is labelled as in "0.5*l1_gray", those that follow as in "+ 0.5*l1"."""
    rows = []
    for number, (weight, term) in enumerate(loss.terms()):
        label = term.text if weight == 1 else f"{weight:.12g}*{term.text}"
        rows.append(_row(f"+ {label}" if number else label, term, images))
    if len(rows) > 1:
        rows[-1] = replace(rows[-1], note=f"{rows[-1].note}; the sum: {blindness(loss.blind_to)}")
    return rows


def _row(label: str, loss: ImageLoss, images: np.ndarray) -> Row:
    views = _views(loss, images)
    shown = value_range(views)
    tint = shade(loss.text)
    tiles = [Tile(image=_enlarged(as_picture(view, shown=shown, tint=tint))) for view in views]
    note = blindness(loss.blind_to)
    if shown != (0.0, 1.0):
        note += f"; shown: {shown[0]:.2g} to {shown[1]:.2g}"
    return Row(label=label, note=note, tiles=tiles)


def _enlarged(picture: np.ndarray) -> np.ndarray:
    """A small picture with squares for pixels: what the loss sees has no more detail than that."""
    times = max(1, 2 * _SIZE // max(picture.shape[:2])) if max(picture.shape[:2]) < _SIZE else 1
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def _views(loss: ImageLoss, images: np.ndarray) -> np.ndarray:
    with own_code(f"a view of {loss.text}"):
        views = np.asarray(loss.view(images), np.float32)
    if views.ndim != 4 or len(views) != len(images):
        raise InputError(
            f"Expected the view of {loss.text} to have shape ({len(images)}, height, width, channels). "
            f"Received: {views.shape}. Keep the batch as dimension 0."
        )
    return views
