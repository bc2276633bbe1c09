"""From the values of an image or a view to the pixels that a person is shown."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PIL import Image

from aekeras.errors import InputError

_ROUNDING = 0.02
"""Values that leave [0, 1] by no more than this count as inside."""


def value_range(views: Iterable[np.ndarray]) -> tuple[float, float]:
    """The values to show as black and as white, one pair for all the views, so that they can be compared.

    (0, 1) if all values lie in it. Else (-m, m) if some are negative, so that 0 becomes a middle gray, and
    (0, m) if not, where m is the 99th percentile of the magnitudes: a single peak, as the mean in a spectrum,
    would leave the rest black. Reconstructions may overshoot [0, 1]: clip them before taking their view.

    Args:
        views: Arrays of any shapes; uint8 counts as 0 to 255 for 0 to 1.
    """
    values = np.concatenate([np.zeros(1), *(_unit(view).ravel() for view in views)])
    values = values[np.isfinite(values)]
    if values.min() >= -_ROUNDING and values.max() <= 1.0 + _ROUNDING:
        return 0.0, 1.0
    magnitudes = np.abs(values)
    most = float(np.percentile(magnitudes, 99) or magnitudes.max())
    return (-most if values.min() < 0 else 0.0), most


def as_picture(
    view: np.ndarray,
    *,
    shown: tuple[float, float] | None = None,
    tint: tuple[float, float, float] | None = None,
) -> np.ndarray:
    """A picture of an image or a view, uint8, shape (H, W, 3).

    One channel gives gray, three give RGB; two give red and green, with their mean as blue; of any other
    number the mean magnitude is shown.

    Args:
        view: (H, W, C) or (H, W), of any range; uint8 counts as 0 to 255 for 0 to 1.
        shown: The values that become black and white, by default `value_range([view])`; the rest is clipped.
        tint: RGB in [0, 1], for a view of one channel: the color of its middle values instead of gray.

    Raises:
        InputError: The view has another number of dimensions, no pixel, or values that are not finite.
    """
    values = _as_rgb_or_one(_checked(view))
    low, high = value_range([values]) if shown is None else shown
    values = np.clip((values - low) / (high - low), 0.0, 1.0)
    if values.shape[-1] == 1:
        values = _tinted(values, np.asarray(tint or (0.5, 0.5, 0.5)))
    return np.rint(values * 255).astype(np.uint8)


def resized(picture: np.ndarray, width: int, height: int) -> Image.Image:
    """The picture, uint8 (H, W, 3), with smooth, sharp edges at another size."""
    image = Image.fromarray(picture)
    enlarged = width >= image.width and height >= image.height
    # Lanczos keeps the most detail when shrinking but rings around hard edges when enlarging.
    return image.resize((width, height), Image.Resampling.BICUBIC if enlarged else Image.Resampling.LANCZOS)


def _checked(view: np.ndarray) -> np.ndarray:
    view = np.asarray(view)
    if view.ndim not in (2, 3) or 0 in view.shape:
        raise InputError(
            f"Expected one picture of shape (height, width, channels). Received: shape {view.shape}. "
            "Pass one image or view at a time."
        )
    values = _unit(view)
    if not np.isfinite(values).all():
        raise InputError(
            f"Expected a picture of finite values. Received: {np.count_nonzero(~np.isfinite(values))} of "
            f"{values.size} that are infinite or not a number. Check the loss or the model that made it."
        )
    return values if values.ndim == 3 else values[..., np.newaxis]


def _tinted(values: np.ndarray, tint: np.ndarray) -> np.ndarray:
    # From black by the tint to white, and not to the tint: pure blue is too dark to read anything in it.
    return np.where(values < 0.5, 2 * values * tint, tint + (2 * values - 1) * (1 - tint))


def _unit(view: np.ndarray) -> np.ndarray:
    view = np.asarray(view)
    return view / 255.0 if view.dtype == np.uint8 else view.astype(np.float64)


def _as_rgb_or_one(values: np.ndarray) -> np.ndarray:
    channels = values.shape[-1]
    if channels in (1, 3):
        return values
    if channels == 2:
        return np.concatenate([values, values.mean(axis=-1, keepdims=True)], axis=-1)
    return np.abs(values).mean(axis=-1, keepdims=True)
