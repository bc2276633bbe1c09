"""How near is near: distances as percentiles of those of random pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from aekeras.errors import InputError

EQUAL_SHARE = 0.05
"""Share of a typical distance up to which two pictures count as equal, unless one says otherwise.

A percentile does not tell the equal from the near: in a collection of a few kinds of pictures, one percent of all pairs
may be a third of a typical distance apart. Measured on two collections, what a loss is blind to moves its codes by at
most .035 of a typical distance, and what it sees by .08 or more, but for faint noise and compression.
"""
UNSEEN = 1e-3
"""Share of a typical loss up to which the loss itself is zero: rounding."""
_PAIRS = 20_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """What distances are usual in a collection.

    Attributes:
        distances: Of random pairs of different pictures, ascending, shape (P,).
    """

    distances: np.ndarray

    @classmethod
    def of(cls, distances: npt.ArrayLike) -> Self:
        """From the distances of random pairs, any shape.

        Raises:
            InputError: There is none, or one is not finite.
        """
        values = np.sort(np.asarray(distances, np.float64), axis=None)
        if not len(values) or not np.isfinite(values).all():
            raise InputError(
                "Expected finite distances of at least one pair of different pictures. "
                f"Received: {len(values)} distances. Use two pictures or more."
            )
        return cls(distances=values)

    @classmethod
    def of_codes(cls, codes: np.ndarray, seed: int = 0) -> Self:
        """From up to 20,000 random pairs of codes (N, D).

        Raises:
            InputError: Fewer than two codes.
        """
        rows, others = random_pairs(len(codes), seed)
        return cls.of(np.linalg.norm(codes[rows].astype(np.float64) - codes[others], axis=1))

    def percentile(self, distance: npt.ArrayLike) -> np.ndarray:
        """Share of random pairs that are nearer than `distance`, in percent, [0, 100]; the shape of `distance`.

        Pairs at the very distance count as farther: 0 is nearer than, or as near as, all random pairs.
        """
        return 100.0 * np.searchsorted(self.distances, distance, side="left") / len(self.distances)

    @property
    def typical(self) -> float:
        """The median; the mean where half of the pairs are equal."""
        return float(np.median(self.distances) or np.mean(self.distances))

    def share(self, distance: npt.ArrayLike) -> np.ndarray:
        """`distance` in typical distances, same shape; infinite where all pairs are equal and it is not."""
        distance = np.asarray(distance, np.float64)
        none = np.where(distance > 0, np.inf, 0.0)
        return np.divide(distance, self.typical, out=none, where=self.typical > 0)


def random_pairs(count: int, seed: int, pairs: int = _PAIRS) -> tuple[np.ndarray, np.ndarray]:
    """Rows i and j != i of up to `pairs` random pairs; all pairs where there are no more of them.

    Raises:
        InputError: `count` is below 2.
    """
    if count < 2:
        raise InputError(f"Expected at least 2 pictures, to compare. Received: {count}. Add pictures.")
    if count * (count - 1) // 2 <= pairs:
        return np.triu_indices(count, 1)
    draw = np.random.default_rng(seed)
    rows = draw.integers(count, size=pairs)
    return rows, (rows + draw.integers(1, count, size=pairs)) % count
