"""What neighbors are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aekeras.artefacts import plain_path, shown_path
from aekeras.errors import InputError
from aekeras.shares import EQUAL_WITHIN, check_share
from aekeras.store import Ids, Store, check_distance, check_k

DEFAULT_K = 8


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """Which neighbors are wanted, and how they are ranked.

    Attributes:
        k: How many; above the size of the index, all of it. None: `DEFAULT_K`, or with a `max_distance` all that are
            as near.
        max_distance: Only up to this distance, in the loss's units.
        under: Only pictures below this folder.
        where: Only pictures of which this holds, an SQL condition on their metadata, such as "label = 'cat'".
        unique: Leave out what is equal to one that comes before it.
        equal_within: For that, the share of a typical loss up to which two pictures are equal.
        farthest: The farthest instead of the nearest.
        rerank: So many of the nearest by code are ranked anew by the loss itself.
    """

    k: int | None = None
    max_distance: float | None = None
    under: str | Path | None = None
    where: str | None = None
    unique: bool = False
    equal_within: float = EQUAL_WITHIN
    farthest: bool = False
    rerank: int | None = None

    def __post_init__(self) -> None:
        if self.under is not None:
            object.__setattr__(self, "under", Path(self.under))
        if self.k is not None:
            check_k(self.k)
        if self.max_distance is not None:
            check_distance(self.max_distance)
        check_share("equal_within", self.equal_within)
        if self.rerank is not None and self.rerank < 1:
            raise InputError(f"Expected `rerank` of at least 1. Received: {self.rerank}. 100 is usual.")
        if self.farthest and (self.max_distance is not None or self.rerank is not None):
            other = "max_distance" if self.max_distance is not None else "rerank"
            raise InputError(f"Expected `farthest` or `{other}`. Received: both. Leave one out.")

    @property
    def limit(self) -> int | None:
        """How many neighbors at most; None for all that are near enough."""
        if self.k is None and self.max_distance is None:
            return DEFAULT_K
        return self.k

    @property
    def filters(self) -> bool:
        """Whether only some pictures are asked for."""
        return self.under is not None or self.where is not None

    def selected(self, store: Store) -> dict[int, list[str]]:
        """The ids of the pictures that are asked for, each with the paths for which that holds, sorted.

        Raises:
            InputError: The condition is none, or nothing is indexed below the folder.
        """
        chosen = None if self.where is None else store.items.matching(self.where)
        if self.under is None:
            return chosen or {}
        root = plain_path(self.under)
        there = store.items.below(root)
        if not there:
            raise InputError(
                f"Expected pictures of {shown_path(store.directory)} below {shown_path(Path(self.under))}. Found none. "
                f"Name another folder, or `aekeras index sync` this one."
            )
        if chosen is None:
            return there
        both = {key: sorted(set(paths) & set(chosen.get(key, ()))) for key, paths in there.items()}
        return {key: paths for key, paths in both.items() if paths}


def ids_of(selected: dict[int, list[str]]) -> Ids:
    """The ids as an array."""
    return np.fromiter(selected, np.int64, len(selected))
