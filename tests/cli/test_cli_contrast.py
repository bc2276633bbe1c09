"""`aekeras search --equal ... --different ...` on what a training has left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from test_imports import command, loaded_after

from aekeras import index
from aekeras.cli import main
from aekeras.contrasts import Limits, contrast
from aekeras.places import Places
from aekeras.shares import EQUAL_WITHIN

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow
ASKED = ("--equal", "l1_gray", "--different", "l1")


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["search", *map(str, words)])


def cats(project: Project) -> list[Path]:
    return [path.relative_to(project.root) for path in sorted(project.pictures.glob("cat-*.png"))[:2]]


def test_json_is_an_object_per_query_and_line(here: Project) -> None:
    result = invoke(*cats(here), *ASKED, "-k", "3", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert told == contrast(cats(here), equal=["l1_gray"], different=["l1"], k=3).to_dict()
    assert [entry["query"] for entry in told] == [str(path) for path in cats(here)]


def test_it_prints_what_the_library_prints(here: Project) -> None:
    limits = {"equal_below": 0.8, "different_above": 0.4}
    result = invoke(cats(here)[0], *ASKED, "--equal-below", "0.8", "--different-above", "0.4")
    assert result.stdout == f"{contrast(cats(here)[0], equal=['l1_gray'], different=['l1'], **limits)}\n"


def test_one_share_is_the_limit_of_both(here: Project) -> None:
    result = invoke(cats(here)[0], *ASKED, "--equal-within", "0.3")
    assert result.stdout == f"{contrast(cats(here)[0], equal=['l1_gray'], different=['l1'], equal_within=0.3)}\n"
    assert result.stdout == invoke(cats(here)[0], *ASKED, "--equal-below", "0.3", "--different-above", "0.3").stdout
    gap = invoke(cats(here)[0], *ASKED, "--equal-within", "0.3", "--different-above", "0.6", "--json")
    expected = contrast(cats(here)[0], equal=["l1_gray"], different=["l1"], equal_below=0.3, different_above=0.6)
    assert [json.loads(line) for line in gap.stdout.splitlines()] == expected.to_dict()


def test_losses_can_be_repeated(here: Project) -> None:
    result = invoke(cats(here)[0], "--equal", "l1_gray", "--equal", "l1", "--json")
    assert json.loads(result.stdout)["equal"] == ["l1_gray", "l1"]


def test_finding_nothing_is_no_error_and_says_which_limit_it_was(here: Project) -> None:
    result = invoke(cats(here)[0], *ASKED, "--different-above", "9", "--equal-below", "0.5")
    assert result.exit_code == 0
    assert "Lower --different-above." in result.stdout


def test_it_draws_a_sheet_even_of_nothing(here: Project, tmp_path: Path) -> None:
    for number, limit in enumerate(("0", "9")):
        sheet = tmp_path / f"{number}.png"
        assert invoke(cats(here)[0], *ASKED, "--different-above", limit, "--sheet", sheet).stderr == f"Drew {sheet}.\n"
        with Image.open(sheet) as image:
            assert min(image.size) > 200


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*ASKED, "--loss", "l1"), "Expected --loss, or --equal and --different. Received: both."),
        ((*ASKED, "--max-distance", "1"), "Expected --max-distance, or --equal and --different. Received: both."),
        (("--different", "l1"), "Expected --equal with --different. Received: none."),
        (("--equal-within", "0.1"), "Expected --unique or --equal with --equal-within. Received: neither. Name one."),
        (("--equal-below", "3"), "Expected --equal with --equal-below. Received: none."),
        (("--equal", "l1", "--different-above", "3"), "Expected --different with --different-above. Received: none."),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(words: tuple[str, ...], message: str, here: Project) -> None:
    result = invoke(cats(here)[0], *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_loss_without_an_index_is_one_line(here: Project) -> None:
    result = invoke(cats(here)[0], "--equal", "l1_grey", "--different", "l1")
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.endswith("Did you mean 'l1_gray'?")


@pytest.mark.usefixtures("own")
@pytest.mark.filterwarnings("default::aekeras.contrasts.FewSharedWarning")
def test_a_warning_of_few_shared_pictures_is_one_line(trained: Project) -> None:
    paths = sorted(trained.pictures.glob("cat-*.png"))[:3]
    index.build_indexes(paths, ["l1_gray"], Places())
    result = invoke(paths[0], *ASKED)
    assert result.exit_code == 0
    (line,) = result.stderr.splitlines()
    assert line.startswith("Warning: Only 3 of 120 pictures are in all of indexes/l1_gray and indexes/l1")


def test_the_help_tells_the_defaults_of_the_library() -> None:
    text = " ".join(invoke("--help").stdout.split())
    assert Limits() == Limits(equal_below=EQUAL_WITHIN, different_above=EQUAL_WITHIN)
    assert f"--different: above it. [default: {EQUAL_WITHIN:g}]" in text


def test_a_limit_out_of_range_is_one_line(here: Project) -> None:
    result = invoke(cats(here)[0], *ASKED, "--equal-within", "5.5e1")
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: Expected `equal_within` from 0 to 10. Received: 55.")


def test_it_loads_neither_tensorflow_nor_keras(trained: Project, tmp_path: Path) -> None:
    query = sorted(trained.pictures.glob("*.png"))[0]
    places = ("--models", str(trained.places.models), "--indexes", str(trained.places.indexes))
    words = ("search", str(query), *ASKED, *places, "--sheet", str(tmp_path / "sheet.png"))
    assert loaded_after(command(*words), tmp_path) == {"numpy", "PIL", "faiss", "ai_edge_litert"}
