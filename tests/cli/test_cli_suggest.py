"""`aekeras losses suggest` on a few pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from aekeras import samples
from aekeras.cli import main
from aekeras.cli.loss_suggestion import suggest as command
from aekeras.samples import Sample
from aekeras.suggestion import suggest

CATS, SHAPES = ("ginger.png", "blue.png"), ("ginger.png", "dog.png")
WORDS = ("--equal", *CATS, "--different", *SHAPES, "--size", "32")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    cat = Sample(shape="cat", color="ginger")
    for name, sample in (("ginger", cat), ("blue", replace(cat, color="blue")), ("dog", replace(cat, shape="dog"))):
        samples.draw(sample, 32).save(folder / f"{name}.png")
    return folder


@pytest.fixture(autouse=True)
def _there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    group = main.commands["losses"]
    assert isinstance(group, click.Group)
    group.add_command(command)


def invoke(*words: str) -> Result:
    return CliRunner().invoke(main, ["losses", "suggest", *words])


def test_it_prints_what_the_library_prints_and_what_to_do_next() -> None:
    result = invoke(*WORDS)
    suggestion = suggest([CATS], [SHAPES], size=32)
    assert result.exit_code == 0
    assert result.stdout == f"{suggestion}\n"
    assert result.stderr.endswith(f"Next: aekeras train PICTURES --loss {suggestion.best}\n")


def test_json_is_one_object_on_one_line_with_a_further_loss_in_it() -> None:
    result = invoke(*WORDS, "--json", "--no-fit", "--loss", "2*l1_gray + l1_red", "--seed", "3")
    (line,) = result.stdout.splitlines()
    told = json.loads(line)
    assert told == suggest([CATS], [SHAPES], more=["2*l1_gray + l1_red"], size=32, seed=3, fit=False).to_dict()
    assert "2*l1_gray + l1_red" in [entry["loss"] for entry in told["losses"]]
    assert (told["sum"], told["seed"]) == (None, 3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Error: Give an example: `--equal A B` or `--different A B`, two files each."),
        (("--equal", "ginger.png"), "Error: Option '--equal' requires 2 arguments."),
        (("--size", "0", "--equal", *CATS), "Error: Invalid value for '--size'"),
    ],
)
def test_wrong_usage_ends_with_2(words: tuple[str, ...], message: str) -> None:
    result = invoke(*words)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith(message)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--equal", "ginger.png", "gone.png"), "Error: Expected a picture. Received: 'gone.png'"),
        (("--equal", *CATS, "--different", *CATS), "Error: Expected each pair to be either equal or different."),
        (("--equal", *CATS, "--loss", "l1_grey"), "Error: Unknown loss 'l1_grey'."),
    ],
)
def test_bad_input_is_one_clear_line(words: tuple[str, ...], message: str) -> None:
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(message)
