"""The codes and their ids, in FAISS: written once, searched exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from aekeras.artefacts import shown_path, sync
from aekeras.errors import InputError
from aekeras.index.manifest import REBUILD

Codes = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

# Where that is faster, FAISS computes |x|^2 + |y|^2 - 2xy, in which small distances drown in rounding.
# Whoever selects codes gets |x - y|^2; here all are selected.
_DIRECTLY = faiss.SearchParameters(sel=faiss.IDSelectorAll())  # type: ignore[call-arg]  # not in its stubs
# FAISS ranks in float32; so many more let equal and nearly equal distances be put in their right order.
_SPARE = 16
# Mapped into memory where this FAISS can: opening does not read the codes.
_MAPPED = getattr(faiss, "IO_FLAG_MMAP_IFC", 0)


def checked_codes(codes: npt.ArrayLike, code_dim: int | None = None) -> Codes:
    """The codes as float32, shape (N, D).

    Raises:
        InputError: They have another shape, or a number that is not finite.
    """
    array = np.ascontiguousarray(codes, dtype=np.float32)
    wanted = "D" if code_dim is None else code_dim
    if array.ndim != 2 or array.shape[1] == 0 or (code_dim is not None and array.shape[1] != code_dim):
        raise InputError(
            f"Expected codes of shape (N, {wanted}). Received: shape {array.shape}. "
            f"Encode with the model that made the index."
        )
    if not np.isfinite(array).all():
        row = int(np.argmin(np.isfinite(array).all(axis=1)))
        raise InputError(f"Expected finite codes. Received: NaN or infinity in row {row}. Train the model anew.")
    return array


def write_codes(path: Path, codes: Codes, ids: Ids) -> None:
    """Writes a new file of codes, synced.

    Raises:
        OSError: The disk is full, or the place cannot be written.
    """
    # IndexIDMap2 would read codes by id, at the price of a hash table of all ids at every opening.
    index = faiss.IndexIDMap(faiss.IndexFlatL2(codes.shape[1]))
    index.add_with_ids(codes, ids)
    # FAISS's own writer does not notice a disk that fills up when the file is closed.
    with path.open("wb") as file:
        writer = faiss.PyCallbackIOWriter(file.write)  # type: ignore[attr-defined]  # not in its stubs
        faiss.write_index(index, writer)
    sync(path)


class CodeTable:
    """The codes of an index.

    Attributes:
        ids: Shape (N,), int64, ascending.
    """

    def __init__(self, path: Path, count: int, code_dim: int) -> None:
        """Opens the file.

        Raises:
            InputError: The file is damaged.
        """
        try:
            index: Any = faiss.read_index(str(path), _MAPPED)
        except (RuntimeError, MemoryError) as error:
            raise _damaged(path, "FAISS cannot read it") from error
        _check(path, index, (count, code_dim))
        self.ids: Ids = faiss.vector_to_array(index.id_map)
        if not (np.diff(self.ids) > 0).all():
            raise _damaged(path, "its ids are out of order")
        self._owner = index  # It owns the memory of the next.
        self._flat = faiss.downcast_index(index.index)

    def __getitem__(self, positions: npt.ArrayLike) -> Codes:
        """The codes at positions (not ids), shape (len(positions), D)."""
        return self._flat.reconstruct_batch(np.asarray(positions, dtype=np.int64))

    def search(self, query: Codes, k: int) -> list[tuple[Ids, npt.NDArray[np.float64]]]:
        """The ids of the k nearest codes of each query with their distances, nearest first, ties by id.

        Args:
            query: Shape (Q, D).
            k: From 1 to the size of the index.
        """
        _, candidates = self._flat.search(query, min(k + _SPARE, len(self.ids)), params=_DIRECTLY)
        return [self._ranked(code, near, k) for code, near in zip(query, candidates, strict=True)]

    def _ranked(self, code: Codes, candidates: Ids, k: int) -> tuple[Ids, npt.NDArray[np.float64]]:
        positions = np.sort(candidates[candidates >= 0])
        differences = self[positions].astype(np.float64) - code
        distances = np.sqrt(np.square(differences).sum(axis=1))
        order = np.argsort(distances, kind="stable")[:k]
        return self.ids[positions[order]], distances[order]


def _check(path: Path, index: Any, shape: tuple[int, int]) -> None:
    inner = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexIDMap) else None
    if not isinstance(inner, faiss.IndexFlat) or inner.metric_type != faiss.METRIC_L2:
        raise _damaged(path, "it holds another kind of codes")
    found = (index.ntotal, index.d)
    if found != shape or (inner.ntotal, inner.d) != shape or index.id_map.size() != shape[0]:
        raise _damaged(path, f"it holds codes of shape {found} where the manifest says {shape}")


def _damaged(path: Path, reason: str) -> InputError:
    return InputError(
        f"Expected the codes of an index. Received: {shown_path(path)}, which is damaged ({reason}). {REBUILD}"
    )
