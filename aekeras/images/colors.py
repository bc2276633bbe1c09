"""From whatever pixels a file holds to RGB on white."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops

_BAND = 1 << 18


def to_rgb(image: Image.Image) -> Image.Image:
    """The picture in mode RGB, its transparent parts on white.

    Integers of 16 bits keep their upper eight. Other integers and floats have no agreed range: values within
    [0, 1] are taken as such, others are stretched from the picture's minimum to its maximum, and what is not a
    finite number becomes black.
    """
    if image.mode.startswith("I;16"):
        return _from_16_bits(image)
    if image.mode in ("I", "F"):
        return Image.fromarray(_stretched(np.asarray(image))).convert("RGB")
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        # Adobe stores CMYK inverted and says so in a marker; Pillow inverts without looking for it.
        image = ImageChops.invert(image)
    transparent = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(transparent, tuple) and max(transparent) > 255:
        # Of a PNG of 16 bits, Pillow keeps the upper eight of each pixel, but the transparent color whole. Colors that
        # share these eight bits cannot be told apart any more.
        image.info["transparency"] = tuple(value >> 8 for value in transparent)
    return _on_white(image.convert("RGBA")) if image.has_transparency_data else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _from_16_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    upper = (values >> 8).astype(np.uint8)
    if "transparency" in image.info:
        upper[values == image.info["transparency"]] = 255
    return Image.fromarray(upper).convert("RGB")


def _stretched(values: np.ndarray) -> np.ndarray:
    low, high = _range_of(values)
    stretched = np.empty(values.shape, np.uint8)
    for band, target in zip(_bands(values), _bands(stretched), strict=True):
        # Replaced before they become wider: numpy warns of a signalling NaN that does.
        exact = np.where(np.isfinite(band), band, band.dtype.type(low)).astype(np.float64)
        unit = (exact - low) / max(high - low, np.finfo(np.float64).tiny)
        target[...] = np.rint(255 * unit)
    return stretched


def _range_of(values: np.ndarray) -> tuple[float, float]:
    finite = [known for band in _bands(values) if (known := _extremes(band[np.isfinite(band)]))]
    low, high = min((low for low, _ in finite), default=0.0), max((high for _, high in finite), default=1.0)
    return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)


def _extremes(values: np.ndarray) -> tuple[float, float] | None:
    return (float(values.min()), float(values.max())) if values.size else None


def _bands(values: np.ndarray) -> list[np.ndarray]:
    """Views of the values, in order. In one piece, the eight bytes of each step would be ten times the picture."""
    flat = values.reshape(-1)
    return [flat[start : start + _BAND] for start in range(0, flat.size, _BAND)]
