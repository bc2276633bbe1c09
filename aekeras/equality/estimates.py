"""A figure and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

CONFIDENCE = 0.95
_RESAMPLES = 1000


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A statistic over queries with its bootstrap interval.

    Attributes:
        value: The statistic of all queries.
        low: Lower end of the interval, which holds 95 % of the statistics of resampled queries.
        high: Upper end.
        count: Queries.
    """

    value: float
    low: float
    high: float
    count: int

    @property
    def interval(self) -> list[float]:
        """[low, high], as JSON holds it."""
        return [round(self.low, 6), round(self.high, 6)]

    @property
    def shown(self) -> str:
        """The interval as people read it."""
        return f"{self.low:.3g} to {self.high:.3g}"

    def __str__(self) -> str:
        return f"{self.value:.3g} ({self.shown})"


def estimate(values: np.ndarray, seed: int, statistic: Callable[..., Any] = np.mean) -> Estimate:
    """A statistic of values, one per query, and its 95 % interval by resampling the queries.

    Args:
        values: Shape (Q,) or (Q, ...), Q >= 1.
        seed: Of the resampling.
        statistic: Called as `statistic(values, axis=...)`, with the queries along that axis.

    References:
        Efron, "Bootstrap methods: another look at the jackknife", The Annals of Statistics 7, 1979,
        DOI 10.1214/aos/1176344552.
    """
    values = np.asarray(values, np.float64)
    rows = np.random.default_rng(seed).integers(len(values), size=(_RESAMPLES, len(values)))
    tail = 50.0 * (1.0 - CONFIDENCE)
    low, high = np.percentile(statistic(values[rows], axis=1), (tail, 100.0 - tail))
    return Estimate(value=float(statistic(values, axis=0)), low=float(low), high=float(high), count=len(values))
