"""All pairs of codes up to a distance, by matrix products: each pair is measured once, and little memory is needed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from aekeras.store import Codes

Nodes = npt.NDArray[np.int32]

_ROWS, _COLUMNS = 1024, 8192  # of a block: 32 MiB
_EXACTLY = 65_536  # pairs that are measured again at a time
_UNIT = 2.0**-24  # of rounding, float32


def near_pairs(codes: Codes, reach: float) -> Iterator[tuple[int, Nodes, Nodes]]:
    """The pairs whose codes are at most `reach` apart, block by block.

    With x' = (x, -|x|^2 / 2, 1) and y' = (y, 1, -|y|^2 / 2), x'y' is -|x - y|^2 / 2: one product, one comparison. What
    rounding may hide is let through, and all that is let through is measured again in float64.

    Args:
        codes: Shape (N, D).
        reach: Euclidean.

    Yields:
        How many codes have been compared with all that follow, and nodes with others above them, shape (P,) each.
    """
    if len(codes) < 2:
        return
    centered = codes - codes.mean(axis=0, dtype=np.float64).astype(np.float32)  # small numbers are rounded less
    halves = np.square(centered).sum(axis=1, keepdims=True) / 2
    ones = np.ones_like(halves)
    left, right = np.hstack([centered, -halves, ones]), np.hstack([centered, ones, -halves])
    rounding = (codes.shape[1] + 8) * _UNIT * 4 * float(2 * halves.max(initial=0.0))
    least = np.float32(-(reach**2) / 2 - rounding)
    for start in range(0, len(codes), _ROWS):
        rows = left[start : start + _ROWS]
        for column in range(start, len(codes), _COLUMNS):
            block = rows @ right[column : column + _COLUMNS].T
            places = np.flatnonzero(block.ravel() >= least)
            nodes, others = places // block.shape[1] + start, places % block.shape[1] + column
            above = others > nodes
            for part in _measured(codes, nodes[above], others[above], reach):
                yield start, *part
        yield start + len(rows), np.empty(0, np.int32), np.empty(0, np.int32)


def _measured(
    codes: Codes, nodes: npt.NDArray[np.int64], others: npt.NDArray[np.int64], reach: float
) -> Iterator[tuple[Nodes, Nodes]]:
    for start in range(0, len(nodes), _EXACTLY):
        one, other = nodes[start : start + _EXACTLY], others[start : start + _EXACTLY]
        near = np.linalg.norm(codes[one].astype(np.float64) - codes[other], axis=1) <= reach
        yield one[near].astype(np.int32), other[near].astype(np.int32)
