"""Transformations of pictures by which a notion of equality shows itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image
from scipy import ndimage

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_EIGHTH = 8  # parts of a side: how wide a border, how far a move
_GRAY = 0.5

Apply = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Transformation:
    """A change of pictures.

    Attributes:
        name: As JSON has it.
        label: In plain words.
        apply: Float images (N, S, S, 3) in [0, 1] and a seed to others.
        ignored_by: Words: a loss that is blind to all of them gives 0; none where no blindness says so.
    """

    name: str
    label: str
    apply: Apply
    ignored_by: tuple[str, ...] = ()


def _steady(change: Callable[[np.ndarray], np.ndarray]) -> Apply:
    """A change in which nothing is random."""

    def apply(images: np.ndarray, seed: int) -> np.ndarray:
        del seed
        return change(images)

    return apply


def _recolored(images: np.ndarray, seed: int) -> np.ndarray:
    from aekeras.losses import blindness
    from aekeras.losses.blindness.colors import CHROMA

    return np.asarray(blindness.change((CHROMA,), images, seed))


@_steady
def _hue_rotated(images: np.ndarray) -> np.ndarray:
    import tensorflow as tf

    return np.clip(tf.image.adjust_hue(images, 0.25), 0.0, 1.0)


def _dropped(channel: int) -> Apply:
    kept = np.ones(3, np.float32)
    kept[channel] = 0.0
    return _steady(lambda images: images * kept)


def _swapped(some: int, other: int) -> Apply:
    order = [0, 1, 2]
    order[some], order[other] = other, some
    return _steady(lambda images: images[..., order])


@_steady
def _greyscale(images: np.ndarray) -> np.ndarray:
    return np.repeat((images @ _LUMA)[..., None], 3, axis=-1)


def _compressed(quality: int) -> Apply:
    def one(image: np.ndarray) -> np.ndarray:
        file = BytesIO()
        Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
        with Image.open(file) as decoded:
            return np.asarray(decoded, np.float32) / 255

    return _steady(lambda images: np.stack([one(image) for image in images]))


def _noisy(images: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0.0, 0.05, images.shape)
    return np.clip(images + noise, 0.0, 1.0).astype(np.float32)


@_steady
def _shifted(images: np.ndarray) -> np.ndarray:
    far = images.shape[1] // _EIGHTH
    return np.roll(images, (far, far), axis=(1, 2))


@_steady
def _moved(images: np.ndarray) -> np.ndarray:
    far = images.shape[1] // _EIGHTH
    padded = np.pad(images, ((0, 0), (far, 0), (far, 0), (0, 0)), mode="edge")
    return padded[:, : images.shape[1], : images.shape[2]]


@_steady
def _rotated(images: np.ndarray) -> np.ndarray:
    return ndimage.rotate(images, 10, axes=(2, 1), reshape=False, order=1, mode="nearest")


def _zoomed(factor: float) -> Apply:
    """Enlarged about the middle; where it shrinks, the edges are repeated."""

    def apply(images: np.ndarray, seed: int) -> np.ndarray:
        del seed
        middle = (np.array(images.shape[1:3]) - 1) / 2
        offset = (0.0, *(middle - middle / factor), 0.0)
        return ndimage.affine_transform(images, (1.0, 1 / factor, 1 / factor, 1.0), offset, order=1, mode="nearest")

    return apply


@_steady
def _framed(images: np.ndarray) -> np.ndarray:
    width = images.shape[1] // _EIGHTH
    framed = np.full_like(images, _GRAY)
    framed[:, width:-width, width:-width] = images[:, width:-width, width:-width]
    return framed


def _occluded(images: np.ndarray, seed: int) -> np.ndarray:
    side = images.shape[1] // 4
    corners = np.random.default_rng(seed).integers(images.shape[1] - side + 1, size=(len(images), 2))
    covered = images.copy()
    for image, (row, column) in zip(covered, corners, strict=True):
        image[row : row + side, column : column + side] = _GRAY
    return covered


TRANSFORMATIONS: tuple[Transformation, ...] = (
    Transformation(name="recolor", label="recoloring of equal luma", apply=_recolored, ignored_by=("chroma",)),
    Transformation(name="greyscale", label="greyscale", apply=_greyscale, ignored_by=("chroma",)),
    Transformation(name="hue_rotation", label="hue turned by 90 degrees", apply=_hue_rotated),
    Transformation(name="drop_red", label="without red", apply=_dropped(0), ignored_by=("red",)),
    Transformation(name="drop_green", label="without green", apply=_dropped(1), ignored_by=("green",)),
    Transformation(name="drop_blue", label="without blue", apply=_dropped(2), ignored_by=("blue",)),
    Transformation(
        name="swap_red_green", label="red and green swapped", apply=_swapped(0, 1), ignored_by=("red", "green")
    ),
    Transformation(
        name="swap_green_blue", label="green and blue swapped", apply=_swapped(1, 2), ignored_by=("green", "blue")
    ),
    Transformation(
        name="swap_red_blue", label="red and blue swapped", apply=_swapped(0, 2), ignored_by=("red", "blue")
    ),
    Transformation(
        name="brightness", label="brighter by 0.1", apply=_steady(lambda images: np.minimum(images + 0.1, 1.0))
    ),
    Transformation(
        name="contrast", label="0.6 of the contrast", apply=_steady(lambda images: 0.6 * images + 0.4 * _GRAY)
    ),
    Transformation(name="gamma", label="gamma 1.5", apply=_steady(lambda images: images**1.5)),
    Transformation(
        name="blur",
        label="blur of 1.5 pixels",
        apply=_steady(lambda images: ndimage.gaussian_filter(images, (0, 1.5, 1.5, 0), mode="nearest")),
    ),
    Transformation(name="jpeg_90", label="JPEG at quality 90", apply=_compressed(90)),
    Transformation(name="jpeg_50", label="JPEG at quality 50", apply=_compressed(50)),
    Transformation(name="jpeg_10", label="JPEG at quality 10", apply=_compressed(10)),
    Transformation(name="noise", label="noise of 0.05", apply=_noisy),
    Transformation(name="shift", label="circular shift by an eighth", apply=_shifted, ignored_by=("position",)),
    Transformation(name="move", label="moved by an eighth, edges repeated", apply=_moved),
    Transformation(name="rotation", label="turned by 10 degrees", apply=_rotated),
    Transformation(
        name="flip", label="mirrored", apply=_steady(lambda images: images[:, :, ::-1]), ignored_by=("flip",)
    ),
    Transformation(name="scale", label="0.85 of the size", apply=_zoomed(0.85)),
    Transformation(name="border_crop", label="border cropped, enlarged", apply=_zoomed(1 / (1 - 2 / _EIGHTH))),
    Transformation(name="border_paint", label="border painted gray", apply=_framed),
    Transformation(name="occlusion", label="a sixteenth covered", apply=_occluded),
)
"""In the order in which they are shown."""
