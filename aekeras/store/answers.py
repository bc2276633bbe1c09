"""What an index answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Neighbor:
    """An item near a query.

    Attributes:
        rank: 1 for the nearest.
        path: Absolute path of the picture.
        distance: Euclidean distance of the two codes, in the units of the loss.
        id: The item's number in the index.
    """

    rank: int
    path: Path
    distance: float
    id: int


@dataclass(frozen=True, kw_only=True)
class IndexInfo:
    """What an index is, in short."""

    index: str
    loss: str
    model: str
    count: int
    code_dim: int
    kind: str

    def to_dict(self) -> dict[str, str | int]:
        """The line of `aekeras index info --json`."""
        return {
            "index": self.index,
            "loss": self.loss,
            "model": self.model,
            "count": self.count,
            "code_dim": self.code_dim,
            "kind": self.kind,
        }
