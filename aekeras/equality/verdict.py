"""One rule for all: when two pictures are equal under a loss.

Two pictures are equal when the loss between them, or between both slightly smoothed, is at most a share of what is
typical under it. Smoothing is what makes a copy equal to its original, as docs/equality.md shows: at 64 x 64 pixels,
noise, compression and a shift by a third of a pixel change a picture more than one would think. What is zero by the
loss itself stays zero, so the rule never contradicts the definition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from aekeras.equality.distances import as_floats
from aekeras.equality.scale import Scale, Scales, random_pairs
from aekeras.shares import EQUAL_WITHIN

PairLoss = Callable[[np.ndarray, np.ndarray], npt.ArrayLike]
"""The loss of each pair of images, float32 in [0, 1], (N, S, S, 3) and (N, S, S, 3) -> (N,)."""

SMOOTHING = 1 / 48
"""Standard deviation of the Gaussian by which pictures are smoothed, as a share of their side: 1.3 pixels of 64."""
_REACH = 4.0  # in standard deviations, where the Gaussian is cut off
_PAIRS = 4096  # random pairs that a scale is measured on
_FEW, _FEW_PAIRS, _APART = (
    32,
    512,
    0.3,
)  # for a look at how codes and loss agree: pictures; pairs; so far apart at least
_BATCH = 256
_SLACK_FACTOR, _SLACK_SHARE = 2.5, 0.06  # of typical code distances
_ROUNDING = 5e-7  # of the loss of two unrelated pictures: what is left of a loss that is zero
_SCENES, _CELLS = 8, 8  # unrelated pictures, drawn: how many, and squares per side


@dataclass(frozen=True, kw_only=True, eq=False)
class Judge:
    """Says whether two pictures are equal under a loss.

    Attributes:
        loss: The loss of pairs.
        scales: What is typical under it.
        within: Share of what is typical up to which two pictures are equal.
    """

    loss: PairLoss
    scales: Scales
    within: float = EQUAL_WITHIN

    def shares(self, images: np.ndarray, others: np.ndarray) -> np.ndarray:
        """How far each pair is apart, in typical losses, (N, S, S, 3) and (N, S, S, 3) -> (N,): the verdict's figure.

        The lower of what the loss says of the pictures, and of the pictures smoothed.
        """
        values = values_of(self.loss, images, others)
        return self.shares_of(values, images, others)

    def shares_of(self, values: np.ndarray, images: np.ndarray, others: np.ndarray) -> np.ndarray:
        """`shares`, where the losses (N,) are known."""
        shares = self.plain(values)
        open_ones = np.flatnonzero(shares > 0)
        if len(open_ones) and (softly := self.softened(images[open_ones], others[open_ones])) is not None:
            shares[open_ones] = np.minimum(shares[open_ones], softly)
        return shares

    def plain(self, values: npt.ArrayLike) -> np.ndarray:
        """Losses in typical ones, the same shape; what is rounding is 0."""
        return self.scales.loss.share(self._without_rounding(values))

    def softened(self, images: np.ndarray, others: np.ndarray) -> np.ndarray | None:
        """Losses of the pairs slightly smoothed, in typical ones, (N,); None where pictures are judged as they are."""
        if self.scales.smoothed is None:
            return None
        return self.scales.smoothed.share(self._without_rounding(smoothed_values(self.loss, images, others)))

    def _without_rounding(self, values: npt.ArrayLike) -> np.ndarray:
        return np.where(np.asarray(values) <= self.scales.zero, 0.0, values)

    def code_shares(self, distances: npt.ArrayLike) -> np.ndarray:
        """Distances of codes in typical ones, the same shape: the other word, which stands beside the verdict."""
        return self.scales.codes.share(distances)

    def equal(self, shares: npt.ArrayLike) -> np.ndarray:
        """Whether pairs that far apart are equal, in typical losses or code distances; the same shape."""
        return np.asarray(shares) <= self.within

    def reach(self, within: float | None = None) -> float:
        """How far apart the codes of two pictures may be that are equal, in the units of the loss.

        Codes err: so much farther apart than the limit are those of nearly all pairs that the rule calls equal.
        """
        share = self.within if within is None else within
        return (_SLACK_FACTOR * share + _SLACK_SHARE) * self.scales.codes.typical


def values_of(loss: PairLoss, images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The loss of each pair, uint8 or [0, 1], float64, shape (N,), in batches; rounding below zero is zero."""
    parts = [
        np.asarray(
            loss(as_floats(images[start : start + _BATCH]), as_floats(others[start : start + _BATCH])), np.float64
        )
        for start in range(0, len(images), _BATCH)
    ]
    return np.maximum(np.concatenate([np.empty(0), *parts]), 0.0)


def smoothed_values(loss: PairLoss, images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The loss of each pair slightly smoothed, float64, shape (N,)."""
    return values_of(lambda some, rest: loss(smoothed(some), smoothed(rest)), images, others)


def smoothed(images: np.ndarray) -> np.ndarray:
    """Images (N, S, S, 3), uint8 or in [0, 1], by a Gaussian whose standard deviation is S / 48; float32 in [0, 1].

    Mirrored at the border.
    """
    window = _window(images.shape[1])
    rows = np.einsum("ih,nhwc->niwc", window, as_floats(images), optimize=True)
    return np.clip(np.einsum("jw,niwc->nijc", window, rows, optimize=True), 0.0, 1.0)


@cache
def _window(side: int) -> np.ndarray:
    """The smoothing of a row of pixels as a matrix, (side, side)."""
    deviation = SMOOTHING * side
    reach = int(_REACH * deviation + 0.5)
    steps = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (steps / deviation) ** 2)
    places = (np.arange(side)[:, None] + steps) % (2 * side)
    mirrored = np.where(places < side, places, 2 * side - 1 - places)
    matrix = np.zeros((side, side))
    np.add.at(matrix, (np.arange(side)[:, None], mirrored), weights / weights.sum())
    return matrix.astype(np.float32)


def measured(
    loss: PairLoss,
    encode: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    *,
    exact: bool = False,
    seed: int = 0,
) -> Scales:
    """What is typical, from up to 4,096 random pairs of images.

    Args:
        loss: The loss of pairs.
        encode: Images to codes, (N, S, S, 3) -> (N, D).
        images: uint8, shape (N, S, S, 3), N >= 2.
        exact: Judge pictures as they are, and not smoothed.
        seed: Of the pairs.

    Raises:
        InputError: Fewer than two images, or a loss that is not finite.
    """
    rows, others = random_pairs(len(images), seed, _PAIRS)
    codes = encode(images).astype(np.float64)
    zero = zero_of(loss, images.shape[1])
    softly = None if exact else Scale.of(smoothed_values(loss, images[rows], images[others]), zero)
    return Scales(
        loss=Scale.of(values_of(loss, images[rows], images[others]), zero),
        smoothed=softly,
        codes=Scale.of(np.linalg.norm(codes[rows] - codes[others], axis=1)),
        zero=zero,
    )


def code_ratio(judge: Judge, images: np.ndarray, codes: np.ndarray, seed: int = 0) -> float | None:
    """Median, over random pairs, of what the codes say over what the loss says, both in units of the training.

    1 where the pictures are like those that the codes were trained on. Below, their codes lie nearer together than the
    loss says.

    Args:
        judge: Loss and scales.
        images: uint8 or in [0, 1], shape (N, S, S, 3).
        codes: Theirs, shape (N, D).
        seed: Of the pairs.

    Returns:
        None where the pictures are few, or so much alike that nothing can be told.
    """
    if len(images) < _FEW:
        return None
    rows, others = random_pairs(len(images), seed, _FEW_PAIRS)
    shares = judge.scales.loss.share(values_of(judge.loss, images[rows], images[others]))
    by_code = judge.code_shares(np.linalg.norm(codes[rows].astype(np.float64) - codes[others], axis=1))
    telling = (shares > _APART) & np.isfinite(shares) & np.isfinite(by_code)
    return float(np.median(by_code[telling] / shares[telling])) if telling.sum() >= _FEW else None


def zero_of(loss: PairLoss, size: int) -> float:
    """Up to this a loss is zero but for rounding: half a millionth of what it says of unrelated drawings."""
    draw = np.random.default_rng(0)
    cells = draw.random((2 * _SCENES, _CELLS, _CELLS, 3), dtype=np.float32)
    places = np.arange(size) * _CELLS // size
    scenes = cells[:, places][:, :, places]
    values = values_of(loss, scenes[:_SCENES], scenes[_SCENES:])
    known = values[np.isfinite(values)]  # of a loss that knows no even areas, there may be none
    return _ROUNDING * float(np.median(known)) if len(known) else 0.0
