"""What one file may cost in memory and time, where Pillow sets no bound of its own."""

from __future__ import annotations

import math
import os
import re
from typing import IO, Any

from PIL import Image, TiffImagePlugin

# Of what is no pixel: layers of Photoshop in a TIFF come near it, and a hollow file of any size may pretend it.
_BESIDES_PIXELS = 512 * 1024**2

# Four channels of 32 bits.
_LARGEST_PIXEL = 16

# A scan goes over all pixels of a progressive JPEG in some hundred bytes; encoders make about ten.
_MOST_SCANS = 500
_SCAN = re.compile(rb"\xff\xda\0[\x08\x0a\x0c\x0e][\1-\4]")

# Pillow joins the parts one by one, which takes the square of their number. More than one is rare.
_MOST_EXIF_PARTS = 100

# Some writers make tiles of one size for all pictures, small ones too.
_USUAL_TILE = 4096 * 4096


class BoundedFile:
    """An open file that ends Pillow's reading with a ValueError where it would cost too much."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left: float = _BESIDES_PIXELS
        self._exif_parts = 0
        self._scans = 0
        self._has_scans = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            self._charge(os.fstat(self._file.fileno()).st_size)
            return self._file.read()
        block = self._file.read(size)
        self._charge(len(block))
        self._count_parts(block)
        return block

    def expect_pixels(self, image: Image.Image) -> None:
        """From here on the file is read for the pixels of this picture."""
        # A PNG may go on with text after its pixels; of the others nothing is kept, and a TIFF reads parts repeatedly.
        self._left += _LARGEST_PIXEL * image.width * image.height if image.format == "PNG" else math.inf
        self._has_scans = image.format in ("JPEG", "MPO")

    def _charge(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise ValueError(f"more than {_BESIDES_PIXELS:,} bytes besides the pixels")

    def _count_parts(self, block: bytes) -> None:
        self._exif_parts += block.startswith(b"Exif\0\0")
        self._scans += len(_SCAN.findall(block)) if self._has_scans else 0
        if self._exif_parts > _MOST_EXIF_PARTS:
            raise ValueError(f"more than {_MOST_EXIF_PARTS} parts of EXIF data")
        if self._scans > _MOST_SCANS:
            raise ValueError(f"more than {_MOST_SCANS} scans")


def check_tiles(image: Image.Image) -> None:
    """Raises ValueError where the tiles of a TIFF are far larger than the picture: each is held whole."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return
    width, height = (image.tag_v2.get(tag, 0) for tag in (TiffImagePlugin.TILEWIDTH, TiffImagePlugin.TILELENGTH))
    if width * height > image.width * image.height + _USUAL_TILE:
        raise ValueError(f"tiles of {width:,} x {height:,} pixels, far larger than the picture")
