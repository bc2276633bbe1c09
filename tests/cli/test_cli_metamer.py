"""`aekeras metamer`: needs a picture and a loss, and nothing that was trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from aekeras.cli import main
from aekeras.metamers import metamer
from aekeras.samples import Sample, draw


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    draw(Sample(shape="cat", color="ginger"), 64).save("cat.png")
    return tmp_path


def invoke(*words: str) -> Result:
    return CliRunner().invoke(main, ["metamer", *words])


def test_it_prints_what_the_library_prints() -> None:
    result = invoke("cat.png", "--loss", "l1_gray", "--size", "24", "--count", "3")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{metamer('cat.png', 'l1_gray', size=24, count=3)}\n"


def test_json_is_one_object_of_what_was_asked_for() -> None:
    words = ("--count", "2", "--size", "16", "--seed", "7", "--tolerance", "0.05", "--descent")
    result = invoke("cat.png", "--loss", "l1_red", *words, "--json")
    expected = metamer("cat.png", "l1_red", count=2, size=16, seed=7, tolerance=0.05, descent=True).to_dict()
    assert json.loads(result.stdout) == expected
    assert result.stdout.count("\n") == 1
    assert expected["metamers"][0]["made_by"] == "descent from a sample"


def test_it_draws_a_sheet(here: Path) -> None:
    result = invoke("cat.png", "--loss", "palette", "--size", "24", "--sheet", "sheet.png")
    assert result.stderr == "Drew sheet.png.\n"
    with Image.open(here / "sheet.png") as sheet:
        assert sheet.width > 700  # the picture and six others, 128 pixels wide each


def test_a_sheet_over_the_picture_itself_is_refused(here: Path) -> None:
    before = (here / "cat.png").read_bytes()
    result = invoke("cat.png", "--loss", "l1", "--sheet", "cat.png")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "cat.png, which is an image. Name another file." in result.stderr
    assert (here / "cat.png").read_bytes() == before


def test_a_loss_has_to_be_named() -> None:
    result = invoke("cat.png")
    assert result.exit_code == 2
    assert "Missing option '--loss'" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("cat.png", "--loss", "l1_grey"), "Did you mean 'l1_gray'?"),
        (("absent.png", "--loss", "l1"), "'absent.png', which does not exist. Check the path."),
        (("cat.png", "--loss", "l1", "--count", "0"), "Expected `count` of at least 1. Received: 0."),
        (("cat.png", "--loss", "l1", "--tolerance", "2"), "Expected `tolerance` between 0 and 1"),
    ],
)
def test_whatever_is_wrong_is_one_line_with_exit_code_1(words: tuple[str, ...], message: str) -> None:
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert message in line
