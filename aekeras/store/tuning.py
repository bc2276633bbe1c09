"""How thoroughly a search structure has to search: found by measuring it against exact search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from aekeras.store.joined import Codes, JoinedCodes, sampled
from aekeras.store.kinds import searched
from aekeras.store.records import NEIGHBORS

TARGET_RECALL = 0.95
# The recall of 256 queries is right to about 0.005: twice that is the margin.
_QUERIES = 256
_MARGIN = 0.01
# So much must the candidates allow when everything is searched. Of 1,000,000 codes, re-scoring twice as many takes
# some 0.02 ms per query; with a ceiling of 0.975, twice as many lists had to be searched, for 0.2 ms.
_CEILING = 0.99
# Where they allow less, searching on to the last list would cost more than exact search, and gain little.
_NEARLY = 0.98
_CANDIDATES = (2, 4, 8, 16, 32, 64)
_MOST_THOROUGH = 2048
# FAISS compares many queries by |x|^2 + |y|^2 - 2xy, in which small distances drown: so many more are compared anew.
_SPARE = 16


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """The cheapest way of searching that finds enough, see StructureFacts."""

    parameter: str
    recall: float
    candidates: int


def tuned(index: Any, codes: JoinedCodes, ids: npt.NDArray[np.int64], seed: int) -> Tuning:
    """The least thorough search whose recall is TARGET_RECALL with some margin, or nearly what can be had.

    Args:
        index: The filled FAISS index; what is found is set in it, too.
        codes: What it was filled with.
        ids: Their ids, shape (N,).
        seed: Of the queries.
    """
    measure = _Measure(index, codes, ids, seed)
    name, values = _choices(index)
    measure.search_with(name, values[-1])
    ceilings = measure.recalls(_CANDIDATES)
    enough = next((at for at, recall in enumerate(ceilings) if recall >= _CEILING), len(ceilings) - 1)
    goal = min(TARGET_RECALL + _MARGIN, _NEARLY * ceilings[enough])
    # A graph searched for so many codes is searched at least as thoroughly.
    least = _CANDIDATES[enough] * NEIGHBORS if name == "efSearch" else 0
    for value in (value for value in values if value >= least):
        measure.search_with(name, value)
        (recall,) = measure.recalls(_CANDIDATES[enough : enough + 1])
        if recall >= goal:
            break
    parameter = f"{name}={value}" if name else ""
    return Tuning(parameter=parameter, recall=recall, candidates=_CANDIDATES[enough])


def _choices(index: Any) -> tuple[str, list[int]]:
    """The parameter that is tuned, and its values, ascending; "" and one value where there is none."""
    found = searched(index)
    if isinstance(found, faiss.IndexIVF):
        return "nprobe", _steps(found.nlist)
    if isinstance(found, faiss.IndexHNSW):
        return "efSearch", _steps(_MOST_THOROUGH)
    return "", [0]


def _steps(most: int) -> list[int]:
    """1, 2, 3, 4, 6, 8, 12, 16, ... and `most`."""
    steps = {step for power in range(most.bit_length()) for step in (2**power, 3 * 2**power // 2)}
    return [*sorted(step for step in steps if step < most), most]


def new_queries(codes: JoinedCodes, seed: int) -> Codes:
    """Codes a fifth of the way to others, shape (Q, D)."""
    rows = sampled(len(codes), _QUERIES, seed + 1)
    others = np.random.default_rng(seed + 2).integers(len(codes), size=len(rows))
    return (0.8 * codes[rows] + 0.2 * codes[others]).astype(np.float32)


class _Measure:
    """Recall of the nearest codes, over queries that are none of them.

    A query is a code on its way to another one: a new picture lies between those that are known. By the codes
    themselves recall came out up to .07 higher than by new ones.
    """

    def __init__(self, index: Any, codes: JoinedCodes, ids: npt.NDArray[np.int64], seed: int) -> None:
        self._index, self._codes = index, codes
        self._queries = new_queries(codes, seed)
        self._order = np.argsort(ids, kind="stable")
        self._ids = ids[self._order]
        self._k = min(NEIGHBORS, len(codes))
        self._farthest = self._exact()[:, self._k - 1 : self._k]

    def search_with(self, name: str, value: int) -> None:
        if name:
            faiss.ParameterSpace().set_index_parameter(self._index, name, value)

    def recalls(self, candidates: tuple[int, ...]) -> list[float]:
        """The recall for each number of candidates per neighbor (ascending)."""
        most = min(candidates[-1] * NEIGHBORS, len(self._codes))
        _, found = self._index.search(self._queries, most)
        distances = self._distances(found)
        hits = (distances <= self._farthest).cumsum(axis=1)
        ends = [min(count * NEIGHBORS, most) - 1 for count in candidates]
        return [float(np.minimum(hits[:, end], self._k).mean() / self._k) for end in ends]

    def _distances(self, found: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Squared distances of ids found, infinite for none; shape as found."""
        places = np.searchsorted(self._ids, found).clip(max=len(self._ids) - 1)
        positions = self._order[places]
        # One query at a time: the codes of all candidates of all queries could be a gigabyte.
        rows = zip(positions, self._queries, strict=True)
        distances = np.stack([_squared(self._codes[near], query) for near, query in rows])
        distances[found < 0] = np.inf
        return distances

    def _exact(self) -> npt.NDArray[np.float64]:
        """Squared distances of the nearest codes, ascending."""
        nearest = np.full((len(self._queries), 0), np.inf)
        for _, block in self._codes.blocks():
            _, near = faiss.knn(self._queries, block, min(self._k + _SPARE, len(block)))
            distances = _squared(block[near], self._queries[:, None])
            nearest = np.sort(np.concatenate([nearest, distances], axis=1), axis=1)[:, : self._k]
        return nearest


def _squared(codes: Codes, query: Codes) -> npt.NDArray[np.float64]:
    return np.square(codes.astype(np.float64) - query).sum(axis=-1)
