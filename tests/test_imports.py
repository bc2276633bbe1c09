"""What a fresh interpreter has loaded when a command is done, or a name was used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import aekeras

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow

HEAVY = {"tensorflow", "keras", "faiss", "ai_edge_litert", "numpy", "PIL", "scipy"}
REPORT = "import json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)"
LISTED = """
from aekeras import losses
[losses.find(row.name).to_dict() for row in losses.catalogue()]
losses.canonical("0.3*mirror(ssim(filter_size=11)) + l1_gray*0.7 + my_losses.py:Own(size=1)")
losses.installed()
"""


def loaded_after(code: str, directory: Path) -> set[str]:
    """The heavy packages that are loaded when a fresh interpreter has run the code."""
    ends = f"import atexit\natexit.register(lambda: exec({REPORT!r}))\n"
    root = str(Path(aekeras.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", ends + code],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1])) & HEAVY


def command(*words: str) -> str:
    return f"from aekeras.cli import main\nmain({list(words)!r})\n"


def test_the_report_sees_what_is_loaded(tmp_path: Path) -> None:
    assert loaded_after("import numpy", tmp_path) == {"numpy"}


@pytest.mark.parametrize(
    "code",
    [
        "import aekeras",
        "import aekeras\ndir(aekeras), aekeras.Training(), aekeras.AekerasError, aekeras.losses.find('l1')",
        LISTED,
        command("--help"),
        command("train", "--help"),
        command("search", "--help"),
        command("losses"),
        command("losses", "list", "--json"),
        command("losses", "show", "l1_gray"),
    ],
)
def test_nothing_heavy_is_loaded_by(code: str, tmp_path: Path) -> None:
    assert loaded_after(code, tmp_path) == set()


def test_a_search_with_its_sheet_loads_neither_tensorflow_nor_keras(trained: Project, tmp_path: Path) -> None:
    query = sorted(trained.pictures.glob("*.png"))[0]
    places = ("--models", str(trained.places.models), "--indexes", str(trained.places.indexes))
    words = ("search", str(query), *places, "--sheet", str(tmp_path / "sheet.png"))
    assert loaded_after(command(*words), tmp_path) == {"numpy", "PIL", "faiss", "ai_edge_litert"}


def test_information_on_an_index_loads_neither_tensorflow_nor_keras(trained: Project, tmp_path: Path) -> None:
    words = ("index", "info", "--indexes", str(trained.places.indexes))
    assert loaded_after(command(*words), tmp_path).isdisjoint({"tensorflow", "keras", "ai_edge_litert"})


def test_every_public_name_is_there_when_it_is_asked_for() -> None:
    for name in aekeras.__all__:
        assert getattr(aekeras, name) is not None
        assert name in dir(aekeras)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'embedding'"):
        _ = aekeras.embedding
