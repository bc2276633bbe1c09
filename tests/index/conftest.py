"""An index of made-up codes, and the questions that tests ask of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aekeras.index import Index, Item, Origin

Build = Callable[..., Index]


@pytest.fixture
def origin() -> Origin:
    return Origin(
        loss="mirror(l1_gray)",
        blind_to=("chroma", "left-right flip"),
        model_name="mirror-l1_gray-37811e05",
        model_version=3,
        fingerprint="a1" * 32,
        image_size=64,
    )


@pytest.fixture
def build(tmp_path: Path, origin: Origin) -> Build:
    """Builds `indexes/gray` from codes; the item of row i is /<folder>/<i>.png."""

    def built(codes: np.ndarray, folder: str = "photos", name: str = "gray") -> Index:
        items = [
            Item(path=Path(f"/{folder}/{row}.png"), size=row, mtime_ns=row * 10**9, digest="0f" * 32)
            for row in range(len(codes))
        ]
        return Index.build(tmp_path / "indexes" / name, codes, items, origin)

    return built


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(300, 16)).astype(np.float32)
