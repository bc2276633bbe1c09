"""Fidelity and leakage by the numbers of a code, against figures worked out by hand and scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.neighbors import NearestNeighbors

from aekeras.equality.budget import Budget, budget
from aekeras.equality.distances import code_distances
from aekeras.equality.estimates import Estimate
from aekeras.errors import InputError

RANDOM = np.random.default_rng(0)
QUERIES, COLLECTION, K = 80, 120, 10
LOSS = RANDOM.random((QUERIES, COLLECTION))


def noisy(amount: float) -> np.ndarray:
    return LOSS + amount * RANDOM.random(LOSS.shape)


def read(value: float) -> Estimate:
    return Estimate(value=value, low=value - 0.02, high=value + 0.02, count=9)


@pytest.fixture(scope="module")
def measured() -> Budget:
    """Training gains up to 32 numbers and is past PCA from then on; MDS is level with it at the end."""
    trained = {8: noisy(3.0), 16: noisy(0.6), 32: noisy(0.1)}
    trained[64] = trained[32]
    by_code = {
        "trained": trained,
        "pca": {8: noisy(0.8), 16: noisy(0.6), 32: noisy(0.6), 64: noisy(0.6)},
        "mds": {8: noisy(3.0), 64: trained[64]},
    }
    return budget("l1_gray", by_code, LOSS, {8: read(0.4), 16: read(0.3), 32: None}, K, 5)


def test_fidelity_is_the_share_of_neighbors_that_scikit_learn_finds_too() -> None:
    """Euclidean loss: its neighbors are those of all coordinates, by code those of the first few."""
    queries, collection = RANDOM.standard_normal((30, 6)), RANDOM.standard_normal((90, 6))
    by_size = {size: code_distances(queries[:, :size], collection[:, :size]) for size in (1, 3, 6)}
    found = budget("l2", {"trained": by_size}, code_distances(queries, collection), {}, 7, 0).fidelity["trained"]

    def neighbors(size: int) -> np.ndarray:
        return NearestNeighbors(n_neighbors=7).fit(collection[:, :size]).kneighbors(queries[:, :size])[1]

    for size, share in found.items():
        pairs = zip(neighbors(size), neighbors(6), strict=True)
        assert share.value == pytest.approx(np.mean([len({*a} & {*b}) / 7 for a, b in pairs]), abs=1e-12)
    assert found[6].value == 1.0


def test_by_hand() -> None:
    """Of the two nearest {0, 1}, one number finds {0, 2} and two numbers find both; PCA the other way round."""
    loss, half = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[1.0, 3.0, 2.0, 4.0]])
    result = budget("a", {"trained": {1: half, 2: loss}, "pca": {1: loss, 2: half}}, loss, {}, 2, 0)
    assert [one.value for one in result.fidelity["trained"].values()] == [0.5, 1.0]
    assert [one.value for one in result.leads["pca"].values()] == [-0.5, 0.5]
    assert result.gains[2].value == 0.5
    assert "50.0 % with 1 number and 100.0 % with 2 numbers" in result.sentences()[0]
    assert "training finds more with 2 numbers; less with 1 number." in result.sentences()[-1]


def test_gains_are_differences_of_neighboring_sizes_within_the_queries(measured: Budget) -> None:
    shares = measured.fidelity["trained"]
    assert list(measured.gains) == [16, 32, 64]
    for before, size in ((8, 16), (16, 32)):
        assert measured.gains[size].value == pytest.approx(shares[size].value - shares[before].value)
        assert measured.gains[size].low > 0
    last = measured.gains[64]
    assert (last.value, last.low, last.high) == (0.0, 0.0, 0.0)  # though each share has a wide interval


def test_sentences_name_the_size_above_which_nothing_is_gained(measured: Budget) -> None:
    said = " ".join(measured.sentences())
    assert measured.enough == 32
    assert "More than 32 numbers bring no gain that can be told from chance, up to 64." in said
    assert "Against PCA of what the loss sees, of the same size, training finds more with 32 and 64 numbers;" in said
    assert "less with 8 numbers" in said
    assert "Against MDS of the loss's own values" in said
    assert "40.0 % with 8 numbers and 30.0 % with 16 numbers" in said


def test_a_last_step_that_gains_and_a_size_alone_are_said_so() -> None:
    rising = budget("a", {"trained": {4: noisy(3.0), 8: noisy(0.1)}}, LOSS, {}, K, 0)
    assert rising.enough == 8
    assert "The last step, to 8 numbers, still brings" in rising.sentences()[-1]
    alone = budget("a", {"trained": {4: noisy(1.0)}}, LOSS, {}, K, 0)
    assert (alone.enough, len(alone.sentences())) == (4, 1)
    level = budget("a", {"trained": {4: LOSS, 8: LOSS, 16: LOSS}}, LOSS, {}, K, 0)
    assert "More than 4 numbers bring no gain" in level.sentences()[-1]


def test_the_table_has_a_row_per_size_and_leaves_empty_what_was_not_measured(measured: Budget) -> None:
    (table,) = measured.tables()
    assert [size for size, _ in table.rows] == ["8", "16", "32", "64"]
    assert table.columns[0] == "trained"
    cells = {size: [cell.text for cell in row] for size, row in table.rows}
    assert [text == "" for text in cells["16"]] == [False, False, True, False]
    assert [text == "" for text in cells["64"]] == [False, False, False, True]
    assert cells["8"][3] == "40 %"


def test_json_has_the_fixed_keys_with_intervals_and_the_seed(measured: Budget) -> None:
    figures = json.loads(json.dumps(measured.to_dict(), allow_nan=False))
    assert (figures["loss"], figures["k"], figures["seed"]) == ("l1_gray", K, 5)
    assert list(figures["sizes"]) == ["8", "16", "32", "64"]
    first, last = figures["sizes"]["8"], figures["sizes"]["64"]
    assert first.keys() >= {"fidelity", "interval", "pca", "mds", "r2", "r2_interval"}
    assert "r2" not in last
    assert "gain" not in first
    assert (last["gain"], last["lead_over_mds"]) == (0.0, 0.0)
    for size in figures["sizes"].values():
        for key in size:
            if not key.endswith("interval"):
                low, high = size["interval" if key == "fidelity" else f"{key}_interval"]
                assert low <= size[key] <= high


def test_the_plot_has_a_line_with_a_band_for_every_curve_and_the_sizes_at_equal_steps(measured: Budget) -> None:
    axes = Figure().add_subplot()
    measured.plot(axes)
    assert len(axes.lines) == len(axes.collections) == 4
    np.testing.assert_allclose(
        axes.lines[0].get_ydata(), [100 * one.value for one in measured.fidelity["trained"].values()]
    )
    assert [label.get_text() for label in axes.get_xticklabels()] == ["8", "16", "32", "64"]
    assert np.ptp(np.diff(axes.transData.transform([(size, 0) for size in (8, 16, 32, 64)])[:, 0])) < 1e-6
    assert "%" in axes.get_ylabel()


def test_more_neighbors_than_pictures_are_all_of_them() -> None:
    assert budget("a", {"trained": {4: noisy(1.0)}}, LOSS, {}, 1000, 0).k == COLLECTION


@pytest.mark.parametrize(
    ("by_code", "k", "message"),
    [
        ({}, 1, "ascending sizes. Received: none"),
        ({"trained": {8: (2, 3), 4: (2, 3)}}, 1, "ascending sizes. Received: 8, 4"),
        ({"trained": {8: (2, 4)}}, 1, "one shape"),
        ({"trained": {8: (2, 3)}, "pca": {8: (3, 3)}}, 1, "one shape"),
        ({"trained": {8: (2, 3)}}, 0, "at least 1. Received: 0"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    by_code: Mapping[str, Mapping[int, tuple[int, int]]], k: int, message: str
) -> None:
    made = {name: {size: np.zeros(shape) for size, shape in curve.items()} for name, curve in by_code.items()}
    with pytest.raises(InputError, match=message):
        budget("a", made, np.zeros((2, 3)), {}, k, 0)
