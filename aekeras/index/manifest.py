"""The manifest of an index: whose codes it holds, and which files hold them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from aekeras.artefacts import digest, read_json, shown_path, storage_errors, write_json
from aekeras.errors import InputError, MissingError

MANIFEST = "manifest.json"
REBUILD = "Rebuild the index by `aekeras index build`."
_FORMAT = 1
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


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an index says of itself.

    Attributes:
        origin: Where the codes come from.
        generation: How often the index was written, from 1.
        kind: How FAISS keeps the codes: "flat" (exact).
        count: Number of items.
        code_dim: Numbers per code.
        next_id: The id that the next item will get; ids of removed items are not used again.
        codes: The file of the codes.
        items: The file of the items.
        created: When it was written, UTC, ISO 8601.
    """

    origin: Origin
    generation: int
    kind: str
    count: int
    code_dim: int
    next_id: int
    codes: StoredFile
    items: StoredFile
    created: str

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
            "generation": self.generation,
            "kind": self.kind,
            "count": self.count,
            "code_dim": self.code_dim,
            "next_id": self.next_id,
            "files": {"codes": asdict(self.codes), "items": asdict(self.items)},
            "created": self.created,
        }

    @classmethod
    def from_dict(cls, content: Any) -> Manifest:
        """The manifest that `to_dict` described; keys that it does not know are left aside.

        Raises:
            InputError: A key is missing or of the wrong type, or the format is another one.
        """
        if (found := _value(content, "format", int)) != _FORMAT:
            raise InputError(
                f"Expected an index of format {_FORMAT}. Received: format {found}. Use the version of "
                f"aekeras that wrote it, or rebuild the index by `aekeras index build`."
            )
        model, files = _value(content, "model", dict), _value(content, "files", dict)
        return cls(
            origin=Origin(
                loss=_value(content, "loss", str),
                blind_to=tuple(_value(content, "blind_to", list)),
                model_name=_value(model, "name", str),
                model_version=_value(model, "version", int),
                fingerprint=_value(content, "fingerprint", str),
                image_size=_value(content, "image_size", int),
            ),
            generation=_value(content, "generation", int),
            kind=_value(content, "kind", str),
            count=_value(content, "count", int),
            code_dim=_value(content, "code_dim", int),
            next_id=_value(content, "next_id", int),
            codes=_stored_file(_value(files, "codes", dict)),
            items=_stored_file(_value(files, "items", dict)),
            created=_value(content, "created", str),
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
        if not found:
            raise MissingError(
                f"Expected an index in `{shown_path(directory)}`. Found none. Run `aekeras train` first."
            )
        content = read_json(path, REBUILD)
        try:
            return cls.from_dict(content)
        except InputError as error:
            raise InputError(f"{shown_path(path)}: {error}") from error

    def write(self, directory: Path) -> None:
        """Makes this the manifest of the index in a folder, in one step."""
        write_json(directory / MANIFEST, self.to_dict())


def _stored_file(content: Any) -> StoredFile:
    name = _value(content, "name", str)
    if Path(name).name != name:
        raise InputError(f"Expected the name of a file beside the manifest. Received: {name!r}. {REBUILD}")
    return StoredFile(name=name, size=_value(content, "size", int), sha256=_value(content, "sha256", str))


def _value(content: Any, key: str, kind: type[_T]) -> _T:
    value = content.get(key) if isinstance(content, dict) else None
    if not isinstance(value, kind):
        raise InputError(f"Expected `{key}` of type {kind.__name__}. Received: {value!r}. {REBUILD}")
    return value
