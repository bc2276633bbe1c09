"""Indexes of many files for few pictures."""

from __future__ import annotations

from pathlib import Path

import numbered
import pytest

from aekeras.store import code_draft, kept


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the index is."""
    return tmp_path / "indexes" / "gray"


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """16 codes and 10 small pictures per file."""
    monkeypatch.setattr(code_draft, "SHARD", numbered.SHARD)
    monkeypatch.setattr(kept, "_FILE_BYTES", numbered.PICTURES * numbered.SIZE**2 * 3)
