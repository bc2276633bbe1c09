"""Weights of a sum of losses that agrees with examples."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from aekeras.suggestion.agreement import ENOUGH, agreement

TERMS = 3
"""Losses in a sum, at most."""
_PENALTY = 0.02  # of the sum of the weights: of two losses that say the same, one goes
_RELAXED = 0.001  # of those that stay: holds them finite where a sum separates the pairs, and hardly bends them
_LEAST = 0.05  # share of all weights below which a loss is left out of the sum
_HELD_OUT = 60  # combinations that are left out, at most


def fit(values: np.ndarray, equal: np.ndarray) -> np.ndarray:
    """Weights >= 0 of a sum that is low for equal pairs and high for others, shape (L,), few of them above 0.

    Minimizes mean log(1 + exp(-s_p (w . v_p - b))) + penalty * sum w over w >= 0 and b, with s_p = -1 for equal pairs
    and 1 for others, and both kinds counting alike; then once more for the highest weights alone, with less penalty.

    Args:
        values: Of each pair under each loss, in units of the loss, shape (P, L).
        equal: Which pairs are equal, bool, shape (P,), some and not all.

    References:
        Tibshirani, "Regression shrinkage and selection via the lasso", Journal of the Royal Statistical Society B 58,
        1996, DOI 10.1111/j.2517-6161.1996.tb02080.x. Meinshausen, "Relaxed Lasso", Computational Statistics & Data
        Analysis 52, 2007, DOI 10.1016/j.csda.2006.12.019.
    """
    weights = _logistic(values, equal, _PENALTY)
    highest = np.sort(np.argsort(-weights, kind="stable")[:TERMS])
    kept = highest[weights[highest] > _LEAST * weights.sum()]
    fitted = np.zeros(values.shape[1])
    fitted[kept] = _logistic(values[:, kept], equal, _RELAXED)
    fitted[fitted <= _LEAST * fitted.sum()] = 0.0
    return fitted


def held_out_agreement(values: np.ndarray, equal: np.ndarray, seed: int) -> float | None:
    """Agreement of sums with pairs that they were not fitted to: one of each kind is left out at a time.

    None where there are too few pairs for that. At most 60 combinations, drawn by the seed, are left out.

    References:
        Airola et al., "An experimental comparison of cross-validation techniques for estimating the area under the ROC
        curve", Computational Statistics & Data Analysis 55, 2011, DOI 10.1016/j.csda.2010.11.018.
    """
    near, far = np.flatnonzero(equal), np.flatnonzero(~equal)
    if min(len(near), len(far)) < ENOUGH:
        return None
    combinations = np.array(list(product(near, far)))
    chosen = np.random.default_rng(seed).permutation(len(combinations))[:_HELD_OUT]
    shares = []
    for n, f in combinations[chosen]:
        rest = np.delete(np.arange(len(values)), [n, f])
        sums = values @ fit(values[rest], equal[rest])
        shares.append(agreement(sums[[n]], sums[[f]]))
    return float(np.mean(shares))


def _logistic(values: np.ndarray, equal: np.ndarray, penalty: float) -> np.ndarray:
    sign = np.where(equal, -1.0, 1.0)
    share = np.where(equal, 0.5 / max(equal.sum(), 1), 0.5 / max((~equal).sum(), 1))

    def cost(solution: np.ndarray) -> tuple[float, np.ndarray]:
        weights, offset = solution[:-1], solution[-1]
        surplus = sign * (values @ weights - offset)
        slope = -share * sign * expit(-surplus)
        value = share @ np.logaddexp(0.0, -surplus) + penalty * weights.sum()
        return value, np.append(values.T @ slope + penalty, -slope.sum())

    count = values.shape[1]
    bounds = [(0.0, None)] * count + [(None, None)]
    start = np.append(np.full(count, 1.0 / max(count, 1)), 0.5)
    return minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds).x[:-1]
