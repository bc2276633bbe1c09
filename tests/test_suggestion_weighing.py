"""How losses are weighed against examples: agreement, its interval, and the weights of a sum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from aekeras.suggestion import weighing
from aekeras.suggestion.agreement import agreement, interval

VALUES = st.lists(st.integers(0, 5), min_size=1, max_size=8)


@given(VALUES, VALUES)
def test_agreement_is_the_area_under_the_curve(near: list[int], far: list[int]) -> None:
    said = [0] * len(near) + [1] * len(far)
    assert agreement(np.array(near), np.array(far)) == pytest.approx(roc_auc_score(said, near + far), abs=1e-12)


@given(VALUES, VALUES)
@settings(max_examples=30)
def test_its_interval_is_there_for_three_of_each_and_holds_shares(near: list[int], far: list[int]) -> None:
    found = interval(np.array(near), np.array(far), seed=0)
    assert (found is None) is (min(len(near), len(far)) < 3)
    if found is not None:
        assert 0 <= found[0] <= found[1] <= 1


def test_the_interval_is_that_of_a_bootstrap_in_a_loop() -> None:
    draw = np.random.default_rng(3)
    near, far = draw.normal(0, 1, 12), draw.normal(1, 1, 15)
    shares = [agreement(draw.choice(near, 12), draw.choice(far, 15)) for _ in range(2000)]
    np.testing.assert_allclose(interval(near, far, seed=0), np.percentile(shares, [2.5, 97.5]), atol=0.03)


def of_two_terms(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of eight losses; pairs are equal when 1 x the third + 2 x the sixth is low, and the rest is noise."""
    draw = np.random.default_rng(seed)
    values = draw.uniform(0, 2, size=(count, 8))
    return values, values[:, 2] + 2 * values[:, 5] < 3


def test_the_fit_finds_the_two_losses_that_decide_and_about_their_weights() -> None:
    values, equal = of_two_terms(400, seed=0)
    weights = weighing.fit(values, equal)
    assert np.flatnonzero(weights).tolist() == [2, 5]
    assert weights[5] / weights[2] == pytest.approx(2, rel=0.15)
    unseen, said = of_two_terms(400, seed=1)
    sums = unseen @ weights
    single = max(agreement(one[said], one[~said]) for one in unseen.T)
    assert agreement(sums[said], sums[~said]) > 0.99 > single


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_few_and_never_below_zero(seed: int) -> None:
    draw = np.random.default_rng(seed)
    values, equal = draw.uniform(0, 3, size=(10, 20)), np.arange(10) < 5
    weights = weighing.fit(values, equal)
    assert weights.min() >= 0
    assert np.count_nonzero(weights) <= weighing.TERMS


def test_held_out_agreement_does_not_believe_noise_and_believes_what_is_so() -> None:
    draw = np.random.default_rng(0)
    noise, equal = draw.uniform(0, 2, size=(16, 20)), np.arange(16) < 8
    sums = noise @ weighing.fit(noise, equal)
    held_out = weighing.held_out_agreement(noise, equal, seed=0)
    assert held_out is not None
    assert held_out < agreement(sums[equal], sums[~equal]) - 0.1
    assert weighing.held_out_agreement(*of_two_terms(60, seed=2), seed=0) > 0.9
    assert weighing.held_out_agreement(noise[:10], np.arange(10) < 2, seed=0) is None
