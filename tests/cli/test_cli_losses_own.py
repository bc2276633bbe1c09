"""`aekeras losses`: a loss of one's own, written, checked, shown and drawn."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from aekeras.cli import main
from aekeras.losses import catalogue
from aekeras.losses.conformance.report import Check, Report

NEGATIVE = """
from keras import ops

def negative(y_true, y_pred):
    return ops.mean(y_pred - y_true, axis=(1, 2, 3))
"""


def invoke(*words: str, color: bool = False) -> Result:
    return CliRunner().invoke(main, ["losses", *words], color=color)


def output(*words: str) -> str:
    result = invoke(*words)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def error_of(*words: str) -> str:
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    return line


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def own(folder: Path) -> Path:
    """The folder, with the template in my_losses.py."""
    output("new", "my_losses.py")
    return folder


def test_new_writes_a_file_and_says_what_to_do_next(folder: Path) -> None:
    assert output("new", "my_losses.py").splitlines() == [
        "Wrote my_losses.py: the class Colorful, and a plain function. Next:",
        "  aekeras losses check my_losses.py:Colorful",
        "  aekeras train PICTURES --loss my_losses.py:Colorful",
    ]
    assert "class Colorful(ViewLoss):" in Path("my_losses.py").read_text()
    assert [path.name for path in folder.iterdir()] == ["my_losses.py"]


def test_the_next_commands_can_be_typed_whatever_the_path_and_the_name(folder: Path) -> None:
    (folder / "my losses + more").mkdir()
    *_, line = output("new", "my losses + more/of mine.py", "--name", "Mine").splitlines()
    words = shlex.split(line)
    assert words[:4] == ["aekeras", "train", "PICTURES", "--loss"]
    assert json.loads(output("show", words[4], "--json"))["source"] == "my losses + more/of mine.py"


def test_new_never_overwrites_a_file(folder: Path) -> None:
    Path("mine.py").write_text("mine")
    Path("link.py").symlink_to("nowhere")
    for name in ("mine.py", "link.py"):
        assert error_of("new", name) == (
            f"Error: Expected a new file. Received: {name}, which exists. Name another one."
        )
    assert Path("mine.py").read_text() == "mine"
    assert Path("link.py").is_symlink()
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("mine.txt",), "Expected a file name ending in .py. Received: mine.txt. Name one, for example my_losses.py."),
        (("no/mine.py",), "Expected a folder for mine.py. Received: no, which is none. Create it first."),
        (
            ("mine.py", "--name", "my-loss"),
            "Expected `name` to be a Python identifier. Received: 'my-loss'. Choose one such as Colorful.",
        ),
    ],
)
def test_new_refuses_what_cannot_be_written(words: Sequence[str], message: str, folder: Path) -> None:
    assert error_of("new", *words) == f"Error: {message}"
    assert not list(folder.iterdir())


def test_a_loss_of_ones_own_is_shown_by_what_it_says_of_itself(own: Path) -> None:
    del own
    assert output("show", "my_losses.py:Colorful").splitlines() == [
        "my_losses.py:Colorful",
        "  summary   Equal when the same places are equally colorful, in whatever color",
        "            and light.",
        "  question  your own",
        "  blind to  luma, inversion",
        "  knobs     my_losses.py:Colorful(pale=0.1)",
        "  source    my_losses.py",
    ]
    shown = json.loads(output("show", "my_losses.py:highlights", "--json"))
    assert shown["summary"] == "As l1, but what is light counts more than what is dark."
    assert (shown["name"], shown["family"], shown["blind_to"]) == ("my_losses.py:highlights", "own", [])


def test_a_loss_without_a_docstring_is_shown_without_a_summary(folder: Path) -> None:
    (folder / "mine.py").write_text(NEGATIVE)
    assert "summary" not in output("show", "mine.py:negative")


def test_a_sum_is_shown_in_its_canonical_form_term_by_term() -> None:
    lines = output("show", "0.3*l1_gray + 0.35*l1_green + 0.35*l1_green").splitlines()
    assert lines[:3] == ["0.3*l1_gray + 0.7*l1_green", "  blind to  some colors", ""]
    assert lines[3].startswith("  0.3*l1_gray   lightness only: ")
    assert lines[-2].startswith("  0.7*l1_green  the green channel only")
    assert lines[-1].split() == ["blind", "to", "red,", "blue"]


def test_what_a_sum_is_blind_to_and_its_terms_are_in_the_json() -> None:
    shown = json.loads(output("show", "l1_red + 2*mirror(l1_green)", "--json"))
    assert (shown["name"], shown["blind_to"]) == ("l1_red + 2*mirror(l1_green)", ["blue"])
    red, mirror = shown["terms"]
    assert (red["weight"], red["name"], red["formula"]) == (1.0, "l1_red", "mean |R(x) - R(y)|")
    assert (mirror["weight"], mirror["blind_to"]) == (2.0, ["red", "blue", "flip"])
    assert [inner["name"] for inner in mirror["losses"]] == ["l1_green"]


def test_a_wrapped_loss_is_shown_with_what_is_inside() -> None:
    lines = output("show", "center(l1_gray, size=0.5)").splitlines()
    assert lines[0] == "center(l1_gray, size=0.5)"
    assert "  blind to  chroma, border" in lines
    assert "  knobs     center(loss, size=0.9)" in lines
    assert any(line.startswith("  l1_gray  lightness only") for line in lines)


def test_text_that_is_no_expression_is_told_by_its_column() -> None:
    assert "at column 5 of 'l1 +'" in error_of("show", "l1 +")
    assert "Expected a file of losses in mine.py. Found none." in error_of("show", "mine.py:Mine")


def test_a_sheet_has_a_row_of_pictures_and_one_for_each_term(own: Path) -> None:
    heights = []
    for names in (["l1_gray"], ["l1_gray", "l1_red + my_losses.py:Colorful"]):
        result = invoke("show", *names, "--sheet", "sheet.png")
        assert (result.exit_code, result.stderr) == (0, "Drew sheet.png.\n"), result.output
        with Image.open(own / "sheet.png") as page:
            heights.append(page.height)
    row = 130  # pixels: a tile of 128 in its frame
    assert heights[1] - heights[0] >= 2 * row
    assert heights[1] - heights[0] < 3 * row


def test_a_sheet_of_a_bare_wrapper_asks_for_the_loss_inside(folder: Path) -> None:
    result = invoke("show", "mirror", "--sheet", "sheet.png")
    assert result.exit_code == 1
    assert "one loss inside, as in mirror(l1_gray)" in result.stderr
    assert not list(folder.iterdir())


def test_a_view_that_raises_is_told_by_the_persons_own_line(own: Path) -> None:
    broken = (own / "my_losses.py").read_text().replace("ops.relu(most", "ops.relu(mots")
    (own / "broken.py").write_text(broken)
    result = invoke("show", "broken.py:Colorful", "--sheet", "sheet.png")
    line = result.stderr.splitlines()[-1]
    assert result.exit_code == 1
    assert line.startswith("Error: Expected a view of broken.py:Colorful. Received: NameError: name 'mots' is not")
    assert "(broken.py, line " in line
    assert not (own / "sheet.png").exists()


@pytest.mark.slow
def test_the_template_passes_the_check_and_what_fails_ends_with_exit_code_1_and_its_figures(own: Path) -> None:
    (own / "mine.py").write_text(NEGATIVE)
    result = invoke("check", "my_losses.py:Colorful", "my_losses.py:highlights", "mine.py:negative", "--json")
    *good, bad = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 1
    assert [(report["loss"], report["passed"]) for report in good] == [
        ("my_losses.py:Colorful", True),
        ("my_losses.py:highlights", True),
    ]
    assert (bad["loss"], bad["passed"]) == ("mine.py:negative", False)
    failed = {check["name"] for check in bad["checks"] if not check["passed"]}
    assert {"non-negative", "symmetric"} <= failed
    assert all({"name", "passed", "figure"} <= set(check) for check in bad["checks"])


def test_an_unknown_loss_is_no_failed_check_but_an_error() -> None:
    assert error_of("check", "l1", "l1_grey").endswith("Did you mean 'l1_gray'?")


def test_passed_and_failed_are_green_and_red_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = (
        Check("shape", "passed", None, "told"),
        Check("finite", "failed", None, "FAILED"),
        Check("later", "not measured", None, "told"),
    )
    monkeypatch.setattr("aekeras.losses.conformance.check", lambda *names, **_: [Report(names[0], checks)])
    colored = invoke("check", "l1", color=True).stdout.splitlines()
    assert colored[:5] == [
        "l1: 1 of 3 checks passed",
        f"  {click.style('passed', fg='green')}  shape              told",
        f"  {click.style('FAILED', fg='red')}  finite",
        "    FAILED",
        "    -     later              told",
    ]
    assert "\x1b" not in invoke("check", "l1").stdout


def test_without_a_name_the_whole_catalogue_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def check(*names: str, progress: object) -> list[Report]:
        del progress
        asked.extend(names)
        return [Report(name, (Check("shape", "passed", None, "told"),)) for name in names]

    monkeypatch.setattr("aekeras.losses.conformance.check", check)
    result = invoke("check")
    assert result.exit_code == 0
    assert asked == [row.example for row in catalogue() if row.example]
    assert "deep_features is not checked. It needs a model: deep_features(model='network.keras')." in result.stderr
