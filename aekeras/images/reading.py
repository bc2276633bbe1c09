"""One file to one picture of the wanted size."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO, cast

import numpy as np
from PIL import Image, UnidentifiedImageError

from aekeras.errors import InputError, MissingError, UnreadableImageError
from aekeras.images.bounds import BoundedFile, check_tiles
from aekeras.images.colors import to_rgb
from aekeras.images.orientation import orientation_of, upright
from aekeras.images.quiet import quiet

# No other parser of Pillow's is ever asked: a file's name says nothing about what a stranger put into it.
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")

# How many times the wanted side a JPEG decoded at a fraction of its size has at least. Measured on photographs, the
# mean difference from decoding it whole is up to 1.2/255 with 2 and 0.4/255 with 3, at nearly the same speed.
_DRAFT_SIDES = 3

# The EXIF orientation of a PNG is unknown to TensorFlow, so the served graph could not honour it.
_KNOWS_UPRIGHT = ("JPEG", "MPO", "WEBP")


def read(source: Path, size: int) -> np.ndarray:
    """The picture as uint8, shape (size, size, 3), RGB: stretched, upright, on white.

    Raises:
        MissingError: There is no such file.
        UnreadableImageError: Not a picture in one of `FORMATS`, not a whole one, or one of more than
            `PIL.Image.MAX_IMAGE_PIXELS` pixels (where Pillow would only warn as well).
        InputError: A size below 1.
    """
    check_size(size)
    try:
        with quiet():
            return pixels_of(Path(source), size)
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise MissingError(
            f"Expected a picture. Received: '{source}', which does not exist. Check the path."
        ) from fault
    except Exception as fault:  # Pillow's parsers raise whatever damaged bytes lead them to.
        raise UnreadableImageError(
            f"Expected a whole picture ({', '.join(FORMATS)}). "
            f"Received: {str(source)!r} ({reason(fault)}). Replace it, or leave it out."
        ) from fault


def check_size(size: int) -> None:
    if size < 1:
        raise InputError(f"Expected `size` >= 1, the side of a picture in pixels. Received: {size}.")


def pixels_of(source: Path, size: int) -> np.ndarray:
    """What `read` gives, with the faults as they come; the caller keeps Pillow `quiet`."""
    check_regular(source.stat())
    with source.open("rb") as file:
        return decoded(file, size)


def check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("not a regular file")
    if status.st_size == 0:
        raise ValueError("an empty file")


def decoded(file: IO[bytes], size: int) -> np.ndarray:
    """What `pixels_of` gives, of an open file, read from its beginning, which stays open."""
    bounded = BoundedFile(file)
    with Image.open(cast(IO[bytes], bounded), formats=FORMATS) as image:
        if Image.MAX_IMAGE_PIXELS is not None and image.width * image.height > Image.MAX_IMAGE_PIXELS:
            raise Image.DecompressionBombError
        check_tiles(image)
        bounded.expect_pixels(image)
        # JPEG only: decodes at 1/2, 1/4 or 1/8. The box is where the picture ends in the last, partial pixel.
        draft = image.draft(None, (_DRAFT_SIDES * size, _DRAFT_SIDES * size))
        box = draft[1] if draft else None
        picture = to_rgb(image).resize((size, size), Image.Resampling.BILINEAR, box)
        exif = image.info.get("exif", b"") if image.format in _KNOWS_UPRIGHT else b""
    return upright(np.asarray(picture), orientation_of(exif))


def reason(fault: Exception) -> str:
    """Why a picture could not be read, in a few words on one line."""
    if isinstance(fault, UnidentifiedImageError):
        return "not a picture of these formats, or its beginning is damaged"
    if isinstance(fault, Image.DecompressionBombError):
        return f"more than {Image.MAX_IMAGE_PIXELS:,} pixels, the limit of Pillow"
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return " ".join(str(fault).split()) or type(fault).__name__
