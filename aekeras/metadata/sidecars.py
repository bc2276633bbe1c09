"""Sidecars: what is known of a picture, in a JSON file beside it."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Unread = tuple[str, str]
"""A file or folder that could not be used, and why."""

_LARGEST = 1_000_000  # bytes; `cat.json` is a common name, and may be anything


def read_sidecars(paths: Sequence[str]) -> tuple[dict[str, dict[str, str]], list[Unread]]:
    """What the pictures' sidecars say, by path of the picture, and which of them could not be read.

    The sidecar of `cat.png` is `cat.png.json`, else `cat.json`. A broken one is passed over, and stops nothing.

    Args:
        paths: Of pictures, absolute.
    """
    known: dict[str, dict[str, str]] = {}
    unread: list[Unread] = []
    for sidecar, pictures in _sidecars(paths, unread):
        try:
            values = _values(_content(sidecar))
        except (OSError, ValueError, RecursionError) as error:
            unread.append((sidecar, _reason(error)))
            continue
        known.update((picture, dict(values)) for picture in pictures)
    return known, unread


def _sidecars(paths: Sequence[str], unread: list[Unread]) -> Iterator[tuple[str, list[str]]]:
    """Each sidecar and the pictures that it belongs to; folders that cannot be listed are noted in `unread`."""
    by_folder = defaultdict(list)
    for path in paths:
        folder, name = os.path.split(path)
        by_folder[folder].append((name, path))
    for folder, pictures in by_folder.items():
        try:
            there = _json_files(folder)
        except OSError as error:
            unread.append((folder, _reason(error)))
            continue
        found = defaultdict(list)
        for name, path in pictures if there else ():
            candidates = (f"{name}.json", f"{Path(name).stem}.json")
            if sidecar := next((candidate for candidate in candidates if candidate in there), None):
                found[str(Path(folder, sidecar))].append(path)
        yield from found.items()


def _json_files(folder: str) -> set[str]:
    """Names; one listing instead of two questions for each picture."""
    with os.scandir(folder) as listing:
        return {entry.name for entry in listing if entry.name.endswith(".json") and entry.is_file()}


def _content(sidecar: str) -> Any:
    """The JSON value in a file, its numbers as they are written."""
    with Path(sidecar).open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST:,} bytes")
    return json.loads(data.decode("utf-8-sig"), parse_int=str, parse_float=str, parse_constant=str)


def _values(content: Any) -> dict[str, str]:
    """The texts of a flat object, without those that are empty."""
    if not isinstance(content, dict):
        raise ValueError("it is not a JSON object")
    values = {}
    for key, value in content.items():
        name = key.strip()
        if name in ("", "path"):
            raise ValueError(f"it has the key {key!r}; a key is a name other than `path`")
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, dict | list) for item in items):
            raise ValueError(f"it is not flat: {key!r} holds objects or lists")
        values[name] = ", ".join(_text(item) for item in items if item is not None)
        (name + values[name]).encode()  # "\ud800" is JSON, and no text
    return {name: value for name, value in values.items() if value}


def _text(scalar: str | bool) -> str:
    return str(scalar).lower() if isinstance(scalar, bool) else scalar


def _reason(error: Exception) -> str:
    """A few words that fit in a line."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, UnicodeError):
        return "it is not text in UTF-8"
    if isinstance(error, RecursionError):
        return "it is not flat"
    return f"it is not JSON: {error}" if isinstance(error, json.JSONDecodeError) else str(error)
