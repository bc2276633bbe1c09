"""What is typical: medians and percentiles against NumPy and SciPy, and what a damaged record leads to."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from aekeras.equality.scale import Scale, Scales
from aekeras.errors import InputError


def distances(count: int = 5000) -> np.ndarray:
    return np.random.default_rng(0).gamma(4.0, 0.05, count)


def test_the_typical_distance_is_the_median_of_the_pairs_that_differ() -> None:
    pairs = np.concatenate([distances(), np.zeros(20_000)])
    assert Scale.of(pairs).typical == np.median(distances())
    assert Scale.of(pairs + 1e-9, zero=1e-8).typical == pytest.approx(np.median(distances()), abs=1e-8)


def test_where_no_pair_differs_nothing_is_typical() -> None:
    scale = Scale.of(np.full(9, 1e-9), zero=1e-8)
    assert scale.typical == 0.0
    np.testing.assert_array_equal(scale.share([0.0, 0.3]), [0.0, np.inf])


def test_percentiles_are_those_of_scipy_most_finely_where_pairs_are_near() -> None:
    pairs, scale = distances(), Scale.of(distances())
    asked = np.quantile(pairs, [0.0005, 0.003, 0.01, 0.1, 0.5, 0.9, 0.98])
    expected = [stats.percentileofscore(pairs, value, kind="strict") for value in asked]
    np.testing.assert_allclose(scale.percentile(asked), expected, atol=0.1)
    np.testing.assert_allclose(scale.percentile(asked[:2]), expected[:2], atol=0.02)
    assert scale.percentile(0.0) == 0.0
    assert scale.percentile(pairs.max() + 1) == 100.0


def test_percentiles_never_fall_as_distances_grow() -> None:
    pairs = np.concatenate([np.zeros(500), distances(500), np.full(300, 0.2)])
    found = Scale.of(pairs).percentile(np.linspace(0, 1, 999))
    assert (np.diff(found) >= 0).all()
    assert found[0] == 0.0


def test_what_json_keeps_says_the_same() -> None:
    scale = Scale.of(distances())
    again = Scale.from_dict(json.loads(json.dumps(scale.to_dict(), allow_nan=False)))
    asked = np.linspace(0, 1, 50)
    assert again.typical == scale.typical
    np.testing.assert_allclose(again.percentile(asked), scale.percentile(asked), atol=1e-4)
    both = Scales(loss=scale, smoothed=None, codes=again, zero=1e-7)
    assert Scales.from_dict(json.loads(json.dumps(both.to_dict()))).to_dict() == both.to_dict()


@pytest.mark.parametrize(
    "damage",
    [
        {"typical": "x"},
        {"typical": -1.0},
        {"typical": float("inf")},
        {"quantiles": [1.0]},
        {"quantiles": None},
        {"quantiles": [float("nan")] * 201},
        {"quantiles": list(range(201, 0, -1))},
        {"quantiles": ["a"] * 201},
        {"quantiles": [-1.0] * 201},
        {"typical": 1e308},
        {"typical": 10**400},
        {"typical": True},
    ],
    ids=str,
)
def test_a_damaged_scale_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"^Expected the scale of a loss\. Received: .*, which is none\.$"):
        Scale.from_dict(Scale.of(distances()).to_dict() | damage)


@pytest.mark.parametrize("zero", [1.0, True, -1e-9, 10**400, float("nan"), "0", None])
def test_a_zero_that_no_rounding_explains_is_refused(zero: object) -> None:
    scale = Scale.of(distances()).to_dict()
    with pytest.raises(InputError, match="Expected the scale of a loss"):
        Scales.from_dict({"loss": scale, "smoothed": None, "codes": scale, "zero": zero})


@pytest.mark.parametrize("content", [None, [], {"loss": {}}, {"loss": 1, "smoothed": 1, "codes": 1, "zero": -1}])
def test_damaged_scales_are_refused(content: object) -> None:
    with pytest.raises(InputError, match="Expected the scale of a loss"):
        Scales.from_dict(content)


def test_no_pair_and_pairs_that_are_not_finite_are_refused() -> None:
    for pairs in ([], [1.0, float("nan")]):
        with pytest.raises(InputError, match="Expected finite distances of at least one pair"):
            Scale.of(pairs)
