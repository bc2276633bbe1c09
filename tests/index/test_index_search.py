"""The neighbors are those of brute force, in a stable order, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest

from aekeras.errors import InputError, MismatchError, MissingError
from aekeras.index import Index, Neighbor, list_indexes

Build = Callable[..., Index]


def brute_force(codes: np.ndarray, query: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All rows of `codes` by their distance to one query, with the distances; ties by row."""
    distances = np.linalg.norm(codes.astype(np.float64) - query.astype(np.float64), axis=1)
    order = np.lexsort((np.arange(len(codes)), distances))
    return order, distances[order]


def ids(neighbors: list[Neighbor]) -> list[int]:
    return [neighbor.id for neighbor in neighbors]


@pytest.mark.parametrize("k", [1, 7, 150, 300])
def test_neighbors_are_those_of_brute_force(build: Build, codes: np.ndarray, k: int) -> None:
    queries = np.random.default_rng(1).normal(size=(50, 16)).astype(np.float32)
    answers = build(codes).search(queries, k)
    assert len(answers) == 50
    for query, neighbors in zip(queries, answers, strict=True):
        order, distances = brute_force(codes, query)
        assert ids(neighbors) == order[:k].tolist()
        np.testing.assert_allclose([n.distance for n in neighbors], distances[:k], rtol=1e-12)
        assert [n.rank for n in neighbors] == list(range(1, k + 1))
        assert [n.path for n in neighbors] == [Path(f"/photos/{row}.png") for row in order[:k]]


def test_a_query_gets_the_same_answer_alone_and_among_others(build: Build, codes: np.ndarray) -> None:
    index = build(codes)
    queries = codes[:60] + np.float32(0.01)
    assert index.search(queries, 5) == [index.search(query[None], 5)[0] for query in queries]


def test_small_distances_between_large_codes_are_exact(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    # Up from here, a number of queries that depends on its version, FAISS has a formula that loses them.
    monkeypatch.setattr(faiss.cvar, "distance_compute_blas_threshold", 1)
    rng = np.random.default_rng(2)
    codes = (1000 + rng.normal(scale=0.01, size=(200, 16))).astype(np.float32)
    for query, neighbors in zip(codes[:40], build(codes).search(codes[:40], 5), strict=True):
        order, distances = brute_force(codes, query)
        assert ids(neighbors) == order[:5].tolist()
        np.testing.assert_allclose([n.distance for n in neighbors], distances[:5], rtol=1e-12)


def test_distances_that_differ_by_less_than_float32_can_tell_are_in_order(build: Build) -> None:
    rng = np.random.default_rng(4)
    codes = rng.normal(size=(220, 64))
    codes *= np.where(np.arange(220) < 20, 1, 2)[:, None] / np.linalg.norm(codes, axis=1, keepdims=True)
    query = np.zeros((1, 64), dtype=np.float32)
    order, distances = brute_force(codes.astype(np.float32), query[0])
    assert 0 < distances[9] - distances[0] < 1e-7
    assert ids(build(codes).search(query, 10)[0]) == order[:10].tolist()


def test_an_item_of_the_index_is_at_distance_zero(build: Build, codes: np.ndarray) -> None:
    index = build(codes)
    assert all(
        (neighbors[0].id, neighbors[0].distance) == (row, 0.0) for row, neighbors in enumerate(index.search(codes, 1))
    )


@pytest.mark.parametrize("k", [10, 200])
def test_of_more_equals_than_asked_for_the_first_ids_come(build: Build, k: int) -> None:
    equal = np.full((1003, 13), 0.3, dtype=np.float32)
    equal[::7] = 9
    query = np.random.default_rng(3).random((1, 13), dtype=np.float32)
    expected = [row for row in range(1003) if row % 7][:k]
    assert ids(build(equal).search(query, k)[0]) == expected


def test_k_above_the_size_gives_the_whole_index(build: Build, codes: np.ndarray) -> None:
    (neighbors,) = build(codes).search(codes[:1], 10_000)
    assert sorted(ids(neighbors)) == list(range(300))


def test_max_distance_keeps_what_is_as_near_as_that(build: Build) -> None:
    index = build(np.array([[0], [3], [4], [5]], dtype=np.float32))
    near, none = index.search(np.array([[0], [100]], dtype=np.float32), 4, max_distance=4)
    assert [n.distance for n in near] == [0, 3, 4]
    assert none == []


def test_an_empty_index_answers_with_nothing(build: Build) -> None:
    index = build(np.empty((0, 4), dtype=np.float32))
    assert len(index) == 0
    assert index.search(np.zeros((2, 4), dtype=np.float32), 3) == [[], []]
    assert index.codes.shape == (0, 4)


def test_no_query_gets_no_answer(build: Build, codes: np.ndarray) -> None:
    assert build(codes).search(np.empty((0, 16), dtype=np.float32), 3) == []


def test_threads_get_the_answers_that_one_gets(build: Build, codes: np.ndarray) -> None:
    index = build(codes)
    alone = [index.search(query[None], 20) for query in codes]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda query: index.search(query[None], 20), codes)) == alone


@pytest.mark.parametrize("k", [0, -3])
def test_k_below_one_is_refused(build: Build, codes: np.ndarray, k: int) -> None:
    with pytest.raises(InputError, match=rf"^Expected `k` of at least 1\. Received: {k}\. "):
        build(codes).search(codes[:1], k)


@pytest.mark.parametrize("limit", [-0.1, float("nan")])
def test_a_max_distance_that_is_no_distance_is_refused(build: Build, codes: np.ndarray, limit: float) -> None:
    with pytest.raises(InputError, match=rf"^Expected `max_distance` of at least 0\. Received: {limit}\. "):
        build(codes).search(codes[:1], 1, max_distance=limit)


@pytest.mark.parametrize("shape", [(1, 15), (16,), (1, 16, 1)])
def test_codes_of_another_shape_are_refused(build: Build, codes: np.ndarray, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"^Expected codes of shape \(N, 16\)\. Received: shape \(1"):
        build(codes).search(np.zeros(shape, dtype=np.float32), 1)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_codes_that_are_not_finite_are_refused(build: Build, codes: np.ndarray, value: float) -> None:
    broken = codes.copy()
    broken[7, 3] = value
    with pytest.raises(InputError, match=r"^Expected finite codes\. Received: NaN or infinity in row 7\. "):
        build(codes).search(broken, 1)
    with pytest.raises(InputError, match=r"in row 7\. "):
        build(broken)


def test_another_model_is_refused(build: Build, codes: np.ndarray) -> None:
    index = build(codes)
    index.check_model("a1" * 32)
    with pytest.raises(MismatchError) as caught:
        index.check_model("b2" * 32)
    message = str(caught.value)
    assert "mirror-l1_gray-37811e05/3, fingerprint a1a1a1a1a1a1. Received: " in message
    assert "a model with fingerprint b2b2b2b2b2b2. Rebuild the index by `aekeras index build`." in message


def test_the_info_has_the_keys_of_the_command_line(
    build: Build, codes: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    index = build(codes)
    assert index.info(f"models/{index.manifest.origin.model}").to_dict() == {
        "index": str(Path("indexes", "gray")),
        "loss": "mirror(l1_gray)",
        "model": "models/mirror-l1_gray-37811e05/3",
        "count": 300,
        "code_dim": 16,
        "kind": "flat",
    }


def test_indexes_are_listed_in_order_and_unfinished_ones_are_not(
    build: Build, codes: np.ndarray, tmp_path: Path
) -> None:
    for name in ("l1_red", "l1", ".l1.partial"):
        build(codes[:2], name=name)
    (tmp_path / "indexes" / "unfinished").mkdir()
    assert list_indexes(tmp_path / "indexes") == [tmp_path / "indexes" / name for name in ("l1", "l1_red")]


def test_a_folder_without_an_index_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    message = r"^Expected an index in `indexes`\. Found none\. Run `aekeras train` first\.$"
    with pytest.raises(MissingError, match=message):
        list_indexes(Path("indexes"))
    Path("indexes").mkdir()
    with pytest.raises(MissingError, match=message):
        list_indexes(Path("indexes"))
    with pytest.raises(MissingError, match=message):
        Index.open(Path("indexes"))
