"""`aekeras losses`."""

from __future__ import annotations

import json

from click.testing import CliRunner

from aekeras import losses
from aekeras.cli import main


def output(*words: str) -> str:
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_the_list_is_one_array_with_the_keys_that_are_fixed() -> None:
    rows = json.loads(output("losses", "list", "--json"))
    assert [row["name"] for row in rows] == [row.name for row in losses.catalogue()]
    for row in rows:
        assert {"name", "summary", "sees", "blind_to", "source"} <= set(row)
        assert isinstance(row["blind_to"], list)
    assert {row["name"]: row["blind_to"] for row in rows}["l1_red"] == ["green", "blue"]


def test_the_list_says_what_each_loss_is_blind_to() -> None:
    text = output("losses")
    assert text == output("losses", "list")
    words = [line.split() for line in text.splitlines()]
    assert [line[0] for line in words[::2]] == [row.name for row in losses.catalogue()]
    assert words[1] == ["blind", "to", "nothing"]
    assert words[3] == ["blind", "to", "chroma"]


def test_one_loss_is_shown_with_its_formula() -> None:
    text = output("losses", "show", "l1_gray")
    assert "mean |luma(x) - luma(y)|" in text
    assert "0.299 R + 0.587 G + 0.114 B" in text
    shown = json.loads(output("losses", "show", "l1_gray", "--json"))
    assert shown in json.loads(output("losses", "list", "--json"))


def test_an_unknown_loss_gets_the_nearest_name() -> None:
    result = CliRunner().invoke(main, ["losses", "show", "l1_grey"])
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: Unknown loss 'l1_grey'. Expected one of: l1, l1_gray, ")
    assert line.endswith("Did you mean 'l1_gray'?")
