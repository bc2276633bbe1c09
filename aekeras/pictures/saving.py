"""A sheet as a file, whole or not at all."""

from __future__ import annotations

import os
import secrets
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from aekeras.errors import InputError, MissingError, StorageError

_OPTIONS: dict[str, dict[str, Any]] = {
    ".png": {},
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
    ".webp": {"lossless": True},
    ".pdf": {"quality": 95, "subsampling": 0, "resolution": 144.0},
}
_LONGEST_SIDE = {".jpg": 65_500, ".jpeg": 65_500, ".webp": 16_383}


def save(image: Image.Image, path: str | os.PathLike[str]) -> None:
    """Writes a picture: .png, .jpg, .jpeg, .webp or .pdf.

    It is written beside the target and renamed: a reader or a crash never sees half a file, and what was
    there before stays until the new one is whole.

    Raises:
        InputError: Another suffix, or a picture too large for that format.
        MissingError: The folder does not exist.
        StorageError: The file cannot be written.
    """
    path = Path(path)
    content = _encoded(image, path)
    if not path.parent.is_dir():
        raise MissingError(
            f"Expected a folder for {path.name}. Received: {path.parent}, which is none. Create it first."
        )
    part = path.parent / f".sheet-{secrets.token_hex(4)}.part"
    try:
        _write(content, part)
        part.replace(path)
    except OSError as error:
        raise StorageError(
            f"Expected a file that can be written. Received: {path} ({error.strerror}). "
            "Choose another place, or make room."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _encoded(image: Image.Image, path: Path) -> bytes:
    suffix = path.suffix.lower()
    formats = {known: Image.registered_extensions().get(known, "") for known in _OPTIONS}
    usable = [known for known, name in formats.items() if name in Image.SAVE]
    if suffix not in usable:
        raise InputError(f"Expected a file name ending in {', '.join(usable)}. Received: {path.name!r}.")
    if max(image.size) > _LONGEST_SIDE.get(suffix, max(image.size)):
        raise InputError(
            f"Expected at most {_LONGEST_SIDE[suffix]} pixels a side for {suffix}. Received: {image.width} x "
            f"{image.height}. Save it as .png, or show fewer pictures."
        )
    content = BytesIO()
    image.save(content, format=formats[suffix], **_OPTIONS[suffix])
    return content.getvalue()


def _write(content: bytes, path: Path) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
