"""Which pictures of an index are equal: proposed by their codes, judged by the loss itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aekeras.duplication.judges import Judge
from aekeras.duplication.near import Nodes, near_pairs
from aekeras.errors import InputError
from aekeras.progress import Progress
from aekeras.store import Codes, Ids, Store

_MOST_PAIRS = 20_000_000  # with what grouping needs, 1.6 GB


@dataclass(frozen=True, eq=False)
class Pairs:
    """Equal nodes, each pair once.

    Attributes:
        nodes: Shape (P,), int32.
        others: Shape (P,), int32, each above its node.
        distances: Shape (P,), float32.
    """

    nodes: Nodes
    others: Nodes
    distances: npt.NDArray[np.float32]


def equal_pairs(store: Store, ids: Ids, judge: Judge, max_distance: float, progress: Progress) -> Pairs:
    """The pairs up to a distance.

    Args:
        store: The index.
        ids: The pictures to compare, ascending, shape (N,); the nodes are their places.
        judge: Says how far apart two are.
        max_distance: Up to this they are equal, in the units of the loss.
        progress: Told how many pictures were compared with all others.

    Raises:
        InputError: So many pairs are equal that they do not fit into memory.
    """
    parts = []
    count = 0
    for done, nodes, others in near_pairs(_intact_codes(store, ids), judge.reach(max_distance)):
        distances = judge.distances(ids[nodes], ids[others])
        equal = distances <= max_distance
        parts.append(Pairs(nodes[equal], others[equal], distances[equal].astype(np.float32)))
        count += int(equal.sum())
        _check_count(count, max_distance)
        progress.advance(done, f"{count:,} equal pairs")
    return Pairs(
        np.concatenate([np.empty(0, np.int32), *(part.nodes for part in parts)]),
        np.concatenate([np.empty(0, np.int32), *(part.others for part in parts)]),
        np.concatenate([np.empty(0, np.float32), *(part.distances for part in parts)]),
    )


def _intact_codes(store: Store, ids: Ids) -> Codes:
    """The codes, every byte of them as it was written."""
    store.check_codes()
    return store.codes_of(ids)


def _check_count(count: int, max_distance: float) -> None:
    if count > _MOST_PAIRS:
        raise InputError(
            f"Expected a `max_distance` that leaves most pictures different. Received: {max_distance:.4g}, up to which "
            f"more than {_MOST_PAIRS:,} pairs are equal. Lower it, or look at one folder at a time with `under`."
        )
