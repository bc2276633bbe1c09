"""The codes of the next generation: shards that stay, and new ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np

from aekeras.store.codes import SHARD, Codes, Ids, Shard, write_shard


class CodeDraft:
    """Shards in the making.

    A shard from which nothing goes, and that is at least half full, stays as it is; the others are written anew.

    Attributes:
        added: How many codes have come.
    """

    def __init__(
        self, base: Sequence[Path], code_dim: int, new_path: Callable[[], Path], check: Callable[[Path], None]
    ) -> None:
        """Begins with the shards of the last generation.

        Args:
            base: The shards.
            code_dim: Numbers per code.
            new_path: Names a new file.
            check: Passes when a shard is as it was written; asked before codes of it are written anew.
        """
        self._base = list(base)
        self._code_dim = code_dim
        self._new_path = new_path
        self._check = check
        self._waiting: list[tuple[Codes, Ids]] = []
        self._written: list[Path] = []
        self.added = 0

    def add(self, codes: Codes, ids: Ids) -> None:
        """Adds codes; what fills a shard goes to the disk.

        Raises:
            OSError: The disk is full, or the place cannot be written.
        """
        self.added += len(ids)
        self._waiting.append((codes, ids))
        while sum(len(part) for _, part in self._waiting) >= SHARD:
            self._write_one()

    def finish(self, removed: Collection[int], *, merge: bool = False) -> list[Path]:
        """The shards without the removed ids.

        Args:
            removed: Ids of codes that go.
            merge: Write half-empty shards together although nothing was added or removed.

        Raises:
            InputError: A shard that has to be written anew is damaged.
            OSError: The disk is full, or the place cannot be written.
        """
        if not (removed or self.added or merge):
            return self._base
        gone = np.fromiter(removed, np.int64, len(removed))
        fresh, self._written = self._written, []
        late, self._waiting = self._waiting, []
        stay = []
        for path in (*self._base, *fresh):
            shard = Shard(path, self._code_dim)
            live = ~np.isin(shard.ids, gone)
            if live.all() and 2 * len(shard) > SHARD:
                stay.append(path)
            else:
                self._check(path)
                self.add(shard[np.flatnonzero(live)], shard.ids[live])
        for codes, ids in late:
            live = ~np.isin(ids, gone)
            self.add(codes[live], ids[live])
        while any(len(ids) for _, ids in self._waiting):
            self._write_one()
        return [*stay, *self._written]

    def _write_one(self) -> None:
        codes = np.concatenate([part for part, _ in self._waiting])
        ids = np.concatenate([part for _, part in self._waiting])
        path = self._new_path()
        write_shard(path, codes[:SHARD], ids[:SHARD])
        self._written.append(path)
        self._waiting = [(codes[SHARD:], ids[SHARD:])]
