"""Random numbers for metamers: the same ones every time for an integer, new ones for a generator."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Any, TypeAlias

import keras
import numpy as np

Seed: TypeAlias = "int | keras.random.SeedGenerator"


def seeds(seed: Seed) -> Iterator[Any]:
    """One seed per draw. Of an integer, more integers: a generator, being a variable, cannot be made while tracing."""
    if isinstance(seed, keras.random.SeedGenerator):
        return repeat(seed)
    draws = np.random.default_rng(seed)
    return iter(lambda: int(draws.integers(2**31)), None)
