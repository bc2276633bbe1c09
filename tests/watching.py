"""What tests of indexes look at."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from aekeras import images
from aekeras.index import Index
from aekeras.progress import Progress


class Telling(Progress):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.totals: list[int] = []

    def begin(self, stage: str, total: int, *, part: int = 1, parts: int = 1) -> None:
        del stage, part, parts
        self.totals.append(total)

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def names(index: Index) -> list[str]:
    return sorted(item.path.name for _, item in index)


def ids(index: Index) -> dict[str, int]:
    return {item.path.name: key for key, item in index}


def another(photos: Path, name: str, number: int = 50) -> Path:
    """A picture that is not indexed yet."""
    target = photos / name
    target.parent.mkdir(exist_ok=True)
    shutil.copy(sorted((photos.parent / "pictures").glob("*.png"))[number], target)
    return target


def check_codes(index: Index) -> None:
    """Every code is that of its picture as it is now."""
    for key, item in index:
        picture = images.read(item.path, index.encoder.image_size)
        np.testing.assert_allclose(
            index.store.codes_of([key]), index.encoder.encode(picture[None]), rtol=1e-4, atol=1e-5
        )
    index.verify()
