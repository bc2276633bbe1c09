"""When pictures count as equal, and when as different."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aekeras.shares import EQUAL_WITHIN, check_share


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When pictures count as equal and as different, in shares of a typical loss.

    Attributes:
        equal_below: At most this under each loss of `equal`.
        different_above: More than this under each loss of `different`.
    """

    equal_below: float = EQUAL_WITHIN
    different_above: float = EQUAL_WITHIN

    def __post_init__(self) -> None:
        check_share("equal_below", self.equal_below)
        check_share("different_above", self.different_above)


def chosen(equal: np.ndarray, different: np.ndarray, limits: Limits) -> np.ndarray:
    """The columns that are within the limits, the most equal first, of equal ones the most different.

    Args:
        equal: Shares under the losses that shall be equal, shape (E, N), E >= 1.
        different: Under those that shall be different, shape (F, N).
        limits: What counts as equal and as different.
    """
    highest = equal.max(axis=0)
    lowest = different.min(axis=0) if len(different) else np.full(equal.shape[1], np.inf)
    rows = np.nonzero((highest <= limits.equal_below) & (lowest > limits.different_above))[0]
    return rows[np.lexsort((-lowest[rows], highest[rows]))]
