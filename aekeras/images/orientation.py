"""How the camera was held: the EXIF orientation, and the turn that undoes it.

References:
    CIPA DC-008-2023 / JEITA CP-3451, Exchangeable image file format for digital still cameras, Exif 3.0: the tag
    Orientation.
"""

from __future__ import annotations

import struct

import numpy as np

_ORIENTATION = 0x0112
_SHORT = 3


def orientation_of(exif: bytes) -> int:
    """The orientation, 1 to 8, in an EXIF block; 1 (upright) where the block is damaged or does not say.

    Read by hand and not by Pillow, which also consults XMP: the served graph has to give the same answer.

    Args:
        exif: The block from its byte order mark on, with or without the leading `Exif\\0\\0`.
    """
    block = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 8:
        return 1
    (start,) = struct.unpack_from(order + "I", block, 4)
    if start + 2 > len(block):
        return 1
    (count,) = struct.unpack_from(order + "H", block, start)
    whole_entries = min(count, (len(block) - start - 2) // 12)
    for entry in range(whole_entries):
        tag, kind, _, value = struct.unpack_from(order + "HHIH", block, start + 2 + 12 * entry)
        if (tag, kind) == (_ORIENTATION, _SHORT):
            return value if 1 <= value <= 8 else 1
    return 1


def upright(picture: np.ndarray, orientation: int) -> np.ndarray:
    """The square picture, shape (S, S, 3), turned and mirrored so that it stands as it was seen."""
    turned = picture.transpose(1, 0, 2) if orientation >= 5 else picture
    rows = slice(None, None, -1) if orientation in (3, 4, 7, 8) else slice(None)
    columns = slice(None, None, -1) if orientation in (2, 3, 6, 7) else slice(None)
    return np.ascontiguousarray(turned[rows, columns])
