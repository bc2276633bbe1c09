"""The manifest of an index: whose codes it holds, and which files hold them."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aekeras.artefacts import digest, read_json, shown_path, storage_errors, write_file
from aekeras.errors import InputError, MissingError
from aekeras.store.records import (
    REBUILD,
    Origin,
    Settings,
    StoredFile,
    Structured,
    origin_of,
    settings_of,
    structured_of,
    value,
)

MANIFEST = "manifest.json"
COMMITTED = ".committed"
"""Beside a manifest since its first day: without one, it tells a lost manifest from a first build that was killed."""
_FORMAT = 2


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an index says of itself.

    Attributes:
        origin: Where the codes come from.
        settings: How it shall be kept.
        generation: How often the index was written, from 1.
        count: Number of codes.
        code_dim: Numbers per code.
        next_id: The id that the next picture will get; ids of removed ones are not used again.
        items: The file of the items.
        codes: The files of the codes, in their order.
        images: The files of the small pictures.
        structure: How codes are searched where not one by one; None: exactly.
        created: When it was written, UTC, ISO 8601.
    """

    origin: Origin
    settings: Settings
    generation: int
    count: int
    code_dim: int
    next_id: int
    items: StoredFile
    codes: tuple[StoredFile, ...]
    images: tuple[StoredFile, ...]
    structure: Structured | None
    created: str

    @property
    def kind(self) -> str:
        """How codes are searched: "flat" (exactly), or a FAISS factory string."""
        return "flat" if self.structure is None else self.structure.facts.kind

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """Every file beside the manifest."""
        structure = () if self.structure is None else (self.structure.file,)
        return (self.items, *self.codes, *self.images, *structure)

    def to_dict(self) -> dict[str, Any]:
        """The manifest as JSON keeps it."""
        origin = self.origin
        return {
            "format": _FORMAT,
            "loss": origin.loss,
            "blind_to": list(origin.blind_to),
            "model": {"name": origin.model_name, "version": origin.model_version},
            "fingerprint": origin.fingerprint,
            "image_size": origin.image_size,
            "settings": asdict(self.settings),
            "generation": self.generation,
            "kind": self.kind,
            "count": self.count,
            "code_dim": self.code_dim,
            "next_id": self.next_id,
            "files": {
                "items": asdict(self.items),
                "codes": [asdict(file) for file in self.codes],
                "images": [asdict(file) for file in self.images],
            },
            "structure": None if self.structure is None else asdict(self.structure),
            "created": self.created,
        }

    @classmethod
    def from_dict(cls, content: Any) -> Manifest:
        """The manifest that `to_dict` described; keys that it does not know are left aside.

        Raises:
            InputError: A key is missing or of the wrong type, or the format is another one.
        """
        if (found := value(content, "format", int)) != _FORMAT:
            raise InputError(
                f"Expected an index of format {_FORMAT}. Received: format {found}. Use the version of "
                f"aekeras that wrote it, or rebuild the index by `aekeras index build`."
            )
        files = value(content, "files", dict)
        return cls(
            origin=origin_of(content),
            settings=settings_of(value(content, "settings", dict)),
            generation=value(content, "generation", int),
            count=value(content, "count", int),
            code_dim=value(content, "code_dim", int),
            next_id=value(content, "next_id", int),
            items=StoredFile.from_dict(value(files, "items", dict)),
            codes=tuple(map(StoredFile.from_dict, value(files, "codes", list))),
            images=tuple(map(StoredFile.from_dict, value(files, "images", list))),
            structure=structured_of(content.get("structure")),
            created=value(content, "created", str),
        )

    @classmethod
    def read(cls, directory: Path) -> Manifest:
        """The manifest of the index in a folder.

        Raises:
            MissingError: There is no index in the folder.
            InputError: The manifest is damaged.
            StorageError: The folder cannot be read.
        """
        path = directory / MANIFEST
        with storage_errors(path):
            found = path.exists()
        if not found and (directory / COMMITTED).exists():
            raise MissingError(f"Expected {shown_path(path)} beside the other files of an index. Found none. {REBUILD}")
        if not found:
            raise MissingError(
                f"Expected an index in `{shown_path(directory)}`. Found none. Run `aekeras train` first."
            )
        content = read_json(path, REBUILD)
        checksum = content.pop("checksum", None) if isinstance(content, dict) else None
        try:
            manifest = cls.from_dict(content)
        except InputError as error:
            raise InputError(f"{shown_path(path)}: {error}") from error
        if checksum != _checksum(content):
            raise InputError(
                f"Expected {shown_path(path)} as it was written. Received: other text: it is damaged. {REBUILD}"
            )
        return manifest

    def write(self, directory: Path) -> None:
        """Makes this the manifest of the index in a folder, in one step."""
        content = self.to_dict()
        text = json.dumps({**content, "checksum": _checksum(content)}, indent=2, allow_nan=False)
        # No newline at the end: one that is lost would be a damage that nobody could see.
        write_file(directory / MANIFEST, text.encode())
        with suppress(OSError):  # the change is safe, whether or not this tells of it
            (directory / COMMITTED).touch()


def _checksum(content: dict[str, Any]) -> str:
    return digest(json.dumps(content, sort_keys=True).encode())


def current_manifest(directory: Path) -> Manifest | None:
    """The manifest of the index in a folder; None where there is none, or it is damaged."""
    try:
        return Manifest.read(directory)
    except (MissingError, InputError):
        return None
