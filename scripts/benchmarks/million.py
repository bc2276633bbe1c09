"""Search over a million codes: exactly against bare FAISS, approximately against exactly, and from a cold start."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import faiss
import numpy as np

from aekeras.index import Index
from aekeras.store import Found, Item, Origin, Store, building

Row = tuple[str, str, str, str]
_COUNT, _QUERIES, _DIM, _K = 1_000_000, 1000, 64, 10
_AT_ONCE = 8192
_COLD = """
import sys, time
import numpy as np
from aekeras.index import Index
with Index.open(sys.argv[1]) as index:
    print(index.search(np.load(sys.argv[2]), 10)[0][0].path)
"""


def million_rows() -> Iterator[Row]:
    """Codes with the decaying spectrum that those of an encoder have, in clusters and without: the latter are hard."""
    for name, clusters in (("in 3,000 clusters", 3000), ("in one cloud", 0)):
        drawn = _codes(clusters)
        codes, queries = drawn[:_COUNT], drawn[_COUNT:]  # the queries are new to the index, and to what it is tuned on
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / "indexes" / "l1"
            building_time = _timed(lambda at=directory, those=codes: _write(at, those))
            yield f"{name}: writing the index, s", f"{building_time:.0f}", "", ""
            yield from _exact_rows(name, directory, codes, queries)
            yield from _approximate_rows(name, directory, queries)


def _exact_rows(name: str, directory: Path, codes: np.ndarray, queries: np.ndarray) -> Iterator[Row]:
    bare = faiss.IndexFlatL2(_DIM)
    bare.add(codes)
    with Store.open(directory) as store:
        for count in (1, 10, 100, 1000):
            some = queries[:count]
            ours, rival = _both(lambda some=some: store.nearest(some, _K), lambda some=some: bare.search(some, _K))
            yield _row(f"{name}: exact, {count:,} at once, ms/query; rival: IndexFlatL2", ours, rival, count)
    yield from _cold_row(f"{name}: cold start and one query, exact, s", directory, queries)


def _approximate_rows(name: str, directory: Path, queries: np.ndarray) -> Iterator[Row]:
    with Index.open(directory) as index:
        taken = _timed(lambda: index.rebuild(kind="auto"))
        info = index.info()
        yield f"{name}: building {info.kind}, s", f"{taken:.0f}", "", ""
        store = index.store
        truth = store.nearest(queries, _K, exact=True)
        yield f"{name}: its recall@10 on new queries", f"{_recall(store.nearest(queries, _K), truth):.3f}", "", ""
        for count in (1, 10, 100, 1000):
            some = queries[:count]
            ours, rival = _both(
                lambda some=some: store.nearest(some, _K), lambda some=some: store.nearest(some, _K, exact=True)
            )
            yield _row(f"{name}: approximate, {count:,} at once, ms/query; rival: exact", ours, rival, count)
    yield from _cold_row(f"{name}: cold start and one query, approximate, s", directory, queries)


def _cold_row(title: str, directory: Path, queries: np.ndarray) -> Iterator[Row]:
    query = directory.parent / "query.npy"
    np.save(query, queries[:1])
    command = [sys.executable, "-c", _COLD, str(directory), str(query)]
    yield (
        title,
        f"{min(_timed(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(3)):.2f}",
        "",
        "",
    )


def _codes(clusters: int) -> np.ndarray:
    draw = np.random.default_rng(0)
    spectrum = (np.arange(1, _DIM + 1) ** -0.7).astype(np.float32)
    spread = draw.standard_normal((_COUNT + _QUERIES, _DIM), dtype=np.float32) * spectrum
    if not clusters:
        return spread
    centers = draw.standard_normal((clusters, _DIM), dtype=np.float32) * spectrum
    sizes = draw.dirichlet(np.ones(clusters))
    return centers[draw.choice(clusters, len(spread), p=sizes)] + np.float32(0.35) * spread


def _write(directory: Path, codes: np.ndarray) -> None:
    origin = Origin(loss="l1", model_name="l1", model_version=1, fingerprint="0" * 64, image_size=64)
    with building(directory, origin, kind="flat") as change:
        for start in range(0, _COUNT, _AT_ONCE):
            rows = range(start, min(start + _AT_ONCE, _COUNT))
            change.add([_item(row) for row in rows], codes[rows.start : rows.stop])
        change.commit()


def _item(row: int) -> Item:
    path = Path(f"/photos/{row // 1000}/{row}.jpg")
    return Item(path=path, size=row, mtime_ns=row, digest=hashlib.sha256(str(row).encode()).hexdigest())


def _recall(found: list[Found], truth: list[Found]) -> float:
    pairs = zip(found, truth, strict=True)
    return float(np.mean([len(set(one.ids.tolist()) & set(true.ids.tolist())) / _K for one, true in pairs]))


def _row(title: str, ours: float, rival: float, count: int) -> Row:
    return title, f"{1e3 * ours / count:.3f}", f"{1e3 * rival / count:.3f}", f"{ours / rival:.3f}"


def _both(ours: Callable[[], object], rival: Callable[[], object]) -> tuple[float, float]:
    """The best of some turns, taken alternately: what disturbs the machine disturbs both."""
    ours()
    rival()
    turns = [(_timed(ours), _timed(rival)) for _ in range(5)]
    return min(mine for mine, _ in turns), min(other for _, other in turns)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
