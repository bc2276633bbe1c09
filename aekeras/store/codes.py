"""The codes and their ids on the disk: shards in FAISS's own format, each written once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from aekeras.artefacts import shown_path
from aekeras.errors import InputError
from aekeras.store.faiss_files import MAPPED, write_faiss
from aekeras.store.joined import JoinedCodes
from aekeras.store.records import REBUILD

Codes = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]
"""Places of codes in the order in which the shards hold them, from 0."""

SHARD = 65_536
"""Codes per file: 16 MiB of 64 numbers are rewritten in a moment, and searched without a seam."""

# The square of the largest distance between two codes must not exceed float32.
_LONGEST = 1e18


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
    with np.errstate(over="ignore", invalid="ignore"):
        fit = np.sqrt(np.einsum("nd,nd->n", array, array)) < _LONGEST
    if not fit.all():
        row = int(np.argmin(fit))
        what = f"a length above {_LONGEST:g}" if np.isfinite(array[row]).all() else "NaN or infinity"
        raise InputError(f"Expected finite codes. Received: {what} in row {row}. Train the model anew.")
    return array


def write_shard(path: Path, codes: Codes, ids: Ids) -> None:
    """Writes a new file of codes, synced.

    Raises:
        OSError: The disk is full, or the place cannot be written.
    """
    # IndexIDMap2 would read codes by id, at the price of a hash table of all ids at every opening.
    index = faiss.IndexIDMap(faiss.IndexFlatL2(codes.shape[1]))
    index.add_with_ids(codes, ids)
    write_faiss(path, index)


@dataclass(frozen=True, eq=False)
class Block:
    """Codes that are searched in one go.

    Attributes:
        flat: They, as FAISS searches them one by one.
        start: The row of the first, where they are a stretch of the table.
        rows: Their rows, shape (n,), where they are not.
    """

    flat: Any
    start: int = 0
    rows: Rows | None = None

    def __len__(self) -> int:
        return self.flat.ntotal

    def rows_at(self, positions: Rows) -> Rows:
        """The rows of the codes at positions in this block."""
        return positions + self.start if self.rows is None else self.rows[positions]


class Shard:
    """A file of codes.

    Attributes:
        ids: Shape (n,), int64.
    """

    def __init__(self, path: Path, code_dim: int) -> None:
        """Opens the file.

        Raises:
            InputError: The file is damaged.
        """
        try:
            index: Any = faiss.read_index(str(path), MAPPED)
        except (RuntimeError, MemoryError) as error:
            raise _damaged(path, "FAISS cannot read it") from error
        _check(path, index, code_dim)
        self.ids: Ids = faiss.vector_to_array(index.id_map)
        self._owner = index  # It owns the memory of the next two.
        self.flat = faiss.downcast_index(index.index)
        values = self.flat.get_xb()  # type: ignore[attr-defined]  # it is a flat index
        self._codes = faiss.rev_swig_ptr(values, self.flat.ntotal * code_dim).reshape(-1, code_dim)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, positions: Rows) -> Codes:
        """The codes at positions in this file, shape (len(positions), D)."""
        return self._codes[positions]


class CodeTable:
    """The codes of an index: its shards, one after the other.

    Attributes:
        code_dim: D, numbers per code.
        ids: The id of each row, shape (N,), int64.
    """

    def __init__(self, paths: Sequence[Path], code_dim: int) -> None:
        """Opens the files.

        Raises:
            InputError: One is damaged.
        """
        self.code_dim = code_dim
        self._shards = [Shard(path, code_dim) for path in paths]
        self.ids: Ids = np.concatenate([np.empty(0, np.int64), *(shard.ids for shard in self._shards)])
        self._joined = JoinedCodes(self._shards, code_dim)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def by_id(self) -> Rows:
        """The rows in the order of their ids."""
        return np.arange(len(self)) if self._ascending else np.argsort(self.ids)

    @cached_property
    def _ascending(self) -> bool:
        return bool((self.ids[1:] > self.ids[:-1]).all())

    def rows_of(self, ids: npt.ArrayLike) -> Rows:
        """The row of each id; -1 where the index has no such id."""
        wanted = np.asarray(ids, dtype=np.int64)
        if not len(self):
            return np.full(wanted.shape, -1)
        places = np.searchsorted(self.ids, wanted, sorter=None if self._ascending else self.by_id)
        rows = np.minimum(places, len(self) - 1)
        rows = rows if self._ascending else self.by_id[rows]
        return np.where(self.ids[rows] == wanted, rows, -1)

    def __getitem__(self, rows: npt.ArrayLike) -> Codes:
        """The codes of rows, shape (len(rows), D)."""
        return self._joined[np.asarray(rows, dtype=np.int64)]

    def blocks(self, rows: Rows | None = None) -> Iterator[Block]:
        """The codes to search in, block by block; whole shards as they lie on the disk, parts of them as copies.

        Args:
            rows: Only these, ascending; all where there are none named.
        """
        for shard, start in zip(self._shards, self._joined.starts.tolist(), strict=False):
            first, last = (0, len(shard)) if rows is None else np.searchsorted(rows, (start, start + len(shard)))
            if last - first == len(shard):
                yield Block(shard.flat, start=start)
            elif rows is not None and last > first:
                part = faiss.IndexFlatL2(self.code_dim)
                part.add(shard[rows[first:last] - start])
                yield Block(part, rows=rows[first:last])


def _check(path: Path, index: Any, code_dim: int) -> None:
    inner = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexIDMap) else None
    if not isinstance(inner, faiss.IndexFlat) or inner.metric_type != faiss.METRIC_L2:
        raise _damaged(path, "it holds another kind of codes")
    count = index.id_map.size()
    if (index.d, inner.d) != (code_dim, code_dim) or (index.ntotal, inner.ntotal) != (count, count):
        raise _damaged(
            path, f"its codes have {index.d} numbers where the manifest says {code_dim}, or some are missing"
        )


def _damaged(path: Path, reason: str) -> InputError:
    return InputError(
        f"Expected the codes of an index. Received: {shown_path(path)}, which is damaged ({reason}). {REBUILD}"
    )
