"""The search structure of a large index: it finds the candidates, which are then measured by their codes.

It is built from the stored codes and can be built anew at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from aekeras.artefacts import shown_path, sync
from aekeras.errors import InputError
from aekeras.stderr import held_back
from aekeras.store.kinds import check_kind, reason, refused
from aekeras.store.rows import Rows, Shards
from aekeras.store.tuning import NEIGHBORS, tuned

Ids = npt.NDArray[np.int64]

# Mapped into memory where this FAISS can: opening reads next to nothing. The other flag, IO_FLAG_MMAP, maps
# inverted lists only, and both together are refused.
_MAPPED = getattr(faiss, "IO_FLAG_MMAP_IFC", 0)
# k-means wants some 40 to 256 codes for each centroid.
_PER_LIST = 64
_FEWEST, _MOST = 65_536, 1_048_576


@dataclass(frozen=True, kw_only=True)
class StructureFacts:
    """What was found out about a structure when it was built.

    Attributes:
        kind: FAISS factory string.
        parameter: How thoroughly it searches, as in "nprobe=16"; empty where there is no such choice.
        recall: Share of the 10 nearest codes that are found, measured after re-scoring, 0 to 1.
        count: Codes in it.
        candidates: How many of them are re-scored for each neighbor wanted.
    """

    kind: str
    parameter: str
    recall: float
    count: int
    candidates: int

    def wanted(self, k: int) -> int:
        """How many candidates to ask for to get k neighbors with this recall."""
        return self.candidates * max(k, NEIGHBORS)


class Structure:
    """An opened structure."""

    def __init__(self, path: Path, facts: StructureFacts) -> None:
        """Opens the file.

        Raises:
            InputError: The file is damaged.
        """
        try:
            self._index: Any = faiss.read_index(str(path), _MAPPED)
            if facts.parameter:
                faiss.ParameterSpace().set_index_parameters(self._index, facts.parameter)
        except (RuntimeError, MemoryError) as error:
            raise _damaged(path, "FAISS cannot read it") from error
        if self._index.ntotal != facts.count:
            raise _damaged(path, f"it holds {self._index.ntotal} codes where the manifest says {facts.count}")
        self.facts = facts

    def suits(self, k: int) -> bool:
        """Whether it pays to ask for candidates: for a good part of all codes, measuring all is as fast."""
        return 8 * self.facts.wanted(k) < self.facts.count

    def candidates(self, query: npt.NDArray[np.float32], count: int) -> Ids:
        """The ids of what is probably near, the probably nearest first.

        Args:
            query: Shape (Q, D), float32.
            count: How many for each query.

        Returns:
            Shape (Q, count), int64; -1 where there are no more.
        """
        found = np.full((len(query), count), -1, np.int64)
        most = min(count, self.facts.count)
        if len(query) and most:
            found[:, :most] = self._index.search(query, most)[1]
        return found


def build_structure(path: Path, kind: str, codes: Shards, ids: Ids, seed: int = 0) -> StructureFacts:
    """Writes a new file with a structure over the codes, synced.

    Args:
        path: The file.
        kind: FAISS factory string.
        codes: Shape (N, D), float32, or shards that make such a table one after another; read in blocks.
        ids: Their ids, shape (N,).
        seed: Of the codes that it is trained on, and of those whose neighbors measure it.

    Raises:
        InputError: FAISS cannot build this kind from these codes.
        OSError: The disk is full, or the place cannot be written.
    """
    rows = Rows(codes)
    check_kind(kind, rows.code_dim)
    try:
        # FAISS says on stderr that it would like more codes to be trained on.
        with held_back(RuntimeError, MemoryError):
            index = _filled(_trained(kind, rows, seed), rows, ids)
    except (RuntimeError, MemoryError) as error:
        raise refused(kind, rows.code_dim, f"for {len(rows)} codes: {reason(error)}") from error
    found = tuned(index, rows, ids, seed)
    _write(path, index)
    return StructureFacts(
        kind=kind, parameter=found.parameter, recall=found.recall, count=len(rows), candidates=found.candidates
    )


def _trained(kind: str, rows: Rows, seed: int) -> Any:
    index = faiss.index_factory(rows.code_dim, kind)
    if not index.is_trained:
        index.train(rows.sample(_training_size(index), seed))
    return index


def _training_size(index: Any) -> int:
    lists = faiss.try_extract_index_ivf(index)
    return min(max(_FEWEST, _PER_LIST * lists.nlist if lists else 0), _MOST)


def _filled(index: Any, rows: Rows, ids: Ids) -> Any:
    index = index if _takes_ids(index) else faiss.IndexIDMap(index)
    for start, block in rows.blocks():
        index.add_with_ids(block, ids[start : start + len(block)])
    return index


def _takes_ids(index: Any) -> bool:
    try:
        index.add_with_ids(np.empty((0, index.d), np.float32), np.empty(0, np.int64))
    except RuntimeError:
        return False
    return True


def _write(path: Path, index: Any) -> None:
    # FAISS's own writer does not notice a disk that fills up when the file is closed.
    with path.open("wb") as file:
        writer = faiss.PyCallbackIOWriter(file.write)  # type: ignore[attr-defined]  # not in its stubs
        faiss.write_index(index, writer)
    sync(path)


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        f"Expected a search structure. Received: {shown_path(path)}, which is damaged ({why}). Build the index anew."
    )
