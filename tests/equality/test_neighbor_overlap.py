"""Overlap of lists of neighbors, against figures worked out by hand and the definition's own sum."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from aekeras.equality.overlap import Overlap, dispute, disputed, overlap, rank_biased_overlap
from aekeras.errors import InputError

RANDOM = np.random.default_rng(1)


def random_distances(queries: int = 20, collection: int = 40) -> np.ndarray:
    return RANDOM.random((queries, collection))


def infinite_sum(one: list[int], other: list[int], p: float) -> float:
    """Rank-biased overlap as it is defined, over lists that go on with the agreement they end with."""
    depth, total = len(one), 0.0
    for d in range(1, 5000):
        within = min(d, depth)
        agreement = len({*one[:within]} & {*other[:within]}) / within
        total += (1 - p) * p ** (d - 1) * agreement
    return total


@pytest.fixture(scope="module")
def measured() -> Overlap:
    a, b = random_distances(), random_distances()
    return overlap({"a": a, "b": a + 0.2 * b, "c": random_distances()}, 10, 3)


@pytest.mark.parametrize("p", [0.5, 0.9, 0.98])
@pytest.mark.parametrize("depth", [1, 2, 12])
def test_rank_biased_overlap_is_the_infinite_sum_of_its_definition(p: float, depth: int) -> None:
    """5,000 terms leave 0.98^5000 of the sum, nothing."""
    ones, others = (np.stack([RANDOM.permutation(20)[:depth] for _ in range(10)]) for _ in range(2))
    expected = [infinite_sum(one, other, p) for one, other in zip(ones.tolist(), others.tolist(), strict=True)]
    np.testing.assert_allclose(rank_biased_overlap(ones, others, p), expected, atol=1e-12)


def test_rank_biased_overlap_by_hand() -> None:
    """Swapped first ranks: X = 0, 2, so 2/2 p^2 + (1 - p)/p (0 + 2/2 p^2) = 0.81 + 0.09."""
    assert rank_biased_overlap(np.array([[4, 7]]), np.array([[7, 4]]), 0.9) == pytest.approx(0.9)


def test_equal_rankings_agree_wholly_disjoint_ones_not_at_all_and_first_ranks_weigh_more() -> None:
    ranks = np.arange(10)[None]
    early, late = ranks.copy(), ranks.copy()
    early[0, 0], late[0, 9] = 99, 99
    whole, none, first, last = (rank_biased_overlap(ranks, other)[0] for other in (ranks, ranks + 10, early, late))
    assert (whole, none) == (pytest.approx(1.0), 0.0)
    assert first < last < 1


def test_overlap_by_hand() -> None:
    """Of the two nearest, {0, 1} and {0, 2} share one."""
    result = overlap({"a": np.array([[1.0, 2.0, 3.0, 4.0]]), "b": np.array([[1.0, 3.0, 2.0, 4.0]])}, 2, 0)
    assert result.to_dict() == {"a": {"a": 1.0, "b": 0.5}, "b": {"a": 0.5, "b": 1.0}}
    assert result.chance == 0.5


def test_tables_are_symmetric_with_ones_on_the_diagonal(measured: Overlap) -> None:
    for shares in (measured.shares, measured.rank_biased):
        for one in "abc":
            assert shares[one][one].value == pytest.approx(1.0)
            for other in "abc":
                assert shares[one][other] == shares[other][one]


def test_the_pairs_that_agree_most_and_least_are_named(measured: Overlap) -> None:
    _, most, least = measured.sentences()
    assert most.startswith("`a` and `b` agree most: they have ")
    assert least.startswith(("`a` and `c` agree least", "`b` and `c` agree least"))
    two = overlap({"a": random_distances(), "b": random_distances()}, 5, 0).sentences()
    assert two[1].startswith("`a` and `b` have ")


def test_one_loss_has_nothing_to_be_compared_with() -> None:
    result = overlap({"a": random_distances()}, 5, 0)
    assert result.sentences() == ("There is one loss only, so there is nothing to compare it with.",)
    assert result.tables() == ()
    assert result.to_dict() == {"a": {"a": 1.0}}
    axes = Figure().add_subplot()
    result.plot(axes)
    assert not axes.get_yticklabels()
    np.testing.assert_array_equal(disputed({"a": random_distances(4)}, 5), [0, 1, 2, 3])


def test_the_query_whose_neighbors_change_comes_first() -> None:
    a = np.tile(np.arange(12.0), (4, 1))
    b, c = a.copy(), a.copy()
    b[2] = a[2, ::-1]  # other neighbors by b, and half other ones by c
    c[2] = np.roll(a[2], 2)
    b[1] = np.roll(a[1], 1)
    scores = dispute({"a": a, "b": b, "c": c}, 4)
    np.testing.assert_allclose(scores, [0.0, 1 - (0.75 + 1 + 0.75) / 3, 1 - (0 + 0.5 + 0) / 3, 0.0])
    np.testing.assert_array_equal(disputed({"a": a, "b": b, "c": c}, 4), [2, 1, 0, 3])


def test_json_holds_losses_alone_and_the_rest_beside(measured: Overlap) -> None:
    figures, details = (
        json.loads(json.dumps(one, allow_nan=False)) for one in (measured.to_dict(), measured.details())
    )
    assert figures.keys() == {"a", "b", "c"}
    assert (details["k"], details["p"], details["seed"], details["depth"]) == (10, 0.9, 3, 40)
    for one in "abc":
        for other in "abc":
            low, high = details["intervals"][one][other]
            assert low <= figures[one][other] <= high
            low, high = details["rbo_intervals"][one][other]
            assert low <= details["rbo"][one][other] <= high


def test_the_tables_and_the_plot_show_every_pair(measured: Overlap) -> None:
    shares, ranked = measured.tables()
    assert shares.columns == ranked.columns == ("a", "b", "c")
    assert dict(shares.rows)["a"][0].text == "100 %"
    axes = Figure().add_subplot()
    measured.plot(axes)
    assert {label.get_text() for label in axes.get_yticklabels()} == {"a, b", "a, c", "b, c"}


def test_of_many_losses_the_plot_shows_the_ends() -> None:
    result = overlap({f"loss {i}": random_distances(5, 12) for i in range(8)}, 3, 0)
    axes = Figure().add_subplot()
    result.plot(axes)
    assert len(axes.get_yticklabels()) == 20
    assert "agree most" in axes.get_title()


def test_more_neighbors_than_pictures_are_all_of_them() -> None:
    result = overlap({"a": random_distances(5, 6), "b": random_distances(5, 6)}, 9, 0)
    assert (result.k, result.chance, result.shares["a"]["b"].value) == (6, 1.0, 1.0)


@pytest.mark.parametrize("p", [0.0, 1.0, -1.0, 2.0])
def test_a_persistence_out_of_range_is_refused(p: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        overlap({"a": random_distances()}, 5, 0, p=p)
