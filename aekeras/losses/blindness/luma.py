"""Luma: how light a pixel is.

References:
    ITU-R, Recommendation BT.601-7 (2011), section 2.5.1.
"""

from __future__ import annotations

from typing import Any

from keras import ops

WEIGHTS = (0.299, 0.587, 0.114)
"""Of red, green and blue."""


def luma_of(images: Any) -> Any:
    """0.299 R + 0.587 G + 0.114 B, (N, H, W, 3) -> (N, H, W)."""
    return ops.dot(images, ops.convert_to_tensor(WEIGHTS, images.dtype))
