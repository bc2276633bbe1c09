"""What comes into a loss, looked at where it comes in: images (N, H, W, 3), float, RGB in [0, 1]."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from aekeras.errors import InputError

_ROUNDING = 1e-3  # values that leave [0, 1] by no more than this come from resizing or half precision


def check(loss: str, **images: Any) -> None:
    """Passes images of one shape, float, RGB.

    Raises:
        InputError: Another shape or type, or two shapes; the message names the argument.
    """
    shapes = {}
    for name, value in images.items():
        shape, dtype = _shape(_one_array(loss, name, value)), _dtype(value)
        if shape is not None and (len(shape) != 4 or shape[3] not in (3, None) or 0 in shape[1:]):
            raise InputError(
                f"Expected `{name}` of {loss} to have shape (N, H, W, 3). Received: {_shown(shape)}. "
                "Give a batch of RGB images, the batch as dimension 0."
            )
        if not dtype.startswith(("float", "bfloat")):
            raise InputError(
                f"Expected `{name}` of {loss} to be float, in [0, 1]. Received: {dtype}. Convert it: "
                "x.astype('float32') / 255 for values from 0 to 255."
            )
        shapes[name] = shape
    (first, *others) = shapes.items()
    for name, shape in others:
        if not _agree(first[1], shape):
            raise InputError(
                f"Expected `{first[0]}` and `{name}` of {loss} to have one shape. Received: {_shown(first[1])} and "
                f"{_shown(shape)}. Resize the images, or compare as many with as many."
            )


def check_size(loss: str, **images: Any) -> None:
    """Passes images whose height and width are known before their values are.

    Raises:
        InputError: Tensors of a TensorFlow graph that any size of images may run through.
    """
    for name, value in images.items():
        shape = _shape(value)
        if shape is None or None in shape[1:3]:
            raise InputError(
                f"Expected the height and width of `{name}` of {loss} to be known. Received: {shape or 'no shape'}. "
                f"Tell TensorFlow, tf.ensure_shape({name}, (None, 64, 64, 3)), or resize the images to one size."
            )


def check_range(loss: str, **images: Any) -> None:
    """Passes images with values in [0, 1]; of tensors whose values are not known yet, all.

    Raises:
        InputError: Values outside, or not a number.
    """
    for name, value in images.items():
        known = _values(value)
        if known is None or not known.size:
            continue
        low, high = float(known.min()), float(known.max())
        if not (low >= -_ROUNDING and high <= 1.0 + _ROUNDING):
            remedy = "Divide by 255." if 2.0 < high <= 255.0 and low >= 0 else "Scale or clip it."
            if np.isnan(low):
                remedy = "Replace what is not a number."
            raise InputError(
                f"Expected `{name}` of {loss} to lie in [0, 1]. Received: values from {low:.4g} to {high:.4g}. {remedy}"
            )


def _one_array(loss: str, name: str, value: Any) -> Any:
    """The value, or an array of a list."""
    if hasattr(value, "shape"):
        return value
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InputError(
            f"Expected `{name}` of {loss} to have shape (N, H, W, 3). Received: a list of images of several shapes. "
            "Give all images of a batch one size."
        ) from error


def _shape(value: Any) -> tuple[int | None, ...] | None:
    try:
        return tuple(value.shape)
    except ValueError:  # of a TensorFlow tensor whose rank is not known
        return None


def _dtype(value: Any) -> str:
    dtype = value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype
    try:
        return keras.backend.standardize_dtype(dtype)
    except ValueError:  # of text and objects, which no backend has
        return str(dtype)


def _values(value: Any) -> np.ndarray | None:
    """The values in NumPy; None where they are not known yet, in a graph that is being traced."""
    try:
        return np.asarray(value, np.float32)
    except (TypeError, ValueError, NotImplementedError, AttributeError):  # what the backends' symbols raise
        return None


def _agree(shape: tuple[int | None, ...] | None, other: tuple[int | None, ...] | None) -> bool:
    if shape is None or other is None:
        return True
    return all(a == b or a is None or b is None for a, b in zip(shape, other, strict=True))


def _shown(shape: tuple[int | None, ...] | None) -> str:
    return "unknown" if shape is None else str(tuple("N" if side is None else side for side in shape)).replace("'", "")
