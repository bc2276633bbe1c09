"""`aekeras explain` on what a training has left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from test_imports import loaded_after

from aekeras.cli import main
from aekeras.explanation import explain
from aekeras.shares import EQUAL_WITHIN

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, words)])


def cats(project: Project) -> list[Path]:
    return [path.relative_to(project.root) for path in sorted(project.pictures.glob("cat-*.png"))[:2]]


def test_it_prints_what_the_library_prints(here: Project) -> None:
    result = invoke(*cats(here))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{explain(*cats(here))}\n"


def test_json_is_one_object_on_one_line(here: Project) -> None:
    result = invoke(*cats(here), "--json", "--threshold", "0.4", "--loss", "l1_gray")
    (line,) = result.stdout.splitlines()
    assert json.loads(line) == explain(*cats(here), equal_within=0.4, losses=["l1_gray"]).to_dict()


def test_it_draws_a_sheet(here: Project, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    assert invoke(*cats(here), "--sheet", sheet).stderr == f"Drew {sheet}.\n"
    with Image.open(sheet) as image:
        assert min(image.size) > 300


def test_the_sheet_does_not_overwrite_a_picture(here: Project) -> None:
    one, other = cats(here)
    result = invoke(one, other, "--sheet", other)
    assert result.exit_code == 1
    assert "Expected a new file for `--sheet`" in result.stderr


def test_a_picture_that_is_not_there_is_one_line(here: Project) -> None:
    result = invoke(cats(here)[0], "gone.png")
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: Expected a picture. Received: 'gone.png'")


def test_the_help_tells_the_default_of_the_library() -> None:
    assert f"[default: {EQUAL_WITHIN:g}]" in " ".join(invoke("--help").stdout.split())


def test_it_loads_neither_tensorflow_nor_keras(trained: Project, tmp_path: Path) -> None:
    one, other = sorted(trained.pictures.glob("*.png"))[:2]
    places = ("--models", str(trained.places.models), "--indexes", str(trained.places.indexes))
    words = [str(one), str(other), *places, "--sheet", str(tmp_path / "sheet.png")]
    code = f"from aekeras.cli.explain import explain\nexplain({words!r})\n"
    assert loaded_after(code, tmp_path) == {"numpy", "PIL", "faiss", "ai_edge_litert"}


def test_its_help_loads_nothing_heavy(tmp_path: Path) -> None:
    assert loaded_after("from aekeras.cli.explain import explain\nexplain(['--help'])\n", tmp_path) == set()
