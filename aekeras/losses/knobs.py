"""What a loss's knobs are given, looked at in its constructor: whole numbers, numbers, and several numbers.

NumPy's numbers are taken and kept as Python's; True and False are none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from aekeras.errors import InputError
from aekeras.losses.image_loss import ImageLoss, knobs_of
from aekeras.losses.reference import reference_of

TINY = 1e-6
"""The least of what may not be 0: its square is still far from the smallest float32."""


def whole(loss: ImageLoss, knob: str, value: Any, *, least: int, odd: bool = False) -> int:
    """The value as an int.

    Raises:
        InputError: It is no whole number, less than `least`, or even where it must be odd.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least or (odd and value % 2 == 0):
        raise refused(loss, knob, value, f"{'an odd' if odd else 'a'} whole number of at least {least}")
    return int(value)


def number(loss: ImageLoss, knob: str, value: Any, *, least: float = -math.inf, most: float = math.inf) -> float:
    """The value as a float.

    Raises:
        InputError: It is no number, not finite, or not from `least` to `most`.
    """
    found = _finite(value)
    if found is None or not least <= found <= most:
        raise refused(loss, knob, value, _range(least, most))
    return found


def numbers(loss: ImageLoss, knob: str, values: Any, *, least: float, count: int | None = None) -> tuple[float, ...]:
    """The values of a list, a tuple or an array as floats, at least one of them other than 0.

    Raises:
        InputError: They are none, not finite, less than `least`, all 0, or not as many as `count`.
    """
    given = values.tolist() if isinstance(values, np.ndarray) else values
    several = isinstance(given, Sequence) and not isinstance(given, str | bytes)
    found = [_finite(value) for value in given] if several else []
    kept = tuple(value for value in found if value is not None and value >= least)
    if len(kept) != (count or len(found)) or not any(kept):
        nonzero = "" if least > 0 else ", not all 0"
        raise refused(loss, knob, given, f"{count or 'some'} numbers of at least {least:g}{nonzero}")
    return kept


def refused(loss: ImageLoss, knob: str, value: Any, expected: str) -> InputError:
    """The error that says what a knob is expected to be, and what it is when it is left out."""
    default = next(known[knob] for known in map(knobs_of, type(loss).__mro__) if knob in known)
    return InputError(
        f"Expected `{knob}` of {reference_of(type(loss))} to be {expected}. Received: {value!r}. "
        f"Leave it out for {default!r}."
    )


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        found = float(value)
    except OverflowError:  # of a whole number that no float holds
        return None
    return found if math.isfinite(found) else None


def _range(least: float, most: float) -> str:
    if math.isfinite(most):
        return f"a number from {least:g} to {most:g}"
    return f"a number of at least {least:g}" if math.isfinite(least) else "a finite number"
