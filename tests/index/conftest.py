"""Twelve pictures and their indexes, which tests may change."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aekeras.index import Index, build_indexes


@pytest.fixture
def photos(own: Path) -> Path:
    """Twelve pictures in photos/, indexed under both losses."""
    folder = own / "photos"
    folder.mkdir()
    for path in sorted((own / "pictures").glob("*.png"))[:12]:
        shutil.copy(path, folder)
    build_indexes(folder)
    return folder


@pytest.fixture
def index(photos: Path) -> Iterator[Index]:
    del photos
    with Index.open("indexes/l1_gray") as opened:
        yield opened
