"""Single files, written in one step and read with errors that name them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aekeras.artefacts.names import shown_path
from aekeras.artefacts.storage import partial_path, storage_errors, sync
from aekeras.errors import InputError, MissingError


def digest(content: Path | bytes) -> str:
    """SHA-256 of a file or of bytes, 64 hexadecimal digits.

    Raises:
        MissingError: There is no such file.
        StorageError: The file cannot be read.
    """
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with _reading(content, "Restore it."), content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_file(path: Path, data: bytes) -> None:
    """Puts the bytes at `path` in one step: others see the old file or the new one.

    Raises:
        StorageError: The disk is full, or the place cannot be written.
    """
    with new_file(path) as partial:
        partial.write_bytes(data)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A file to write, which becomes `path` in one step when the block ends well and vanishes when it does not.

    Raises:
        StorageError: The disk is full, or the place cannot be written.
    """
    with storage_errors(path), partial_path(path.parent, path.name) as partial:
        yield partial
        sync(partial)
        partial.replace(path)
        sync(path.parent)


def write_json(path: Path, content: Any) -> None:
    """Puts the content at `path` as JSON, in one step.

    Raises:
        StorageError: The disk is full, or the place cannot be written.
        ValueError: A number is not finite, which JSON has no word for.
    """
    write_file(path, (json.dumps(content, indent=2, allow_nan=False) + "\n").encode())


def read_json(path: Path, remedy: str = "Make it anew.") -> Any:
    """What a JSON file holds.

    Args:
        path: The file.
        remedy: The sentence that ends the message when the file is not there or damaged.

    Raises:
        MissingError: There is no such file.
        InputError: The file is not JSON.
        StorageError: The file cannot be read.
    """
    with _reading(path, remedy):
        data = path.read_bytes()
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        message = f"Expected JSON. Received: {shown_path(path)}, which is damaged. {remedy}"
        raise InputError(message) from error


@contextmanager
def _reading(path: Path, remedy: str) -> Iterator[None]:
    try:
        with storage_errors(path):
            yield
    except FileNotFoundError as error:
        raise MissingError(f"Expected a file at {shown_path(path)}. Found none. {remedy}") from error
