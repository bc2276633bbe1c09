"""From pairs of equal pictures to groups."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aekeras.duplication.pairs import Pairs


@dataclass(frozen=True, eq=False)
class Star:
    """A group: a first node, and others that are equal to it, though perhaps not to each other.

    Attributes:
        first: The node that stands for the group.
        others: The other nodes, ascending, shape (n,).
        figures: How far the first is from each of the others, shape (n,).
    """

    first: int
    others: npt.NDArray[np.int32]
    figures: npt.NDArray[np.float32]


def grouped(weights: npt.NDArray[np.int64], pairs: Pairs) -> Iterator[Star]:
    """Groups in which all are equal to the first, each node in one of them at most.

    Equality within a limit is not transitive: along a chain of equal pairs one gets anywhere. So a group does not
    follow chains. Its first node is the one that is equal to most pictures which have no group yet, the lowest of
    several such; its others are all of these.

    Args:
        weights: How many pictures each of the N nodes stands for, shape (N,).
        pairs: The nodes that are equal, each pair once.
    """
    near = _Neighbors(len(weights), pairs)
    free = np.ones(len(weights), bool)
    # Sizes only go down while groups are made: whoever is on top with a size that still holds has the largest.
    heap = [(-size, node) for node, size in enumerate(near.sizes(weights).tolist()) if size > 1]
    heapq.heapify(heap)
    while heap:
        size, node = heapq.heappop(heap)
        if not free[node]:
            continue
        others, figures = near.of(node, free)
        now = int(weights[node] + weights[others].sum())
        if now == -size:
            free[node] = free[others] = False
            yield Star(node, others, figures)
        elif now > 1:
            heapq.heappush(heap, (-now, node))


class _Neighbors:
    """The pairs from either end."""

    def __init__(self, count: int, pairs: Pairs) -> None:
        sources = np.concatenate([pairs.nodes, pairs.others])
        order = np.lexsort((np.concatenate([pairs.others, pairs.nodes]), sources))
        self._targets = np.concatenate([pairs.others, pairs.nodes])[order]
        self._figures = np.concatenate([pairs.figures, pairs.figures])[order]
        self._starts = np.concatenate([[0], np.bincount(sources, minlength=count).cumsum()])

    def sizes(self, weights: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """How many pictures each node and its neighbors stand for."""
        upto = np.concatenate([[0], weights[self._targets].cumsum()])
        return weights + upto[self._starts[1:]] - upto[self._starts[:-1]]

    def of(self, node: int, free: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """The neighbors that are free, and how far they are."""
        part = slice(self._starts[node], self._starts[node + 1])
        still = free[self._targets[part]]
        return self._targets[part][still], self._figures[part][still]
