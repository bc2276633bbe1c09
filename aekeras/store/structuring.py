"""Whether an index needs a search structure, which one, and when it is built anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aekeras.errors import InputError
from aekeras.store.codes import Shard
from aekeras.store.kinds import choose_kind
from aekeras.store.records import Settings, StoredFile, Structured
from aekeras.store.structure import build_structure

# Later codes are searched one by one, and those that are gone are found in vain, up to these shares.
_MOST_LATER = 0.2
_MOST_GONE = 0.5


@dataclass(frozen=True, kw_only=True)
class StructurePlan:
    """What is wanted of the search structure.

    Attributes:
        settings: What the user wants.
        code_dim: Numbers per code.
        below: No id is as large yet.
        former: The structure so far.
        strict: The kind was asked for just now: where it cannot be had, say so. Otherwise codes are then searched one
            by one, so that nobody is kept from removing the last pictures of an index of many lists.
    """

    settings: Settings
    code_dim: int
    below: int
    former: Structured | None
    strict: bool

    def carried_out(self, codes: Sequence[Path], path: Path) -> Structured | None:
        """The structure over the codes of these files; None where they are searched one by one.

        Args:
            codes: The shards.
            path: Where a new one would be written.

        Raises:
            InputError: `strict`, and FAISS cannot build the kind that is wanted from these codes, or no kind fits
                into the memory.
            OSError: The disk is full, or the place cannot be written.
        """
        shards = [Shard(file, self.code_dim) for file in codes]
        ids = np.concatenate([np.empty(0, np.int64), *(shard.ids for shard in shards)])
        try:
            kind = self._kind(len(ids))
            if kind == "flat":
                return None
            if self.former is not None and self._still_good(ids, self.former, kind):
                return self.former
            facts = build_structure(path, kind, shards, ids)
        except InputError:
            if self.strict:
                raise
            return None
        return Structured(file=StoredFile.of(path), facts=facts, below=self.below)

    def _kind(self, count: int) -> str:
        if not count:
            return "flat"
        if self.settings.kind == "auto":
            return choose_kind(count, self.code_dim, self.settings.memory)
        return self.settings.kind

    def _still_good(self, ids: np.ndarray, former: Structured, kind: str) -> bool:
        known = int((ids < former.below).sum())
        timely = len(ids) - known <= _MOST_LATER * len(ids) and known >= (1 - _MOST_GONE) * former.facts.count
        return timely and (self.settings.kind == "auto" or former.facts.kind == kind)
