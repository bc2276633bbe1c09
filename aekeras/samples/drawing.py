"""From the factors of a sample to its picture."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from aekeras.errors import InputError
from aekeras.samples.grounds import lay
from aekeras.samples.outline import oval
from aekeras.samples.palette import COLORS, GROUND_COLORS
from aekeras.samples.pen import Pen
from aekeras.samples.sample import Sample
from aekeras.samples.shapes import SHAPES

# Drawn this many times as large and averaged, which makes edges soft and keeps luma, since both are linear.
_OVERSAMPLING = 4
_LARGEST = 2048


def draw(sample: Sample, size: int = 64) -> Image.Image:
    """The picture of a sample: RGB, `size` x `size` pixels, the same for the same factors.

    Raises:
        InputError: A `size` that is not from 1 to 2048.
    """
    if not 1 <= size <= _LARGEST:
        raise InputError(f"Expected `size` from 1 to {_LARGEST} pixels. Received: {size!r}. 64 is usual.")
    if sample.mirrored:
        twin = replace(sample, x=round(1 - sample.x, 6), mirrored=False)
        return draw(twin, size).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture = lay(sample.ground, GROUND_COLORS[sample.ground_color], size * _OVERSAMPLING)
    pen = _pen(sample, picture)
    pen.shade(oval(50, 96.5, 44, 5.5), alpha=0.25)
    SHAPES[sample.shape](pen)
    return picture.reduce(_OVERSAMPLING)


def _pen(sample: Sample, picture: Image.Image) -> Pen:
    corner = (
        (sample.x - sample.size / 2) * picture.width,
        (sample.y - sample.size / 2) * picture.height,
    )
    return Pen(picture, COLORS[sample.color], corner, sample.size * picture.width)
