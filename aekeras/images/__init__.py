"""From files and folders to uint8 pictures of one size, read by Pillow.

What a picture becomes, whatever its format (`aekeras.export.decoding` does the same inside the served graph):

- stretched to a square, antialiased with a triangle filter, rounded to uint8;
- upright, where the EXIF data of a JPEG or WebP file says how it was held;
- on white, where it is transparent;
- RGB: palettes expanded, gray repeated, CMYK converted, of 16 bits the upper eight;
- its first frame or page, where it has several.

PNG, JPEG, GIF and BMP are read here and by the served graph; WebP and TIFF only here.
"""

from aekeras.images.collection import MEMORY_BUDGET, Collection, load
from aekeras.images.files import SUFFIXES, as_paths, find, scan
from aekeras.images.reading import FORMATS, read
from aekeras.images.stream import FileState, Picture, Unreadable, stream

__all__ = [
    "FORMATS",
    "MEMORY_BUDGET",
    "SUFFIXES",
    "Collection",
    "FileState",
    "Picture",
    "Unreadable",
    "as_paths",
    "find",
    "load",
    "read",
    "scan",
    "stream",
]
