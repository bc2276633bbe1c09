"""What the manifest of an index is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from aekeras.artefacts import digest
from aekeras.errors import InputError

REBUILD = "Rebuild the index by `aekeras index build`."
NEIGHBORS = 10
"""Recall is measured for so many."""
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where codes come from.

    Attributes:
        loss: The canonical text of the loss.
        blind_to: What the loss cannot see.
        model_name: The model's folder below `models/`.
        model_version: Its number, from 1.
        fingerprint: SHA-256 of the model, 64 hexadecimal digits.
        image_size: Side of the images that the model takes, in pixels.
    """

    loss: str
    blind_to: tuple[str, ...] = ()
    model_name: str
    model_version: int
    fingerprint: str
    image_size: int

    @property
    def model(self) -> str:
        """The model's path below `models/`, such as `l1_gray/1`."""
        return f"{self.model_name}/{self.model_version}"


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file of the index: its name, its size in bytes, and the SHA-256 of its content."""

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> StoredFile:
        """The record of a file as it is now."""
        return cls(name=path.name, size=path.stat().st_size, sha256=digest(path))

    @classmethod
    def from_dict(cls, content: Any) -> StoredFile:
        """The record that `asdict` described."""
        name = value(content, "name", str)
        if Path(name).name != name:
            raise InputError(f"Expected the name of a file beside the manifest. Received: {name!r}. {REBUILD}")
        return cls(name=name, size=value(content, "size", int), sha256=value(content, "sha256", str))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How an index shall be kept.

    Attributes:
        kind: A FAISS factory string, "flat", or "auto": chosen by size and memory.
        memory: Bytes that the search structure may take; None: no limit.
        keep_images: Small copies of the pictures are kept, for ranking by the loss itself.
    """

    kind: str = "auto"
    memory: int | None = None
    keep_images: bool = True

    def __post_init__(self) -> None:
        if not self.kind.strip():
            raise InputError('Expected a kind: "auto", "flat", or a FAISS factory string. Received: none. Name one.')
        if self.memory is not None and self.memory < 1:
            raise InputError(f"Expected `memory` of at least 1 byte. Received: {self.memory}. 1 GB is 10**9.")

    def changed(self, **changes: Any) -> Settings:
        """The same with other fields where these are not None."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})


@dataclass(frozen=True, kw_only=True)
class StructureFacts:
    """What was found out about a structure when it was built.

    Attributes:
        kind: FAISS factory string.
        parameter: How thoroughly it searches, as in "nprobe=16"; empty where there is no such choice.
        recall: Share of the 10 nearest codes that are found, measured after re-scoring, 0 to 1.
        count: Codes in it.
        candidates: How many of them are re-scored for each neighbor wanted.
    """

    kind: str
    parameter: str
    recall: float
    count: int
    candidates: int

    def wanted(self, k: int) -> int:
        """How many candidates to ask for to get k neighbors with this recall."""
        return self.candidates * max(k, NEIGHBORS)


@dataclass(frozen=True, kw_only=True)
class Structured:
    """The search structure of a large index.

    Attributes:
        file: Where it lies.
        facts: What it is, and how well it finds.
        below: It knows the ids below this one that were there when it was built; later ones are searched exactly.
    """

    file: StoredFile
    facts: StructureFacts
    below: int


def origin_of(content: Any) -> Origin:
    model = value(content, "model", dict)
    return Origin(
        loss=value(content, "loss", str),
        blind_to=tuple(value(content, "blind_to", list)),
        model_name=value(model, "name", str),
        model_version=value(model, "version", int),
        fingerprint=value(content, "fingerprint", str),
        image_size=value(content, "image_size", int),
    )


def settings_of(content: Any) -> Settings:
    memory = content.get("memory")
    return Settings(
        kind=value(content, "kind", str),
        memory=None if memory is None else value(content, "memory", int),
        keep_images=value(content, "keep_images", bool),
    )


def structured_of(content: Any) -> Structured | None:
    if content is None:
        return None
    facts = value(content, "facts", dict)
    return Structured(
        file=StoredFile.from_dict(value(content, "file", dict)),
        facts=StructureFacts(
            kind=value(facts, "kind", str),
            parameter=value(facts, "parameter", str),
            recall=value(facts, "recall", float),
            count=value(facts, "count", int),
            candidates=value(facts, "candidates", int),
        ),
        below=value(content, "below", int),
    )


def value(content: Any, key: str, kind: type[_T]) -> _T:
    found = content.get(key) if isinstance(content, dict) else None
    if not isinstance(found, kind):
        raise InputError(f"Expected `{key}` of type {kind.__name__}. Received: {found!r}. {REBUILD}")
    return found
