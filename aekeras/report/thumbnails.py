"""Pictures as text inside the page."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from aekeras.pictures import as_picture

_LONGEST = 128  # pixels; shown at 64 to 128, which is sharp on dense screens, too
_QUALITY = 90


def data_uri(
    image: np.ndarray, shown: tuple[float, float] | None = None, tint: tuple[float, float, float] | None = None
) -> str:
    """The picture, at most 128 pixels long, as a `data:` address.

    Args:
        image: (H, W, 3), (H, W, 1) or (H, W); uint8, or floats.
        shown: The values that become black and white; by default 0 and 1, or what fits.
        tint: RGB in [0, 1] for the middle values of a picture with one channel.
    """
    picture = Image.fromarray(as_picture(image, shown=shown, tint=tint))
    picture.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=_QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
