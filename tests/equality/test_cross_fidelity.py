"""Fidelity of every loss's codes to every loss, against a loop and figures worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from aekeras.equality.fidelity import CrossFidelity, cross_fidelity, fidelity
from aekeras.equality.neighbors import nearest
from aekeras.errors import InputError

RANDOM = np.random.default_rng(0)


def random_distances(queries: int = 30, collection: int = 50) -> np.ndarray:
    return RANDOM.random((queries, collection))


def by_loop(by_code: np.ndarray, by_loss: np.ndarray, k: int) -> list[float]:
    """Sorted in plain Python: by distance, then by column."""
    lists = [
        [sorted(range(len(row)), key=lambda column, row=row: (row[column], column))[:k] for row in distances]
        for distances in (by_code, by_loss)
    ]
    return [len({*found} & {*wanted}) / k for found, wanted in zip(*lists, strict=True)]


def noisy(distances: np.ndarray, amount: float) -> np.ndarray:
    return distances + amount * RANDOM.random(distances.shape)


@pytest.fixture(scope="module")
def measured() -> CrossFidelity:
    """Codes of `a` are those of `a` with noise; codes of `b` are wrongly near to `a`; `c` has no codes."""
    a, b, c = (random_distances(60, 80) for _ in range(3))
    by_code = {"a": noisy(a, 0.05), "b": noisy(a, 0.1)}
    controls = {
        "pca": {"a": noisy(a, 1.0), "b": b},
        "mds": {"a": noisy(a, 2.0)},
    }
    return cross_fidelity(by_code, {"a": a, "b": b, "c": c}, controls, 10, 7)


@pytest.mark.parametrize("k", [1, 3, 10, 50, 60])
@pytest.mark.parametrize("levels", [2, 7, 10**6])
def test_fidelity_is_what_a_loop_counts_with_ties_in_column_order(k: int, levels: int) -> None:
    by_code, by_loss = (np.floor(random_distances() * levels) for _ in range(2))
    expected = by_loop(by_code, by_loss, min(k, 50))
    np.testing.assert_allclose(fidelity(by_code, by_loss, k), expected, atol=1e-12)
    result = cross_fidelity({"x": by_code}, {"x": by_loss}, {}, k, 0)
    assert result.matrix["x"]["x"].value == pytest.approx(np.mean(expected), abs=1e-12)


@pytest.mark.parametrize("k", [1, 4, 49, 50, 70])
@pytest.mark.parametrize("levels", [1, 3, 10**6])
def test_the_nearest_are_the_first_of_a_stable_sort(k: int, levels: int) -> None:
    distances = np.floor(random_distances() * levels)
    distances[3, ::2] = np.nan  # which sort last
    expected = np.argsort(distances, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(nearest(distances, k), expected)


def test_by_hand() -> None:
    """Of the two nearest {0, 1} and {0, 2} the losses share one; the control finds both."""
    code, loss = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[1.0, 3.0, 2.0, 4.0]])
    result = cross_fidelity({"a": code}, {"a": loss}, {"pca": {"a": loss}}, 2, 0)
    assert result.matrix["a"]["a"].value == 0.5
    assert result.controls["pca"]["a"].value == 1.0
    assert result.over_controls["pca"]["a"].value == -0.5
    assert "fewer for `a` (50.0 % against 100.0 %)" in " ".join(result.sentences())


def test_codes_equal_to_the_loss_find_everything_and_lists_by_chance_little() -> None:
    a, b = random_distances(200, 100), random_distances(200, 100)
    result = cross_fidelity({"a": a, "b": b}, {"a": a, "b": b}, {}, 10, 0)
    assert result.matrix["a"]["a"].value == result.matrix["b"]["b"].value == 1.0
    for pair in (("a", "b"), ("b", "a")):
        assert result.matrix[pair[0]][pair[1]].value == pytest.approx(0.1, abs=0.03)  # k / N, over 200 queries
    assert "The codes of every loss agree most with their own loss" in " ".join(result.sentences())


def test_an_exception_on_the_diagonal_is_named_with_its_figures(measured: CrossFidelity) -> None:
    text = " ".join(measured.sentences())
    own, other = measured.matrix["b"]["b"].value, measured.matrix["b"]["a"].value
    assert other > own
    assert "those of `b` do not." in text
    assert f"{100 * other:.1f} % of the neighbors by `a`, and {100 * own:.1f} % of those by `b`" in text
    assert measured.leads["a"].by.low > 0
    assert measured.leads["b"].over == "a"
    assert measured.leads["b"].by.value == pytest.approx(own - other)


def test_a_lead_that_may_be_chance_is_said_to_be() -> None:
    a, b = random_distances(4, 60), random_distances(4, 60)
    between = (a + b) / 2
    result = cross_fidelity({"a": between, "b": b}, {"a": a, "b": b}, {}, 10, 0)
    assert result.leads["a"].by.low <= 0 <= result.leads["a"].by.high
    assert "The difference may be chance for `a`." in " ".join(result.sentences())


def test_a_paired_difference_is_known_better_than_the_shares() -> None:
    loss = random_distances(100, 60)
    loss_like = noisy(loss, 0.05)
    result = cross_fidelity({"a": loss_like}, {"a": loss}, {"pca": {"a": loss_like}}, 10, 0)
    lead = result.over_controls["pca"]["a"]
    assert (lead.value, lead.low, lead.high) == (0.0, 0.0, 0.0)
    assert result.matrix["a"]["a"].high > result.matrix["a"]["a"].low


def test_tables_mark_the_highest_of_a_row_and_controls_that_are_better(measured: CrossFidelity) -> None:
    matrix, controls = measured.tables()
    assert matrix.columns == ("a", "b", "c")
    assert [cell.mark for cell in dict(matrix.rows)["b"]] == ["highest", "", ""]
    assert controls.columns == ("its own codes", "PCA", "MDS")
    assert [cell.mark for cell in dict(controls.rows)["a"]] == ["", "", ""]
    own, pca, mds = dict(controls.rows)["b"]
    assert (own.mark, pca.mark, pca.text, mds.text) == ("", "better", "100 %", "")


def test_json_has_shares_under_the_fixed_keys_and_an_interval_for_each(measured: CrossFidelity) -> None:
    figures = json.loads(json.dumps(measured.to_dict(), allow_nan=False))
    assert (figures["k"], figures["queries"], figures["collection"], figures["seed"]) == (10, 60, 80, 7)
    for key in ("matrix", "controls"):
        for row, columns in figures[key].items():
            for column, share in columns.items():
                low, high = figures[f"{key}_intervals"][row][column]
                assert 0 <= low <= share <= high <= 1
    assert figures["controls"].keys() == {"pca", "mds"}


def test_more_neighbors_than_pictures_is_said_and_gives_all() -> None:
    distances = random_distances(5, 8)
    result = cross_fidelity({"a": distances}, {"a": random_distances(5, 8)}, {}, 10, 0)
    assert (result.k, result.asked, result.matrix["a"]["a"].value) == (8, 10, 1.0)
    assert "Of the 10 neighbors asked for there are only 8" in " ".join(result.sentences())


def test_the_seed_decides_on_the_intervals_alone() -> None:
    a = random_distances(150)
    code = noisy(a, 0.3)
    one, same, other = (cross_fidelity({"a": code}, {"a": a}, {}, 10, seed) for seed in (1, 1, 2))
    assert one.to_dict() == same.to_dict()
    assert one.to_dict()["matrix"] == other.to_dict()["matrix"]
    assert one.to_dict()["matrix_intervals"] != other.to_dict()["matrix_intervals"]


def test_the_plot_has_a_line_per_loss_and_dots_for_codes_and_controls(measured: CrossFidelity) -> None:
    axes = Figure().add_subplot()
    measured.plot(axes)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["its own codes", "PCA", "MDS"]
    drawn = axes.containers[0].lines[0].get_xdata()
    np.testing.assert_allclose(drawn, [100 * measured.matrix[name][name].value for name in "ab"])
    assert "%" in axes.get_xlabel()


@pytest.mark.parametrize(
    ("by_code", "by_loss", "k", "message"),
    [
        ({"a": (2, 3)}, {"a": (2, 4)}, 1, "one shape"),
        ({"a": (0, 3)}, {"a": (0, 3)}, 1, "one shape"),
        ({}, {}, 1, "Received: none"),
        ({"a": (2, 3)}, {"b": (2, 3)}, 1, "none of a"),
        ({"a": (2, 3)}, {"a": (2, 3)}, 0, "at least 1. Received: 0"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    by_code: dict[str, tuple[int, int]], by_loss: dict[str, tuple[int, int]], k: int, message: str
) -> None:
    codes, losses = ({name: np.zeros(shape) for name, shape in each.items()} for each in (by_code, by_loss))
    with pytest.raises(InputError, match=message):
        cross_fidelity(codes, losses, {}, k, 0)


def test_controls_that_are_behind_everywhere_are_said_to_be() -> None:
    a, b = random_distances(), random_distances()
    far = {"a": random_distances(), "b": random_distances()}
    text = " ".join(cross_fidelity({"a": a, "b": b}, {"a": a, "b": b}, {"pixels": far}, 5, 0).sentences())
    assert "Against the pictures shrunk to as many numbers, the codes find more for `a` and `b`." in text
    alone = " ".join(cross_fidelity({"a": a}, {"a": a}, {"pixels": {"a": far["a"]}}, 5, 0).sentences())
    assert "the codes find more for `a`." in alone
    assert "chance gives 10 %" in alone
