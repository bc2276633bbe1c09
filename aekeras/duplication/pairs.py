"""Which pictures of an index are equal: proposed by their codes, judged by the one rule, or up to a loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aekeras.duplication.near import Nodes, near_pairs
from aekeras.errors import InputError
from aekeras.index import PictureJudge
from aekeras.progress import Progress
from aekeras.store import Codes, Ids, Store

_MOST_PAIRS = 20_000_000  # with what grouping needs, 1.6 GB


@dataclass(frozen=True, eq=False)
class Pairs:
    """Equal nodes, each pair once.

    Attributes:
        nodes: Shape (P,), int32.
        others: Shape (P,), int32, each above its node.
        figures: How far apart they are: what the limit was compared with, shape (P,), float32.
    """

    nodes: Nodes
    others: Nodes
    figures: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Limit:
    """Up to where two pictures are equal.

    Attributes:
        judge: Says how far apart two are.
        max_distance: In the units of the loss; None: by the one rule, with the judge's share.
    """

    judge: PictureJudge
    max_distance: float | None

    @property
    def value(self) -> float:
        """What figures are compared with."""
        return self.judge.judge.within if self.max_distance is None else self.max_distance

    @property
    def distance(self) -> float:
        """The limit in the units of the loss; of the one rule, for pictures as they are."""
        return self.value * self.judge.typical if self.max_distance is None else self.max_distance

    @property
    def reach(self) -> float:
        """How far apart the codes may be of pictures that are equal."""
        return self.judge.reach(self.distance)

    def figures(self, ids: Ids, others: Ids) -> npt.NDArray[np.float64]:
        """How far apart each pair is, by their ids, shape (P,) each."""
        if self.max_distance is None:
            return self.judge.pairs(ids, others).shares
        return self.judge.values(ids, others)

    def said(self, ids: Ids, others: Ids) -> list[dict[str, Any]]:
        """What is told of each pair: its distance; by the one rule also its share, and whether the codes contradict."""
        if self.max_distance is not None:
            return [{"distance": value} for value in self.judge.values(ids, others).tolist()]
        words = self.judge.pairs(ids, others)
        values = words.values if self.judge.by_loss else words.distances
        against = self.judge.judge.equal(words.shares) != self.judge.judge.equal(words.code_shares)
        rows = zip(values.tolist(), words.shares.tolist(), against.tolist(), strict=True)
        return [{"distance": value, "share": share, "contradicted": odd} for value, share, odd in rows]


def equal_pairs(store: Store, ids: Ids, limit: Limit, progress: Progress) -> Pairs:
    """The pairs within the limit.

    Args:
        store: The index.
        ids: The pictures to compare, ascending, shape (N,); the nodes are their places.
        limit: Up to where two are equal.
        progress: Told how many pictures were compared with all others.

    Raises:
        InputError: So many pairs are equal that they do not fit into memory.
    """
    parts = []
    count = 0
    for done, nodes, others in near_pairs(_intact_codes(store, ids), limit.reach):
        figures = limit.figures(ids[nodes], ids[others])
        equal = figures <= limit.value
        parts.append(Pairs(nodes[equal], others[equal], figures[equal].astype(np.float32)))
        count += int(equal.sum())
        _check_count(count, limit)
        progress.advance(done, f"{count:,} equal pairs")
    return Pairs(
        np.concatenate([np.empty(0, np.int32), *(part.nodes for part in parts)]),
        np.concatenate([np.empty(0, np.int32), *(part.others for part in parts)]),
        np.concatenate([np.empty(0, np.float32), *(part.figures for part in parts)]),
    )


def _intact_codes(store: Store, ids: Ids) -> Codes:
    """The codes, every byte of them as it was written."""
    store.check_codes()
    return store.codes_of(ids)


def _check_count(count: int, limit: Limit) -> None:
    if count > _MOST_PAIRS:
        name = "equal_within" if limit.max_distance is None else "max_distance"
        raise InputError(
            f"Expected a `{name}` that leaves most pictures different. Received: {limit.value:.4g}, up to which "
            f"more than {_MOST_PAIRS:,} pairs are equal. Lower it, or look at one folder at a time with `under`."
        )
