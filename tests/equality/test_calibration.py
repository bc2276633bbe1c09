"""Calibration against SciPy and cases whose answer is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from aekeras.equality.calibration import calibration, rank_correlations
from aekeras.equality.fidelity import median_ratio
from aekeras.errors import InputError

RANDOM = np.random.default_rng(2)


def losses(queries: int = 40, collection: int = 60) -> np.ndarray:
    return 0.05 + RANDOM.random((queries, collection))


@pytest.mark.parametrize("levels", [3, 10**6])
def test_rank_correlation_is_spearmans_of_each_query(levels: int) -> None:
    a, b = losses(), losses()
    a, b = np.floor(a * levels), np.floor((a + b) * levels)
    expected = [spearmanr(one, other).statistic for one, other in zip(a, b, strict=True)]
    np.testing.assert_allclose(rank_correlations(a, b), expected, atol=1e-10)


def test_distances_that_are_the_loss_have_ratio_and_correlation_one() -> None:
    loss = losses()
    result = calibration({"a": loss}, {"a": loss}, 10, 0)
    for figure in (result.median_ratio["a"], result.spearman["a"]):
        assert (figure.value, figure.low, figure.high) == pytest.approx((1.0, 1.0, 1.0))
    assert "within 0.80 to 1.25" in " ".join(result.sentences())


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_a_unit_that_is_off_shows_in_the_ratio_and_not_in_the_ranks(factor: float) -> None:
    loss = losses()
    result = calibration({"a": factor * loss}, {"a": loss}, 10, 0)
    assert result.median_ratio["a"].value == pytest.approx(factor)
    assert result.spearman["a"].value == pytest.approx(1.0)
    assert f"far from it for `a` ({factor:.2f})" in " ".join(result.sentences())


def test_order_shows_in_the_correlation() -> None:
    loss = losses()
    assert calibration({"a": loss.max() - loss}, {"a": loss}, 10, 0).spearman["a"].value == pytest.approx(-1.0)
    by_chance = calibration({"a": losses(300)}, {"a": losses(300)}, 10, 0).spearman["a"]
    assert by_chance.low <= 0 <= by_chance.high


def test_the_ratio_is_near_the_one_of_all_neighbors_together() -> None:
    """A median of medians and the median of all differ by what the queries do: here all are alike."""
    loss = losses(200)
    code = loss * (1.3 + 0.1 * RANDOM.standard_normal(loss.shape))
    result = calibration({"a": code}, {"a": loss}, 10, 0)
    assert result.median_ratio["a"].value == pytest.approx(median_ratio(code, loss), abs=0.01)
    assert result.median_ratio["a"].low < result.median_ratio["a"].value < result.median_ratio["a"].high


def test_copies_do_not_count_in_the_ratio() -> None:
    loss = losses()
    code = 2 * loss
    loss[:, 0] = code[:, 0] = 0.0  # a copy of every query
    assert calibration({"a": code}, {"a": loss}, 5, 0).median_ratio["a"].value == pytest.approx(2.0)


def test_a_loss_whose_near_neighbors_are_all_copies_has_no_ratio_and_the_others_do() -> None:
    loss, copies = losses(), losses()
    copies[:, :10] = 0.0
    result = calibration({"a": loss, "b": copies}, {"a": loss, "b": copies}, 10, 0)
    figures = result.to_dict()
    assert "median_ratio" in figures["a"]
    assert figures["b"].keys() == {"spearman", "spearman_interval", "k", "seed"}
    assert "no ratio for `b`" in " ".join(result.sentences())
    assert dict(result.tables()[0].rows)["b"][0].text == ""


def test_pictures_all_alike_give_no_nan() -> None:
    zeros = np.zeros((5, 8))
    result = calibration({"a": zeros}, {"a": zeros}, 3, 0)
    json.dumps(result.to_dict(), allow_nan=False)
    assert "no ratio for `a`" in str(result)
    result.plot(Figure().add_subplot())


def test_json_has_the_fixed_keys_with_intervals_and_the_seed() -> None:
    loss = losses()
    code = loss + 0.1 * losses()
    result = calibration({"a": code}, {"a": loss, "without codes": losses()}, 10, 5)
    figures = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert figures.keys() == {"a"}
    for key in ("median_ratio", "spearman"):
        low, high = figures["a"][f"{key}_interval"]
        assert low <= figures["a"][key] <= high
    assert figures["a"]["seed"] == 5
    assert calibration({"a": code}, {"a": loss}, 10, 5).to_dict() == figures


def test_the_plot_draws_each_loss_in_its_own_unit_beside_the_line_of_equality() -> None:
    small, large = losses(), 1000 * losses()
    result = calibration({"a": small, "b": large}, {"a": small, "b": large}, 10, 0)
    axes = Figure().add_subplot()
    result.plot(axes)
    for dots in axes.collections:
        points = np.asarray(dots.get_offsets())
        np.testing.assert_allclose(points[:, 0], points[:, 1])
        assert np.median(points[::2, 0]) == pytest.approx(1.0)  # the others are of near pairs
        assert np.median(points[1::2, 0]) < 0.5
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]


@pytest.mark.parametrize(
    ("by_code", "by_loss", "message"),
    [({"a": (2, 3)}, {"a": (3, 3)}, "one shape"), ({"a": (2, 3)}, {"b": (2, 3)}, "none of a")],
)
def test_what_does_not_belong_together_is_refused(
    by_code: dict[str, tuple[int, int]], by_loss: dict[str, tuple[int, int]], message: str
) -> None:
    codes, values = ({name: np.zeros(shape) for name, shape in each.items()} for each in (by_code, by_loss))
    with pytest.raises(InputError, match=message):
        calibration(codes, values, 1, 0)
