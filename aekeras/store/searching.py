"""Which codes are nearest, within a distance, or farthest: exactly, whatever FAISS rounds away.

FAISS ranks in float32; for many queries at once it computes |x|^2 + |y|^2 - 2xy by matrix products, fast, but small
distances drown in rounding. So it only proposes; what it proposes is measured again as |x - y| in float64, and where
rounding could have hidden a nearer code, the question is asked again the slow way.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from aekeras.store.codes import Block, Codes, CodeTable, Ids, Rows

Distances = npt.NDArray[np.float64]

# So many more are proposed than wanted: equal and nearly equal distances get their right order.
_SPARE = 16
# For a few queries, FAISS takes twice as long where no codes are selected.
_SELECTED = faiss.SearchParameters(sel=faiss.IDSelectorAll())  # type: ignore[call-arg]  # not in its stubs
_UNIT = 2.0**-24  # of rounding, float32
_FARTHEST = 1e100  # farther than any two codes are
_LEAST, _MOST = (float(limit) for limit in (np.finfo(np.float32).tiny, np.finfo(np.float32).max))


@dataclass(frozen=True, eq=False)
class Found:
    """What was found for one query.

    Attributes:
        ids: Shape (n,), int64.
        distances: Shape (n,), float64: Euclidean distances of the codes, in the units of the loss.
    """

    ids: Ids
    distances: Distances

    def at(self, rows: Sequence[int] | npt.NDArray[np.intp] | slice) -> Found:
        """The same of some rows only."""
        return Found(self.ids[rows], self.distances[rows])

    def first(self, count: int | None) -> Found:
        """At most so many; all for None."""
        return self.at(slice(count))

    def up_to(self, distance: float | None) -> Found:
        """Only what is as near; all for None."""
        return self if distance is None else self.at(np.flatnonzero(self.distances <= distance))


def nearest(table: CodeTable, query: Codes, k: int, rows: Rows | None = None) -> list[Found]:
    """The k nearest codes of each query, nearest first, equally near ones in the order of their ids.

    Args:
        table: The codes.
        query: Shape (Q, D).
        k: At least 1.
        rows: Search these rows only, ascending.
    """
    count = len(table) if rows is None else len(rows)
    if k + _SPARE >= count:
        everything = np.arange(len(table)) if rows is None else rows
        return [ranked(table, code, everything, k) for code in query]
    blocks = list(table.blocks(rows))
    proposed, reach = _proposed(blocks, query, k + _SPARE)
    found = all_ranked(table, query, proposed, k)
    directly = len(query) < faiss.cvar.distance_compute_blas_threshold
    for i, one in enumerate(found):
        if not _is_certain(query[i], one, reach[i], directly=directly):
            (all_as_near,) = within(table, query[i : i + 1], float(one.distances[-1]), rows)
            found[i] = all_as_near.first(k)
    return found


def within(table: CodeTable, query: Codes, radius: float, rows: Rows | None = None) -> list[Found]:
    """All codes up to a distance from each query, nearest first, equally near ones in the order of their ids."""
    longest = float(np.linalg.norm(query, axis=1).max(initial=0.0))
    reach = min(radius, _FARTHEST)
    limit = min(reach**2 + _rounding(longest, reach, table.code_dim), _MOST)
    parts: list[list[Rows]] = [[] for _ in query]
    for block in table.blocks(rows):
        ends, _, positions = block.flat.range_search(query, limit)
        for i, part in enumerate(parts):
            part.append(block.rows_at(positions[int(ends[i]) : int(ends[i + 1])]))
    found = all_ranked(table, query, [_joined(part) for part in parts])
    return [one.up_to(radius) for one in found]


def farthest(table: CodeTable, query: Codes, k: int, rows: Rows | None = None) -> list[Found]:
    """The k farthest codes of each query, farthest first, equally far ones in the order of their ids."""
    kept: list[list[Found]] = [[] for _ in query]
    for block in table.blocks(rows):
        for i, code in enumerate(query):
            kept[i].append(ranked(table, code, block.rows_at(np.arange(len(block))), k, farthest_first=True))
    return [_merged_farthest(parts, k) for parts in kept]


def all_ranked(table: CodeTable, query: Codes, rows: Sequence[Rows], k: int | None = None) -> list[Found]:
    """The rows of each query by the exact distances of their codes, at most k of them."""
    if not rows:
        return []
    codes = table[_joined(rows)]
    ends = np.cumsum([len(of_one) for of_one in rows])[:-1]
    parts = zip(query, rows, np.split(codes, ends), strict=True)
    return [_by_distance(table.ids[of_one], code, known, k) for code, of_one, known in parts]


def ranked(table: CodeTable, code: Codes, rows: Rows, k: int | None = None, *, farthest_first: bool = False) -> Found:
    """The rows by the exact distances of their codes, at most k of them."""
    return _by_distance(table.ids[rows], code, table[rows], k, farthest_first=farthest_first)


def _by_distance(ids: Ids, code: Codes, known: Codes, k: int | None, *, farthest_first: bool = False) -> Found:
    distances = np.sqrt(np.square(known.astype(np.float64) - code).sum(axis=1))
    order = np.lexsort((ids, -distances if farthest_first else distances))[:k]
    return Found(ids[order], distances[order])


def _proposed(blocks: Sequence[Block], query: Codes, count: int) -> tuple[list[Rows], npt.NDArray[np.float32]]:
    """The rows that FAISS counts as nearest, and the squared distance from which on there may be others."""
    selected = _SELECTED if len(query) < faiss.cvar.distance_compute_blas_threshold else None

    def search(block: Block) -> tuple[Rows, npt.NDArray[np.float32]]:
        squares, positions = block.flat.search(query, min(count, len(block)), params=selected)
        return block.rows_at(positions), squares

    if len(query) == 1 and len(blocks) > 1:  # for one query, FAISS takes one core
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = list(pool.map(search, blocks))
    else:
        answers = [search(block) for block in blocks]
    rows = np.concatenate([answer[0] for answer in answers], axis=1)
    squares = np.concatenate([answer[1] for answer in answers], axis=1)
    order = np.argpartition(squares, count - 1, axis=1)[:, :count]
    near = np.take_along_axis(rows, order, axis=1)
    return list(near), np.take_along_axis(squares, order, axis=1).max(axis=1)


def _is_certain(code: Codes, found: Found, reach: float, *, directly: bool) -> bool:
    """Whether no code outside of the proposals can be as near as the last that was found.

    Such a code y has |x - y| <= d, so |y| <= |x| + d, and FAISS's squared distance of it is at most d^2 and the
    rounding; but all that it did not propose are at `reach` or beyond.
    """
    last = float(found.distances[-1])
    norm = 0.0 if directly else float(np.linalg.norm(code))
    return last**2 + _rounding(norm, last, len(code)) < reach


def _rounding(norm: float, distance: float, code_dim: int) -> float:
    """At most this is what rounding does to |x|^2 + |y|^2 - 2xy with |x| = norm, |y| <= norm + distance.

    With a norm of 0 it is what rounding does to the sum of squared differences. What is smaller than `_LEAST` may
    be rounded to nothing.
    """
    return (code_dim + 4) * (_UNIT * (2 * norm + distance) ** 2 + _LEAST)


def _joined(parts: Iterable[Rows]) -> Rows:
    return np.concatenate([np.empty(0, np.int64), *parts])


def _merged_farthest(parts: Sequence[Found], k: int) -> Found:
    ids = _joined(part.ids for part in parts)
    distances = np.concatenate([np.empty(0), *(part.distances for part in parts)])
    order = np.lexsort((ids, -distances))[:k]
    return Found(ids[order], distances[order])
