"""Losses that care little for where things are: the spectrum and the palette of an image."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
from keras import ops

from aekeras.losses import knobs
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.view_loss import mean_of_image

_TINY = 1e-6  # a magnitude below this counts as 0, where its gradient would have no direction
_LOW = 8  # frequencies on either side of 0 that are read one by one
_CELLS = 16  # per side of what is read in summary
_SHOWN = 64  # colors of each row of a palette's view


@keras.saving.register_keras_serializable("aekeras")
class Spectrum(ImageLoss):
    """Mean absolute difference of the magnitudes of the Fourier transforms: blind to position.

    loss(x, y) = mean | |F x| - |F y| | over all frequencies and channels, where F is the two-dimensional discrete
    Fourier transform of each channel, divided by sqrt(H W).

    A circular shift is not seen, even if the channels go different ways; nor is a channel turned by 180 degrees.
    Mirrored images are told apart. All frequencies count alike, so the mean color is but one of H W.

    view(x) = |F x| without the half that the other repeats, shape (N, H, W // 2 + 1, 3), range [0, sqrt(H W)]:
    frequency 0 stands in row H // 2 of the first column, and a column further is a horizontal frequency higher.

    References:
        Oppenheim, Lim, "The importance of phase in signals", Proceedings of the IEEE 69, 1981,
        DOI 10.1109/PROC.1981.12022: what the magnitudes leave out.
    """

    blind_to = ("position",)

    def prepare(self, images: Any) -> Any:
        """Magnitudes, weighted so that their mean is that of the whole spectrum: see `_magnitudes`."""
        height, width = images.shape[1:3]
        rows = _transform(height) * _occurrences(height)
        columns = _transform(width) * _occurrences(width)
        stored = 2 * (len(rows) // 2) * (len(columns) // 2)
        return _magnitudes(images, rows, columns * np.float32(0.5 * stored / (height * width)))

    def compare(self, true: Any, pred: Any) -> Any:
        return mean_of_image(ops.abs(true - pred))

    def view(self, images: Any) -> Any:
        height, width = images.shape[1:3]
        magnitudes = _magnitudes(images, _transform(height), _transform(width))
        below, above = ops.split(ops.reshape(magnitudes, (-1, 2 * (height // 2 + 1), 3, width // 2 + 1)), 2, axis=1)
        above = ops.flip(above[:, 1:], axis=1)
        return ops.transpose(ops.concatenate([above, below[:, : height - height // 2]], axis=1), (0, 1, 3, 2))

    def readings(self, images: Any) -> list[Any]:
        """Logarithms, in about [0, 1]: of the lowest frequencies, and of all but the highest horizontal one."""
        height, width = images.shape[1:3]
        loudness = ops.log(1.0 + 4.0 * self.view(images)) / np.log(1.0 + 4.0 * np.sqrt(height * width))
        lowest = loudness[:, max(height // 2 - _LOW, 0) : height // 2 + _LOW, : _LOW + 1]
        return [lowest, loudness[:, :, : max(width // 2, 1)]]


@cache
def _transform(count: int) -> np.ndarray:
    """cos and -sin of the frequencies from 0 to count // 2, one in a row, divided by sqrt(count)."""
    angles = 2 * np.pi * np.outer(np.arange(count // 2 + 1), np.arange(count)) / count
    return (np.concatenate([np.cos(angles), -np.sin(angles)]) / np.sqrt(count)).astype("float32")


def _occurrences(count: int) -> np.ndarray:
    """How often each row of `_transform` stands in the whole spectrum: once where k = -k, else twice; shape (.., 1)."""
    frequencies = np.arange(count // 2 + 1)
    return np.tile(np.where(2 * frequencies % count == 0, 1, 2), 2)[:, None].astype("float32")


def _magnitudes(images: Any, rows: np.ndarray, columns: np.ndarray) -> Any:
    """Magnitudes at frequencies (k, l) and (-k, l), where k, l >= 0, shape (N, 2, 3 (H // 2 + 1), W // 2 + 1).

    A transform as two matrix products: with c = cos, s = -sin and cs = sum_hw x c(k h) s(l w), and so on,
    F(k, l) = (cc - ss) + i (cs + sc) and F(-k, l) = (cc + ss) + i (cs - sc). It is as fast as a fast Fourier transform
    at the sizes of these images, has a gradient on every backend, and LiteRT runs it.
    """
    height, width = images.shape[1:3]
    down = ops.matmul(rows, ops.reshape(images, (-1, height, 3 * width)))
    down = ops.transpose(ops.reshape(down, (-1, width, 3)), (0, 2, 1))
    parts = ops.matmul(ops.reshape(down, (-1, width)), np.transpose(columns))
    parts = ops.reshape(parts, (-1, 2, 3 * (len(rows) // 2), len(columns)))
    (cc, cs), (sc, ss) = (ops.split(part, 2, axis=3) for part in ops.split(parts, 2, axis=1))
    return ops.concatenate([_magnitude(cc - ss, cs + sc), _magnitude(cc + ss, cs - sc)], axis=1)


def _magnitude(real: Any, imaginary: Any) -> Any:
    return ops.sqrt(real * real + imaginary * imaginary + _TINY**2) - _TINY


@keras.saving.register_keras_serializable("aekeras")
class Palette(ImageLoss):
    """Sliced Wasserstein distance of the pixels' colors: blind to how they are arranged.

    loss(x, y) = mean over directions d of W1(d . x, d . y), where W1 is how far, on average, the pixels of x must move
    along d to have the colors of y. A brightness s added to a whole image costs s.

    The values d . x lie in `levels` cells between the least and the greatest. W1 is taken as the sum of
    |c_j(x) - c_j(y)| times the width of cell j, where c_j is the share of the pixels above it, and pixels inside count
    as much as they have passed of it. This is never more than W1, and less only where, inside one cell, some colors
    must rise and others fall: on 64 x 64 crops of a photograph 0.1 % less, at most 0.6 %. It needs no sorting, which
    takes ten times as long.

    view(x) = the colors of the pixels in the order of d . x, from the least to the greatest, one direction below the
    other, shape (N, h, w, 3) with w = min(64, H W), range [0, 1]: each color is the mean of as many pixels, and each
    direction fills max(1, w // directions) equal rows, so that h is about w.

    Args:
        directions: Axes in color space, spread evenly (along a Fibonacci spiral on the half sphere).
        levels: Cells along each direction.

    References:
        Rabin, Peyré, Delon, Bernot, "Wasserstein barycenter and its application to texture mixing", 2012,
        DOI 10.1007/978-3-642-24785-9_37.
        Bonneel, Rabin, Peyré, Pfister, "Sliced and Radon Wasserstein barycenters of measures", 2015,
        DOI 10.1007/s10851-014-0506-3.
    """

    blind_to = ("arrangement", "position", "flip")

    def __init__(self, *, directions: int = 8, levels: int = 64, **keywords: Any) -> None:
        self.directions = knobs.whole(self, "directions", directions, least=1)
        self.levels = knobs.whole(self, "levels", levels, least=1)
        super().__init__(**keywords)

    def prepare(self, images: Any) -> Any:
        """The shares of the pixels above each level, times what a level is worth, shape (N, directions, levels)."""
        widths = abs(_directions(self.directions)).sum(axis=1, keepdims=True)
        return self.shares(images) * widths.astype("float32")

    def compare(self, true: Any, pred: Any) -> Any:
        return mean_of_image(ops.abs(true - pred))

    def shares(self, images: Any) -> Any:
        """c_j along every direction, in [0, 1], from the lowest level to the highest, shape (N, directions, levels)."""
        count, pixels = ops.shape(images)[0], images.shape[1] * images.shape[2]
        heights = self._heights(images)
        cells = ops.clip(ops.cast(heights, "int32"), 0, self.levels - 1)
        passed = ops.reshape(heights - ops.cast(cells, heights.dtype), (-1,))
        firsts = ops.arange(count)[:, None] * self.directions + np.arange(self.directions, dtype="int32")
        cells = ops.reshape(cells + self.levels * firsts[:, None], (-1,))
        inside, passed = (
            ops.reshape(
                ops.segment_sum(values, cells, count * self.directions * self.levels), (count, self.directions, -1)
            )
            for values in (ops.ones_like(passed), passed)
        )
        return (pixels - ops.cumsum(inside, axis=2) + passed) / pixels

    def view(self, images: Any) -> Any:
        pixels = images.shape[1] * images.shape[2]
        shown = min(_SHOWN, pixels)
        samples = shown * (pixels // shown)  # all pixels, where their number allows it
        places = ((np.arange(samples) + 0.5) * pixels / samples).astype("int32")
        order = ops.argsort(ops.transpose(self._heights(images), (0, 2, 1)), axis=2)
        order = ops.reshape(ops.take(order, places, axis=2), (-1, self.directions * samples, 1))
        colors = ops.take_along_axis(ops.reshape(images, (-1, pixels, 3)), ops.repeat(order, 3, axis=2), axis=1)
        strips = ops.mean(ops.reshape(colors, (-1, self.directions, shown, samples // shown, 3)), axis=3)
        return ops.repeat(strips, max(1, shown // self.directions), axis=1)  # about as high as wide

    def readings(self, images: Any) -> list[Any]:
        """The shares above each level, averaged over groups of levels, shape (N, at most 16, 1, directions)."""
        groups = next(groups for groups in range(min(_CELLS, self.levels), 0, -1) if self.levels % groups == 0)
        shares = ops.reshape(self.shares(images), (-1, self.directions, groups, self.levels // groups))
        return [ops.expand_dims(ops.transpose(ops.mean(shares, axis=3), (0, 2, 1)), 2)]

    def _heights(self, images: Any) -> Any:
        """d . x of every pixel in levels, 0 to `levels` for colors in the cube, shape (N, H W, directions)."""
        directions = _directions(self.directions)
        levels = self.levels / abs(directions).sum(axis=1)
        scaled = (directions * levels[:, None]).T.astype("float32")
        lowest = (np.minimum(directions, 0).sum(axis=1) * levels).astype("float32")
        heights = ops.matmul(ops.reshape(images, (-1, 3)), scaled) - lowest
        return ops.reshape(heights, (-1, images.shape[1] * images.shape[2], self.directions))


@cache
def _directions(count: int) -> np.ndarray:
    """Axes spread evenly over the half sphere, (count, 3), of one length: that for which gray costs what it differs by.

    None is perpendicular to an edge of the color cube, so that few colors coincide along one.
    """
    places = np.arange(count)
    height, angle = (places + 0.5) / count, places * np.pi * (3 - np.sqrt(5))
    radius = np.sqrt(1 - height**2)
    axes = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)
    return axes / abs(axes.sum(axis=1)).mean()
