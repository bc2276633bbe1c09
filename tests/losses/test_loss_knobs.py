"""Knobs of every row of the catalogue: what they refuse, how that is told, and what of NumPy they take."""

from __future__ import annotations

import importlib
import inspect
import json
import math
from typing import Any

import keras
import numpy as np
import pytest

from aekeras import losses
from aekeras.errors import InputError
from aekeras.losses import ImageLoss, catalogue
from aekeras.losses.scale import L1Coarse

NUMBER, WHOLE = "a number of at least 1e-06", "a whole number of at least"
EXPECTED: dict[tuple[str, str], tuple[str, tuple[Any, ...]]] = {
    ("charbonnier", "epsilon"): (NUMBER, (0, -0.1, 1e-9, 10**400)),
    ("l1_max", "sharpness"): ("a number of at least 1", (0, -8.0, 0.9, 10**400)),
    ("l1_channels", "weights"): (
        "3 numbers of at least 0, not all 0",
        ((0, 0, 0), (1, -1, 1), (1, 1), (1, 1, 1, 1), (1, math.nan, 1), (1, math.inf, 1)),
    ),
    ("ssim", "filter_size"): ("an odd whole number of at least 3", (4, 1, -3, 11.0)),
    ("ssim", "sigma"): (NUMBER, (0, -1.5)),
    ("ssim", "k1"): (NUMBER, (0, -0.5)),
    ("ssim", "k2"): (NUMBER, (0, -0.5)),
    ("ms_ssim", "filter_size"): ("an odd whole number of at least 3", (4, 1, -3, 7.0)),
    ("ms_ssim", "sigma"): (NUMBER, (0, -1.5)),
    ("ms_ssim", "weights"): ("some numbers of at least 1e-06", ((0.5, 0.0), (0.5, None))),
    ("l1_contrast", "floor"): (NUMBER, (0, -1.0, 1e-9)),
    ("l1_coarse", "factor"): (f"{WHOLE} 2", (1, 0, 2.0)),
    ("laplacian_pyramid", "levels"): (f"{WHOLE} 1", (0, -1, 4.0)),
    ("palette", "directions"): (f"{WHOLE} 1", (0, -1, 8.0)),
    ("palette", "levels"): (f"{WHOLE} 1", (0, -1, 64.0)),
    ("center", "size"): ("a number from 1e-06 to 1", (0, -0.5, 1.1)),
    ("deep_features", "scale"): ("a finite number", ()),
    ("deep_features", "offset"): ("a finite number", (10**400,)),
}
"""What the message expects of each knob that holds numbers, and numbers that are none for it."""

NO_NUMBER = (True, False, "many", None, math.nan, math.inf, -math.inf, 1j, (1,), np.True_)
NOT_SEVERAL = (True, 1.0, "half", b"half", None, (), ("1", 1, 1), (True, 1, 1), np.ones((3, 3)), np.array(1.0), {1: 1})
ROWS = {row.name: row for row in catalogue()}


def kind(name: str) -> type[ImageLoss]:
    module, _, kind = ROWS[name].path.partition(":")
    return getattr(importlib.import_module(module), kind)


def made(name: str, **given: Any) -> ImageLoss:
    if name == "deep_features":
        given |= {"model": keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 1)])}
    return kind(name)(*([losses.get("l1")] if ROWS[name].wraps else []), **given)


def default(name: str, knob: str) -> Any:
    return inspect.signature(kind(name)).parameters[knob].default


def refused() -> list[tuple[str, str, Any]]:
    general = {knob: NOT_SEVERAL if knob == "weights" else NO_NUMBER for _, knob in EXPECTED}
    return [(*place, value) for place, (_, own) in EXPECTED.items() for value in (*general[place[1]], *own)]


def test_every_knob_that_holds_numbers_is_tried() -> None:
    numeric = {(name, knob) for name, row in ROWS.items() for knob in row.knobs if knob not in ("model", "layer")}
    assert set(EXPECTED) == numeric


@pytest.mark.parametrize(("name", "knob", "value"), refused(), ids=lambda one: repr(one)[:20])
def test_what_makes_no_sense_is_refused_and_told_with_what_holds_without_it(name: str, knob: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        made(name, **{knob: value})
    shown = value.tolist() if isinstance(value, np.ndarray) else value
    assert str(caught.value) == (
        f"Expected `{knob}` of {name} to be {EXPECTED[name, knob][0]}. Received: {shown!r}. "
        f"Leave it out for {default(name, knob)!r}."
    )


@pytest.mark.parametrize(("name", "knob"), EXPECTED)
def test_numbers_of_numpy_are_kept_as_those_of_python(name: str, knob: str) -> None:
    plain = default(name, knob)
    several = isinstance(plain, tuple)
    given = np.array(plain) if several else (np.int64 if isinstance(plain, int) else np.float64)(plain)
    kept = getattr(made(name, **{knob: given}), knob)
    assert kept == plain
    assert {type(one) for one in (kept if several else [kept])} <= {int, float}
    assert type(kept) in (int, float, tuple)
    assert json.loads(json.dumps(kept)) == (list(plain) if several else plain)


def test_half_precision_is_taken_with_the_value_that_it_has() -> None:
    assert losses.get("center(l1, size=0.5)") == made("center", size=np.float16(0.5))
    assert made("charbonnier", epsilon=np.float32(0.1)).knobs() == {"epsilon": float(np.float32(0.1))}


def test_a_class_of_ones_own_that_hides_a_knob_is_told_of_the_default_behind_it() -> None:
    class Coarser(L1Coarse):
        def __init__(self, *, times: int = 2, **keywords: Any) -> None:
            self.times = times
            super().__init__(factor=8 * times, **keywords)

    with pytest.raises(InputError, match=r"whole number of at least 2\. Received: -8\. Leave it out for 8\.$"):
        Coarser(times=-1)
