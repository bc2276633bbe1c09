"""How well values agree with what is said of pairs."""

from __future__ import annotations

import numpy as np

from aekeras.equality.estimates import CONFIDENCE

ENOUGH = 3
"""Pairs of each kind from which on there is an interval, and from which on some can be left out."""
_RESAMPLES = 1000
_DIGITS = 6  # beyond these, values are rounding


def agreement(near: np.ndarray, far: np.ndarray) -> float:
    """Share of combinations (n, f) with n < f, ties counted half: the area under the ROC curve.

    Args:
        near: Values of pairs that should be near, shape (E,), E >= 1.
        far: Values of pairs that should be far, shape (D,), D >= 1.

    References:
        Hanley, McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve",
        Radiology 143, 1982, DOI 10.1148/radiology.143.1.7063747.
    """
    return float(_right(near, far).mean())


def interval(near: np.ndarray, far: np.ndarray, seed: int) -> tuple[float, float] | None:
    """The 95 % interval of `agreement` by resampling the pairs of each kind; None where there are too few."""
    if min(len(near), len(far)) < ENOUGH:
        return None
    draw = np.random.default_rng(seed)
    rows, columns = (draw.multinomial(n, np.full(n, 1 / n), size=_RESAMPLES) / n for n in (len(near), len(far)))
    tail = 50.0 * (1.0 - CONFIDENCE)
    low, high = np.percentile(np.sum(rows @ _right(near, far) * columns, axis=1), (tail, 100.0 - tail))
    return float(low), float(high)


def _right(near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """1 where the far one is farther, 0.5 where both are as far, (E, D)."""
    difference = np.round(far, _DIGITS)[None] - np.round(near, _DIGITS)[:, None]
    return 0.5 * (np.sign(difference) + 1.0)
