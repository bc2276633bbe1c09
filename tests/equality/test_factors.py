"""What neighbors share, against scikit-learn and figures worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score

from aekeras.equality.factors import Factors, factors
from aekeras.errors import InputError

RANDOM = np.random.default_rng(4)
SHAPES, COLORS = ("cross", "ring", "disk"), ("red", "blue")


def drawn(values: tuple[str, ...], count: int) -> list[str]:
    return RANDOM.choice(values, count).tolist()


def differing(asked: list[str], others: list[str]) -> np.ndarray:
    """Distances that are small where values are the same, (Q, N)."""
    return (np.array(asked)[:, None] != np.array(others)[None]) + 0.5 * RANDOM.random((len(asked), len(others)))


@pytest.fixture(scope="module")
def known() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    asked, others = ({"shape": drawn(SHAPES, n), "color": drawn(COLORS, n)} for n in (50, 90))
    return asked, others


@pytest.fixture(scope="module")
def measured(known: tuple[dict[str, list[str]], dict[str, list[str]]]) -> Factors:
    """Under `gray` neighbors have the same shape, under `random` nothing in common."""
    asked, others = known
    by_code = {"gray": differing(asked["shape"], others["shape"]), "random": RANDOM.random((50, 90))}
    return factors(by_code, asked, others, 10, 0)


def test_mean_average_precision_is_that_of_scikit_learn() -> None:
    asked, others = drawn(SHAPES, 30), drawn(SHAPES, 70)
    distances = RANDOM.random((30, 70))
    expected = [
        average_precision_score(np.array(others) == value, -row) for value, row in zip(asked, distances, strict=True)
    ]
    result = factors({"a": distances}, {"shape": asked}, {"shape": others}, 5, 0)
    assert result.found["shape"]["a"].mean_average_precision.value == pytest.approx(np.mean(expected), abs=1e-9)


@pytest.mark.parametrize("k", [1, 5, 70, 100])
def test_precision_and_recall_are_what_a_loop_counts(k: int) -> None:
    asked, others = drawn(SHAPES, 30), drawn(SHAPES, 70)
    distances = RANDOM.random((30, 70))
    precisions, recalls = [], []
    for value, row in zip(asked, distances.tolist(), strict=True):
        ranked = [other for _, other in sorted(zip(row, others, strict=True))]
        precisions.append(ranked[:k].count(value) / min(k, 70))
        recalls.append(ranked[:k].count(value) / others.count(value))
    found = factors({"a": distances}, {"shape": asked}, {"shape": others}, k, 0).found["shape"]["a"]
    assert found.precision.value == pytest.approx(np.mean(precisions))
    assert found.recall.value == pytest.approx(np.mean(recalls))


def test_by_hand() -> None:
    """Ranked x y x y for x: precision@2 1/2, recall@2 1/2, average precision (1/1 + 2/3) / 2; chance 1/2."""
    result = factors({"a": np.array([[1.0, 2.0, 3.0, 4.0]])}, {"f": ["x"]}, {"f": ["x", "y", "x", "y"]}, 2, 0)
    found = result.found["f"]["a"]
    assert (found.precision.value, found.recall.value, result.chance["f"]) == (0.5, 0.5, 0.5)
    assert found.mean_average_precision.value == pytest.approx(5 / 6)


def test_what_a_loss_sees_is_shared_and_the_rest_as_often_as_by_chance(measured: Factors) -> None:
    assert measured.found["shape"]["gray"].precision.value == 1.0
    for factor, loss in (("color", "gray"), ("color", "random"), ("shape", "random")):
        found = measured.found[factor][loss].precision
        assert found.value == pytest.approx(measured.chance[factor], abs=0.1)
    _, gray, _ = measured.sentences()
    assert gray.startswith("Under `gray`: shape 100 % (")


def test_chance_is_the_share_of_pictures_with_the_querys_value() -> None:
    others = ["x"] * 3 + ["y"] * 9
    result = factors({"a": RANDOM.random((2, 12))}, {"f": ["x", "y"]}, {"f": others}, 3, 0)
    assert result.chance["f"] == pytest.approx((3 / 12 + 9 / 12) / 2)


def test_queries_that_nobody_can_answer_do_not_count() -> None:
    distances = np.array([[1.0, 2.0, 3.0, 4.0]] * 3)
    result = factors({"a": distances}, {"f": ["x", "alone", ""]}, {"f": ["x", "x", "y", "y"]}, 2, 0)
    found = result.found["f"]["a"]
    assert (found.precision.count, found.precision.value, found.recall.value) == (1, 1.0, 1.0)


def test_numbers_with_many_values_are_cut_into_five_equally_filled_parts() -> None:
    asked, others = ([str(value) for value in RANDOM.normal(size=n)] for n in (50, 150))
    result = factors({"a": RANDOM.random((50, 150))}, {"width": asked}, {"width": others}, 10, 0)
    assert result.cut == ("width",)
    assert result.chance["width"] == pytest.approx(0.2, abs=0.02)
    assert "cut into 5 equally filled parts" in " ".join(result.sentences())


def test_the_parts_are_those_of_the_order_of_numbers_and_not_of_text() -> None:
    others = [str(value) for value in range(100)]
    asked = ["5", "95"]
    distances = np.abs(np.array([[float(one) - float(other) for other in others] for one in asked]))
    result = factors({"a": distances}, {"n": asked}, {"n": others}, 5, 0)
    assert result.found["n"]["a"].precision.value == 1.0


def test_numbers_with_few_values_are_taken_as_they_are() -> None:
    others = [str(i % 4) for i in range(40)]
    assert factors({"a": RANDOM.random((2, 40))}, {"n": ["0", "1"]}, {"n": others}, 5, 0).cut == ()


@pytest.mark.parametrize(
    ("asked", "others", "reason"),
    [
        (["x"] * 4, ["x"] * 30, "every picture has the same value"),
        ([""] * 4, [""] * 30, "no picture has a value"),
        ([f"a{i}" for i in range(4)], [f"b{i}" for i in range(30)], "nearly every picture has a value of its own"),
        (["x"] * 4, ["y"] * 30, "no query shares its value"),
        (["x"] * 4, None, "known of the queries only"),
    ],
)
def test_a_factor_that_says_nothing_is_left_out_with_the_reason_and_the_others_stay(
    asked: list[str], others: list[str] | None, reason: str
) -> None:
    good = {"shape": drawn(SHAPES, 4)}, {"shape": drawn(SHAPES, 30)}
    bad = {"odd": others} if others else {}
    result = factors({"a": RANDOM.random((4, 30))}, {**good[0], "odd": asked}, {**good[1], **bad}, 3, 0)
    assert list(result.found) == ["shape"]
    assert reason in result.left_out["odd"]
    assert reason in " ".join(result.sentences())
    assert result.to_dict()["left_out"].keys() == {"odd"}


def test_where_no_factor_is_left_the_reasons_are_given() -> None:
    with pytest.raises(InputError, match="odd: every picture has the same value"):
        factors({"a": RANDOM.random((2, 9))}, {"odd": ["x"] * 2}, {"odd": ["x"] * 9}, 3, 0)


def test_a_wrong_number_of_values_is_refused() -> None:
    with pytest.raises(InputError, match=r"Expected 2 values of f .* and 9 .*Received: 3 and 9"):
        factors({"a": RANDOM.random((2, 9))}, {"f": ["x"] * 3}, {"f": ["x"] * 9}, 3, 0)


def test_json_has_an_interval_for_every_figure(measured: Factors) -> None:
    figures = json.loads(json.dumps(measured.to_dict(), allow_nan=False))
    assert (figures["k"], figures["seed"]) == (10, 0)
    for key in ("precision", "recall", "map"):
        for factor in ("shape", "color"):
            for loss in ("gray", "random"):
                low, high = figures[f"{key}_intervals"][factor][loss]
                assert 0 <= low <= figures[key][factor][loss] <= high <= 1
    assert figures["chance"].keys() == {"shape", "color"}


def test_tables_and_plot_hold_every_factor_and_loss(measured: Factors) -> None:
    precision, recall, average = measured.tables()
    assert precision.columns == ("gray", "random", "chance")
    assert recall.columns == average.columns == ("gray", "random")
    assert [name for name, _ in precision.rows] == ["shape", "color"]
    axes = Figure().add_subplot()
    measured.plot(axes)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["shape", "color"]
    assert next(iter(axes.containers[0])).get_height() == 1.0
