"""FAISS's own format on the disk: written so that a full disk is noticed, and mapped where it can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss

from aekeras.artefacts import sync

MAPPED = faiss.IO_FLAG_MMAP_IFC
"""Mapped into memory: flat codes, inverted lists and graphs; opening reads next to nothing. The older flag,
IO_FLAG_MMAP, maps inverted lists only, and FAISS refuses both together."""


def write_faiss(path: Path, index: Any) -> None:
    """Writes a new file, synced.

    Raises:
        OSError: The disk is full, or the place cannot be written.
    """
    # FAISS's own writer does not notice a disk that fills up when the file is closed.
    with path.open("wb") as file:
        writer = faiss.PyCallbackIOWriter(file.write)  # type: ignore[attr-defined]  # not in its stubs
        faiss.write_index(index, writer)
    sync(path)
