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
from aekeras.index import build_indexes
from aekeras.shares import EQUAL_WITHIN

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
    assert told[1].keys() == {"loss", "index", "max_distance", "equal_within", "judged_by", "groups"}
    assert (told[1]["equal_within"], told[1]["judged_by"]) == (0.05, "loss")
    first = told[1]["groups"][0]["pictures"][0]
    assert first == {
        "path": first["path"],
        "distance": 0.0,
        "share": 0.0,
        "contradicted": False,
        "identical": False,
    }
    assert Path(first["path"]).is_file()


@pytest.mark.usefixtures("here")
def test_json_up_to_a_distance_has_no_shares() -> None:
    (told,) = (
        json.loads(line) for line in invoke("--loss", "l1_gray", "--max-distance", "0.02", "--json").stdout.splitlines()
    )
    assert (told["max_distance"], told["equal_within"]) == (0.02, None)
    assert told["groups"][0]["pictures"][0].keys() == {"path", "distance", "identical"}


@pytest.mark.usefixtures("here")
def test_what_is_equal_is_a_share_of_a_typical_loss() -> None:
    result = invoke("--equal-within", "0.15")
    assert (result.exit_code, result.exception) == (0, None)
    assert result.stdout == f"{aekeras.duplicates(equal_within=0.15)}\n"
    assert "equal within 15 % of typical, by the loss" in result.stdout
    assert invoke().stdout == invoke("--equal-within", "0.05").stdout == f"{aekeras.duplicates()}\n"


@pytest.mark.usefixtures("here")
def test_that_none_are_equal_is_said_with_the_limit() -> None:
    (found,) = aekeras.duplicates(["l1"], equal_within=0.0)
    assert found.groups == ()
    result = invoke("--loss", "l1", "--equal-within", "0")
    assert result.stdout == "No duplicates among 120 pictures under l1: no two are within 0 % of typical.\n"


@pytest.mark.usefixtures("here")
def test_both_a_share_and_a_distance_are_wrong_usage() -> None:
    result = invoke("--equal-within", "0.05", "--max-distance", "0.02")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Expected --equal-within or --max-distance. Received: both. Leave one out." in result.stderr


@pytest.mark.usefixtures("own")
def test_an_index_without_pictures_is_judged_by_codes_which_is_said() -> None:
    build_indexes("pictures", ["l1_gray"], keep_images=False)
    first = invoke("--loss", "l1_gray").stdout.splitlines()[0]
    assert first.endswith("by the distances of their codes, for the index keeps no pictures")
    assert json.loads(invoke("--loss", "l1_gray", "--json").stdout)["judged_by"] == "codes"


def test_the_help_tells_the_default_of_the_library() -> None:
    assert f"[default: {EQUAL_WITHIN:g}]" in " ".join(invoke("--help").stdout.split())


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
        (("--equal-within", "5.5e1"), "Expected `equal_within` from 0 to 10. Received: 55."),
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
