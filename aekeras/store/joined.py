"""The codes of all shards as one table, read in blocks and samples, never as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from aekeras.errors import InputError

Codes = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

_BLOCK = 65_536


class Shard(Protocol):
    """A table of codes, read by position."""

    def __len__(self) -> int: ...

    def __getitem__(self, positions: Positions, /) -> Codes: ...


Shards: TypeAlias = Codes | Sequence[Shard]


class JoinedCodes:
    """One table, shape (N, D), float32: the shards one after another.

    Attributes:
        code_dim: D.
        starts: The position of the first code of each shard, and behind the last one.
    """

    def __init__(self, codes: Shards, code_dim: int | None = None) -> None:
        """Joins an array, or shards; without `code_dim`, it is asked of the first code.

        Raises:
            InputError: There are no codes to ask.
        """
        self._shards: list[Shard] = [codes] if isinstance(codes, np.ndarray) else list(codes)
        self.starts = np.cumsum([0, *(len(shard) for shard in self._shards)])
        self.code_dim = self._width() if code_dim is None else code_dim

    def __len__(self) -> int:
        return int(self.starts[-1])

    def __getitem__(self, positions: Positions) -> Codes:
        """The codes at positions, shape (len(positions), D)."""
        rows = np.empty((len(positions), self.code_dim), np.float32)
        owners = np.searchsorted(self.starts, positions, side="right") - 1
        for owner in np.unique(owners):
            here = owners == owner
            rows[here] = self._shards[owner][positions[here] - self.starts[owner]]
        return rows

    def _width(self) -> int:
        full = next((shard for shard in self._shards if len(shard)), None)
        if full is None:
            raise InputError("Expected codes to search. Received: none. Add pictures to the index.")
        return full[np.zeros(1, np.int64)].shape[1]

    def blocks(self) -> Iterator[tuple[int, Codes]]:
        """The first position of each block, and its codes."""
        for start in range(0, len(self), _BLOCK):
            yield start, self[np.arange(start, min(start + _BLOCK, len(self)))]

    def sample(self, count: int, seed: int) -> Codes:
        """Up to `count` codes, drawn at random, in their order."""
        return self[sampled(len(self), count, seed)]


def sampled(total: int, count: int, seed: int) -> Positions:
    """Up to `count` of the positions below `total`, drawn at random, ascending."""
    drawn = np.random.default_rng(seed).choice(total, min(count, total), replace=False)
    return np.sort(drawn).astype(np.int64)
