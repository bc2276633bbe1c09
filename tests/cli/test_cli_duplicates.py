"""`aekeras duplicates` on what a training has left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from PIL import Image

import aekeras
from aekeras.cli import main

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["duplicates", *map(str, words)])


def test_it_prints_what_the_library_prints(here: Project) -> None:
    result = invoke("--max-distance", "0.02", "--under", here.pictures)
    assert (result.exit_code, result.exception) == (0, None)
    assert result.stdout == f"{aekeras.duplicates(max_distance=0.02, under=here.pictures)}\n"
    assert "more than one needs under l1_gray." in result.stdout.splitlines()[-1]


@pytest.mark.usefixtures("here")
def test_json_is_one_object_per_loss() -> None:
    told = [json.loads(line) for line in invoke("--json").stdout.splitlines()]
    assert told == aekeras.duplicates().to_dict()
    assert [entry["loss"] for entry in told] == ["l1", "l1_gray"]
    assert told[1].keys() == {"loss", "index", "max_distance", "judged_by", "groups"}
    first = told[1]["groups"][0]["pictures"][0]
    assert first == {"path": first["path"], "distance": 0.0, "identical": False}
    assert Path(first["path"]).is_file()


@pytest.mark.usefixtures("here")
def test_it_draws_a_sheet(tmp_path: Path) -> None:
    result = invoke("--loss", "l1_gray", "--sheet", tmp_path / "sheet.png")
    assert f"Drew {tmp_path / 'sheet.png'}." in result.stderr
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert min(sheet.size) > 500


def test_a_sheet_over_one_of_the_pictures_is_refused(here: Project) -> None:
    (found,) = aekeras.duplicates(["l1_gray"])
    picture = found.groups[0].pictures[1].path
    before = picture.read_bytes()
    result = invoke("--loss", "l1_gray", "--sheet", picture.relative_to(here.root))
    assert result.exit_code == 1
    assert "which is an image. Name another file." in result.stderr
    assert picture.read_bytes() == before


@pytest.mark.usefixtures("here")
def test_it_draws_that_there_are_none(tmp_path: Path) -> None:
    result = invoke("--loss", "l1", "--max-distance", "0", "--sheet", tmp_path / "sheet.png")
    assert result.exit_code == 0
    assert result.stdout == "No duplicates among 120 pictures under l1: no two are as near as 0.\n"


@pytest.mark.parametrize(("option", "done"), [("--copy-to", "Copied"), ("--link-to", "Linked")])
def test_groups_go_to_folders(here: Project, tmp_path: Path, option: str, done: str) -> None:
    result = invoke("--loss", "l1_gray", option, tmp_path / "out")
    (found,) = aekeras.duplicates(["l1_gray"])
    assert f"{done} {found.pictures} pictures of {len(found.groups)} groups to {tmp_path / 'out'}." in result.stderr
    folders = sorted((tmp_path / "out").iterdir())
    for group, folder in zip(found.groups, folders, strict=True):
        assert {path.name for path in folder.iterdir()} == {picture.path.name for picture in group.pictures}
        assert all((folder / p.path.name).read_bytes() == p.path.read_bytes() for p in group.pictures)
    assert len(list(here.pictures.glob("*.png"))) == 120


@pytest.mark.usefixtures("here")
def test_nothing_to_copy_leaves_no_folder(tmp_path: Path) -> None:
    result = invoke("--loss", "l1", "--max-distance", "0", "--copy-to", tmp_path / "out")
    assert (result.exit_code, (tmp_path / "out").exists()) == (0, False)
    assert "Nothing to put into" in result.stderr


@pytest.mark.usefixtures("here")
def test_a_folder_for_both_copies_and_links_is_refused() -> None:
    result = invoke("--copy-to", "a", "--link-to", "b")
    assert result.exit_code == 2
    assert "Expected --copy-to or --link-to. Received: both." in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--loss", "l1_grey"), "Did you mean 'l1_gray'?"),
        (("--max-distance", "-1"), "Expected `max_distance` of at least 0. Received: -1.0."),
        (("--under", "absent"), "below absent. Found none."),
        (("--copy-to", "pictures/new"), "among the pictures of pictures"),
        (("--link-to", "indexes/new"), "one in indexes. Choose a folder elsewhere."),
        (("--copy-to", "pictures"), "one that holds something"),
    ],
)
@pytest.mark.usefixtures("here")
def test_whatever_is_wrong_is_one_line_with_exit_code_1(words: tuple[str, ...], message: str) -> None:
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = [line for line in result.stderr.splitlines() if not line.startswith("Comparing")]
    assert line.startswith("Error: ")
    assert message in line
