"""What an index answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aekeras.artefacts import shown_path
from aekeras.store import Store

_FAIR = 0.8  # codes within 0.8 to 1.25 of the loss: pictures like those of the training


@dataclass(frozen=True, kw_only=True)
class Neighbor:
    """A picture near a query.

    Attributes:
        rank: 1 for the nearest, or for the farthest where these were asked for.
        path: Absolute path of the picture.
        distance: Euclidean distance of the two codes, in the units of the loss; re-ranked, the loss itself.
        id: The number of its content in the index.
        copies: Further files with the same bytes.
    """

    rank: int
    path: Path
    distance: float
    id: int
    copies: tuple[Path, ...] = ()

    def __str__(self) -> str:
        more = f"  (and {len(self.copies):,} with the same bytes)" if self.copies else ""
        return f"{self.rank:>3}  {self.distance:.4f}  {shown_path(self.path)}{more}"

    def to_dict(self) -> dict[str, Any]:
        """One entry of `neighbors` in `aekeras search --json`."""
        copies = {"copies": [shown_path(path) for path in self.copies]} if self.copies else {}
        return {
            "rank": self.rank,
            "path": shown_path(self.path),
            "distance": round(self.distance, 6),
            **copies,
        }


@dataclass(frozen=True, kw_only=True)
class IndexInfo:
    """What an index is, in short.

    Attributes:
        index: Its folder.
        loss: Canonical text of the loss.
        model: Folder of the model that made the codes.
        count: Pictures of different content.
        files: Files that hold them.
        code_dim: Numbers per code.
        kind: "flat" (searched exactly), or the FAISS factory string of the search structure.
        recall: Recall@10 of the search structure, measured when it was built; None where search is exact.
        bytes: What it takes on the disk.
        keeps_images: Whether small pictures are kept, for re-ranking.
        code_ratio: Median of what codes say of random pairs over what the loss says, in units of the training: near 1
            for pictures like those trained on. None where that is not known.
    """

    index: str
    loss: str
    model: str
    count: int
    files: int
    code_dim: int
    kind: str
    recall: float | None
    bytes: int
    keeps_images: bool
    code_ratio: float | None

    @classmethod
    def of(cls, store: Store, model: Path, code_ratio: float | None) -> IndexInfo:
        """What a store says of itself, the folder of its model, and how its codes agree with the loss."""
        manifest = store.manifest
        return cls(
            index=shown_path(store.directory),
            loss=manifest.origin.loss,
            model=shown_path(model),
            count=manifest.count,
            files=store.items.count_paths(),
            code_dim=manifest.code_dim,
            kind=manifest.kind,
            recall=None if manifest.structure is None else round(manifest.structure.facts.recall, 4),
            bytes=sum(file.size for file in manifest.files),
            keeps_images=bool(manifest.images),
            code_ratio=code_ratio,
        )

    def to_dict(self) -> dict[str, Any]:
        """The line of `aekeras index info --json`."""
        return {
            "index": self.index,
            "loss": self.loss,
            "model": self.model,
            "count": self.count,
            "files": self.files,
            "code_dim": self.code_dim,
            "kind": self.kind,
            "recall": self.recall,
            "bytes": self.bytes,
            "keeps_images": self.keeps_images,
            "code_ratio": None if self.code_ratio is None else round(self.code_ratio, 4),
        }

    def __str__(self) -> str:
        how = self.kind if self.recall is None else f"{self.kind} with recall@10 {self.recall:.3f}"
        copies = f" ({self.files:,} files)" if self.files != self.count else ""
        return (
            f"{self.index}: {self.count:,} codes of {self.code_dim} numbers{copies} under {self.loss}, {how}, "
            f"{_megabytes(self.bytes)}, by {self.model}" + (f". {odd}" if (odd := strange(self.code_ratio)) else "")
        )


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a change did to an index, or would do.

    Attributes:
        index: Its folder.
        loss: Canonical text of the loss.
        added: Files that are new in it.
        updated: Files that had changed, or of which something else is known now.
        removed: Files that are gone from it.
        unreadable: Files that are no pictures.
        count: Pictures of different content that it holds afterwards; None where nothing was done.
    """

    index: Path
    loss: str
    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    count: int | None

    def to_dict(self) -> dict[str, Any]:
        """The line of `aekeras index add|remove|sync --json`."""
        figures = {
            "index": shown_path(self.index),
            "loss": self.loss,
            "added": len(self.added),
            "updated": len(self.updated),
            "removed": len(self.removed),
            "unreadable": len(self.unreadable),
        }
        if self.count is None:
            return {**figures, "files": {name: [shown_path(Path(p)) for p in paths] for name, paths in self._parts()}}
        return {**figures, "count": self.count}

    def __str__(self) -> str:
        done = ", ".join(f"{len(paths):,} {name}" for name, paths in self._parts() if paths) or "nothing to do"
        if self.count is not None:
            held = f"{self.count:,} picture{'' if self.count == 1 else 's'}"
            return f"{shown_path(self.index)}: {done}; {held} under {self.loss}"
        signs = {"added": "+", "updated": "~", "removed": "-", "unreadable": "?"}
        lines = [f"{signs[name]} {shown_path(Path(path))}" for name, paths in self._parts() for path in paths]
        return "\n".join([f"{shown_path(self.index)}: {done}", *(f"  {line}" for line in lines)])

    def _parts(self) -> list[tuple[str, tuple[str, ...]]]:
        return [
            ("added", self.added),
            ("updated", self.updated),
            ("removed", self.removed),
            ("unreadable", self.unreadable),
        ]


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What was found to be in order.

    Attributes:
        index: Folder of the index.
        loss: Canonical text of the loss.
        count: Codes.
        files: Files of the index whose every byte was read.
        encoded: Pictures that were encoded again and gave the stored code.
        gone: Of those that were drawn for this, the pictures that are gone or have changed.
    """

    index: Path
    loss: str
    count: int
    files: int
    encoded: int
    gone: int

    def to_dict(self) -> dict[str, Any]:
        """The line of `aekeras index verify --json`."""
        return {
            "index": shown_path(self.index),
            "loss": self.loss,
            "passed": True,
            "count": self.count,
            "files": self.files,
            "encoded": self.encoded,
            "gone": self.gone,
        }

    def __str__(self) -> str:
        gone = f" ({self.gone} more are gone or have changed)" if self.gone else ""
        return (
            f"{shown_path(self.index)}: intact; {self.count:,} codes, {self.files} files, "
            f"{self.encoded} pictures encoded again{gone}"
        )


def strange(code_ratio: float | None) -> str:
    """A sentence on pictures that are far from those that a model was trained on; empty where they are not."""
    if code_ratio is None or _FAIR <= code_ratio <= 1 / _FAIR:
        return ""
    where = "nearer together" if code_ratio < 1 else "farther apart"
    return (
        f"These pictures are far from those that the model was trained on: their codes lie {where} than the loss says, "
        f"{code_ratio:.2f} times as far. Train on such pictures."
    )


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
