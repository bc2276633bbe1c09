"""Shares of what is typical, and percentiles: checked, and as people read them."""

from __future__ import annotations

import math

from aekeras.errors import InputError

EQUAL_WITHIN = 0.05
"""Share of a typical loss up to which two pictures count as equal, unless one says otherwise.

A percentile does not tell the equal from the near: in a collection of a few kinds of pictures, one percent of all pairs
may be a third of a typical distance apart. docs/equality.md has what this limit finds among copies of photographs.
"""
_LARGEST = 10.0  # in typical distances: no two pictures are farther apart


def check_share(name: str, value: float) -> None:
    """Passes when the value can be a share of a typical loss.

    Raises:
        InputError: It is negative, not a number, or so large that it must be a percentage.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= _LARGEST:
        raise InputError(
            f"Expected `{name}` from 0 to {_LARGEST:g}. Received: {str(value)[:20]}. It is a share of the typical "
            "loss of random pairs: 0.05 is 5 % of it."
        )


def shown_percent(value: float) -> str:
    """A percentage as people read it: "0.28 %", "12 %"."""
    return f"{value:.2f} %" if value < 10 else f"{value:.0f} %"


def nearness(percentile: float) -> str:
    """A percentile in words: "nearer than 99.71 % of random pairs"."""
    if percentile <= 0:
        return "nearer than all random pairs"
    # Rounded down, so that only what is nearer than all is said to be.
    finely = 100 if percentile < 10 else 1
    return f"nearer than {math.floor(finely * (100 - percentile)) / finely:.4g} % of random pairs"
