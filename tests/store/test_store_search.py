"""What is nearest, near enough or farthest is what brute force finds, in a stable order, whatever is asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest
from numbered import ORIGIN, digest

from aekeras.errors import InputError
from aekeras.store import Found, Item, Store, building, changing, code_draft

QUERIES = (1, 5, 30, 100)  # FAISS computes in another way from 20 on


def filled(directory: Path, codes: np.ndarray, *, times: int = 1) -> Store:
    """An index of these codes with the ids 0, 1, ...; written in so many steps."""
    parts = np.array_split(np.arange(len(codes)), times)
    for step, rows in enumerate(parts):
        items = [Item(path=Path(f"/{row}.png"), size=1, mtime_ns=1, digest=digest(row)) for row in rows]
        with changing(directory) if step else building(directory, replace(ORIGIN, image_size=64)) as change:
            change.add(items, codes[rows])
            change.commit()
    return Store.open(directory)


def brute_force(codes: np.ndarray, query: np.ndarray, ids: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """All ids by the distance of their code to one query, with the distances; ties by id."""
    ids = np.arange(len(codes)) if ids is None else ids
    distances = np.sqrt(np.square(codes[ids].astype(np.float64) - query.astype(np.float64)).sum(axis=1))
    order = np.lexsort((ids, distances))
    return ids[order], distances[order]


def check(store: Store, codes: np.ndarray, queries: np.ndarray, k: int, ids: np.ndarray | None = None) -> None:
    """Passes when all three questions are answered as by brute force, `ids` being those that are there."""
    every = [brute_force(codes, query, ids) for query in queries]
    radius = float(np.median([distances[min(k, len(distances)) - 1] for _, distances in every]))
    for found, (order, distances) in zip(store.nearest(queries, k), every, strict=True):
        equal(found, order[:k], distances[:k])
    for found, (order, distances) in zip(store.within(queries, radius), every, strict=True):
        equal(found, order[distances <= radius], distances[distances <= radius])
    for found, (order, distances) in zip(store.farthest(queries, k), every, strict=True):
        far = np.lexsort((order, -distances))[:k]
        equal(found, order[far], distances[far])


def equal(found: Found, ids: np.ndarray, distances: np.ndarray) -> None:
    assert found.ids.tolist() == ids.tolist()
    np.testing.assert_allclose(found.distances, distances, rtol=1e-12)


def normal(count: int, dim: int = 16, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


@pytest.fixture(params=[None, 32], ids=["one shard", "many shards"])
def _shards(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        monkeypatch.setattr(code_draft, "SHARD", request.param)


@pytest.mark.usefixtures("_shards")
@pytest.mark.parametrize("count", QUERIES)
@pytest.mark.parametrize("k", [1, 7, 270, 300, 10_000])
def test_answers_are_those_of_brute_force(directory: Path, count: int, k: int) -> None:
    check(filled(directory, normal(300)), normal(300), normal(count, seed=1), k)


@pytest.mark.usefixtures("_shards")
@pytest.mark.parametrize("count", QUERIES)
def test_small_differences_of_codes_far_off_count(directory: Path, count: int) -> None:
    base = normal(1, 64, seed=2)
    far = 1000 * base / np.linalg.norm(base) + 1e-3 * normal(400, 64) / 8
    codes = far.astype(np.float32)
    check(filled(directory, codes), codes, codes[:count], 9)


@pytest.mark.usefixtures("_shards")
@pytest.mark.parametrize("count", QUERIES)
@pytest.mark.parametrize("k", [1, 10, 100])
def test_of_more_equals_than_asked_for_the_first_ids_come(directory: Path, count: int, k: int) -> None:
    codes = np.full((300, 13), 0.3, np.float32)
    codes[::7] = 9
    queries = np.random.default_rng(3).random((count, 13), np.float32)
    queries[0] = 0.3
    check(filled(directory, codes), codes, queries, k)


def test_distances_that_differ_by_less_than_float32_can_tell_are_in_order(directory: Path) -> None:
    codes = np.random.default_rng(4).normal(size=(220, 64))
    codes *= np.where(np.arange(220) < 20, 1, 2)[:, None] / np.linalg.norm(codes, axis=1, keepdims=True)
    query = np.zeros((1, 64), np.float32)
    _, distances = brute_force(codes.astype(np.float32), query[0])
    assert 0 < distances[9] - distances[0] < 1e-7
    check(filled(directory, codes), codes.astype(np.float32), query, 10)


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1e16])
def test_very_small_and_very_large_codes_are_told_apart(directory: Path, scale: float) -> None:
    codes = (normal(100) * scale).astype(np.float32)
    store = filled(directory, codes)
    for count in (5, 30):
        check(store, codes, codes[:count], 3)


def test_no_distance_is_near_enough_for_what_is_equal(directory: Path) -> None:
    codes = np.concatenate([np.zeros((3, 4)), normal(40, 4)]).astype(np.float32)
    store = filled(directory, codes)
    assert [one.ids.tolist() for one in store.within(codes[[0, 5]], 0)] == [[0, 1, 2], [5]]
    assert len(store.within(codes[:1], 1e30)[0].ids) == 43


@pytest.mark.usefixtures("_shards")
@pytest.mark.parametrize("count", QUERIES)
@pytest.mark.parametrize("among", [1, 20, 250, 300])
def test_only_what_is_named_is_searched(directory: Path, count: int, among: int) -> None:
    store, queries = filled(directory, normal(300)), normal(count, seed=1)
    ids = np.random.default_rng(among).permutation(300)[:among]
    for query, near, far in zip(
        queries, store.nearest(queries, 6, among=ids), store.farthest(queries, 6, among=ids), strict=True
    ):
        order, distances = brute_force(normal(300), query, np.sort(ids))
        equal(near, order[:6], distances[:6])
        assert far.ids.tolist() == order[::-1][:6].tolist()
        (within,) = store.within(query[None], float(distances[len(ids) // 2]), among=ids)
        assert within.ids.tolist() == order[: len(ids) // 2 + 1].tolist()


@pytest.mark.usefixtures("_shards")
def test_answers_stay_right_after_additions_and_removals(directory: Path) -> None:
    codes, queries = normal(400), normal(30, seed=1)
    filled(directory, codes, times=5).close()
    gone = np.random.default_rng(5).permutation(400)[:130]
    for part in np.array_split(gone, 3):
        with changing(directory) as change:
            change.remove([f"/{row}.png" for row in part])
            change.commit()
    left = np.setdiff1d(np.arange(400), gone)
    store = Store.open(directory)
    assert store.ids.tolist() == left.tolist()
    check(store, codes, queries, 25, left)
    check(store, codes, queries[:1], 25, left)
    with pytest.raises(InputError, match=rf"^Expected an id of .*gray\. Received: {gone[0]}\. "):
        store.nearest(queries, 1, among=gone[:1])


def test_a_query_gets_the_same_answer_alone_and_among_others(directory: Path) -> None:
    store, queries = filled(directory, normal(300)), normal(300)[:60] + np.float32(0.01)
    for query, found in zip(queries, store.nearest(queries, 5), strict=True):
        equal(found, *(getattr(store.nearest(query[None], 5)[0], name) for name in ("ids", "distances")))


def test_the_same_is_found_whatever_faiss_takes_for_many_queries(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = (1000 + np.random.default_rng(2).normal(scale=0.01, size=(200, 16))).astype(np.float32)
    store = filled(directory, codes)
    for threshold in (1, 1000):
        monkeypatch.setattr(faiss.cvar, "distance_compute_blas_threshold", threshold)
        check(store, codes, codes[:40], 5)


def test_an_empty_index_answers_with_nothing(directory: Path) -> None:
    store = filled(directory, np.empty((0, 4), np.float32))
    store.verify()
    queries = np.zeros((2, 4))
    for found in (store.nearest(queries, 3), store.within(queries, 3), store.farthest(queries, 3)):
        assert [one.ids.tolist() for one in found] == [[], []]
    assert (len(store), store.ids.shape, store.codes.shape) == (0, (0,), (0, 4))


@pytest.mark.parametrize("count", QUERIES)
def test_an_index_of_one_code_answers_with_it(directory: Path, count: int) -> None:
    check(filled(directory, normal(1)), normal(1), normal(count, seed=1), 5)


def test_no_query_gets_no_answer(directory: Path) -> None:
    store, none = filled(directory, normal(60)), np.empty((0, 16), np.float32)
    assert store.nearest(none, 3) == store.within(none, 3) == store.farthest(none, 3) == []


def test_threads_get_the_answers_that_one_gets(directory: Path) -> None:
    store = filled(directory, normal(300))
    alone = [store.nearest(query[None], 20)[0].ids.tolist() for query in normal(300)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda query: store.nearest(query[None], 20)[0].ids.tolist(), normal(300))) == alone


@pytest.mark.parametrize("k", [0, -3])
def test_k_below_one_is_refused(directory: Path, k: int) -> None:
    store = filled(directory, normal(5))
    for ask in (store.nearest, store.farthest):
        with pytest.raises(InputError, match=rf"^Expected `k` of at least 1\. Received: {k}\. "):
            ask(normal(1), k)


@pytest.mark.parametrize("limit", [-0.1, float("nan"), float("inf")])
def test_a_distance_that_is_none_is_refused(directory: Path, limit: float) -> None:
    with pytest.raises(InputError, match=rf"^Expected `max_distance` of at least 0\. Received: {limit}\. "):
        filled(directory, normal(5)).within(normal(1), limit)


@pytest.mark.parametrize("shape", [(1, 15), (16,), (1, 16, 1)])
def test_codes_of_another_shape_are_refused(directory: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"^Expected codes of shape \(N, 16\)\. Received: shape \(1"):
        filled(directory, normal(5)).nearest(np.zeros(shape), 1)


@pytest.mark.parametrize(
    ("value", "reason"), [(np.nan, "NaN or infinity"), (-np.inf, "NaN or infinity"), (3e18, r"a length above 1e\+18")]
)
def test_codes_that_cannot_be_compared_are_refused(directory: Path, value: float, reason: str) -> None:
    store, broken = filled(directory, normal(300)), normal(300)
    broken[7, 3] = value
    with pytest.raises(InputError, match=rf"^Expected finite codes\. Received: {reason} in row 7\. "):
        store.nearest(broken, 1)
    with pytest.raises(InputError, match=r"in row 7\. "):
        filled(directory, broken)
