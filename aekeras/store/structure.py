"""The search structure of a large index: it finds the candidates, which are then measured by their codes.

It is built from the stored codes and can be built anew at any time.
"""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from aekeras.artefacts import shown_path
from aekeras.errors import InputError
from aekeras.stderr import held_back
from aekeras.store.faiss_files import MAPPED, write_faiss
from aekeras.store.joined import JoinedCodes, Shards
from aekeras.store.kinds import check_kind, reason, refused, searched
from aekeras.store.records import NEIGHBORS, StructureFacts
from aekeras.store.tuning import tuned

Ids = npt.NDArray[np.int64]

# PQ's tables would take more memory than the codes (128 MB with 41 MB of PQ32) and save no time that could be measured.
_OPENED = MAPPED | faiss.IO_FLAG_SKIP_PRECOMPUTE_TABLE
# k-means wants some 40 to 256 codes for each centroid. 64 train 4,096 lists in ten seconds; for PQ they are four
# times as fast as FAISS's 256, with the same recall.
_PER_CENTROID = 64
_FEWEST, _MOST = 65_536, 1_048_576


class Structure:
    """An opened structure."""

    def __init__(self, path: Path, facts: StructureFacts) -> None:
        """Opens the file.

        Raises:
            InputError: The file is damaged.
        """
        self.facts = facts
        self._lock = threading.Lock()
        try:
            self._index: Any = faiss.read_index(str(path), _OPENED)
            self._search_for(0)
        except (RuntimeError, MemoryError, ValueError) as error:
            raise _damaged(path, "FAISS cannot read it") from error
        if self._index.ntotal != facts.count:
            raise _damaged(path, f"it holds {self._index.ntotal} codes where the manifest says {facts.count}")

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
            with self._lock:  # how thoroughly it searches is a property of the index, for all threads
                self._search_for(most)
                found[:, :most] = self._index.search(query, most)[1]
        return found

    def _search_for(self, count: int) -> None:
        """Sets how thoroughly to search for so many candidates: as tuned, and more so for more than were wanted then.

        The recall of 100 neighbors among 300,000 codes is then that of 10, or above.
        """
        name, _, text = self.facts.parameter.partition("=")
        if not name:
            return
        value = int(text)
        if name == "efSearch":
            value = max(value, count)
        elif name == "nprobe":
            value = math.ceil(value * math.sqrt(max(1.0, count / (self.facts.wanted(NEIGHBORS)))))
        faiss.ParameterSpace().set_index_parameter(self._index, name, value)


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
    table = JoinedCodes(codes)
    check_kind(kind, table.code_dim)
    try:
        # FAISS says on stderr that it would like more codes to be trained on.
        with held_back(RuntimeError, MemoryError):
            index = _filled(_trained(kind, table, seed), table, ids)
            found = tuned(index, table, ids, seed)
    except (RuntimeError, MemoryError) as error:
        raise refused(kind, table.code_dim, f"from {len(table)} codes: {reason(error)}") from error
    write_faiss(path, index)
    facts = StructureFacts(
        kind=kind, parameter=found.parameter, recall=found.recall, count=len(table), candidates=found.candidates
    )
    try:
        Structure(path, facts)  # FAISS writes some kinds that it cannot read
    except InputError as error:
        raise refused(kind, table.code_dim, "FAISS writes it, and cannot read it") from error
    return facts


def _trained(kind: str, codes: JoinedCodes, seed: int) -> Any:
    index = faiss.index_factory(codes.code_dim, kind)
    lists = searched(index)
    if isinstance(lists, faiss.IndexIVFPQ):
        lists.pq.cp.max_points_per_centroid = _PER_CENTROID
    if not index.is_trained:
        wanted = _PER_CENTROID * getattr(lists, "nlist", 0)
        index.train(codes.sample(min(max(wanted, _FEWEST), _MOST), seed))
    return index


def _filled(index: Any, codes: JoinedCodes, ids: Ids) -> Any:
    index = index if _takes_ids(index) else faiss.IndexIDMap(index)
    for start, block in codes.blocks():
        index.add_with_ids(block, ids[start : start + len(block)])
    return index


def _takes_ids(index: Any) -> bool:
    try:
        index.add_with_ids(np.empty((0, index.d), np.float32), np.empty(0, np.int64))
    except RuntimeError:
        return False
    return True


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        f"Expected a search structure. Received: {shown_path(path)}, which is damaged ({why}). "
        "Run `aekeras index rebuild`, or `aekeras index rebuild --kind auto`."
    )
