"""`aekeras losses`: the catalogue as it is listed and shown."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from aekeras import losses
from aekeras.cli import main


def invoke(*words: str, color: bool = False) -> Result:
    return CliRunner().invoke(main, ["losses", *words], color=color)


def output(*words: str, color: bool = False) -> str:
    result = invoke(*words, color=color)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def error_of(*words: str) -> str:
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    return line


def names_in(text: str) -> list[str]:
    """What stands in the left column."""
    return [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2] != " "]


def shown(row: losses.Row) -> str:
    return f"{row.name}(loss)" if row.wraps else row.name


def installed(folder: Path, name: str, entry_points: str) -> None:
    """A package that is installed in a folder, with these entry points and no code."""
    info = folder / f"{name}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(entry_points)


def test_the_list_is_one_array_with_the_keys_that_are_fixed() -> None:
    rows = json.loads(output("list", "--json"))
    assert [row["name"] for row in rows] == [row.name for row in losses.catalogue()]
    for row in rows:
        assert {"name", "summary", "sees", "blind_to", "source"} <= set(row)
        assert isinstance(row["blind_to"], list)
    assert {row["name"]: row["blind_to"] for row in rows}["l1_red"] == ["green", "blue"]


def test_the_list_needs_no_command_and_takes_its_options_without_one() -> None:
    assert output() == output("list")
    assert output("--json") == output("list", "--json")
    assert output("--blind-to", "chroma") == output("list", "--blind-to", "chroma")
    assert "Commands:" in output("--help")


def test_losses_stand_once_each_under_the_question_that_they_answer_in_the_order_of_the_catalogue() -> None:
    headings = [line for line in output().splitlines() if line and not line.startswith(" ")]
    rows = losses.catalogue()
    assert headings == list(dict.fromkeys(row.question for row in rows))
    by_question = sorted(rows, key=lambda row: headings.index(row.question))
    assert names_in(output()) == [shown(row) for row in by_question]
    for block in output().split("\n\n"):
        heading, *_ = block.splitlines()
        assert names_in(block) == [shown(row) for row in rows if row.question == heading]


def test_each_loss_says_what_it_counts_as_equal_and_what_it_is_blind_to() -> None:
    blocks = output("--family", "color")
    lines = [line.strip() for line in blocks.splitlines()]
    gray = next(number for number, line in enumerate(lines) if line.startswith("l1_gray"))
    assert "blind to chroma" in lines[gray : gray + 4]
    assert "every pixel\n  l1 " in output()
    assert "blind to nothing" in output("--family", "pixel")


def test_lines_keep_to_the_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in (80, 60, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        longest = max(map(len, output().splitlines()))
        assert longest <= min(columns, 100)
    assert longest > 80  # there was something to break


def test_colors_are_for_terminals_only() -> None:
    colored = output(color=True)
    assert "\x1b" not in output()
    assert click.style("who cares about colors?", bold=True) in colored
    assert click.style("blind to chroma", dim=True) in colored
    assert click.unstyle(colored) == output()


def test_filters_leave_the_losses_that_are_blind_to_all_of_the_words() -> None:
    green = json.loads(output("--blind-to", "green", "--json"))
    assert {"l1_red", "l1_blue"} <= {row["name"] for row in green}
    assert all("green" in row["blind_to"] for row in green)
    both = json.loads(output("--blind-to", "green", "--blind-to", "blue", "--json"))
    assert [row["name"] for row in both] == ["l1_red"]
    assert names_in(output("--blind-to", "green", "--blind-to", "blue")) == ["l1_red"]


def test_nothing_is_a_word_for_losses_that_see_all() -> None:
    names = names_in(output("--blind-to", "nothing"))
    assert sorted(names) == sorted(row.name for row in losses.catalogue() if not row.blind_to)


def test_a_family_can_be_asked_for() -> None:
    for family, rows in groupby(sorted(losses.catalogue(), key=lambda row: row.family), lambda row: row.family):
        assert sorted(names_in(output("--family", family))) == sorted(map(shown, rows))


def test_where_no_loss_is_found_there_is_a_line_on_what_there_is() -> None:
    for as_json, stdout in (((), ""), (("--json",), "[]\n")):
        result = invoke("--blind-to", "border", "--blind-to", "red", "--family", "color", *as_json)
        assert (result.exit_code, result.stdout) == (0, stdout)
        (line,) = result.stderr.splitlines()
        assert line.startswith(
            "No loss of the family color is blind to border and red. Blind to border: center(loss). "
        )
        assert "Blind to red: l1_green, l1_blue" in line
        assert "Family color: l1_gray, l1_red, " in line


def test_an_unknown_word_or_family_gets_the_known_ones_and_the_nearest() -> None:
    line = error_of("--blind-to", "crhoma")
    assert line.startswith("Error: Expected `--blind-to` to be one of: chroma, green, ")
    assert line.endswith("nothing. Received: 'crhoma'. Did you mean 'chroma'?")
    line = error_of("--family", "wrap")
    assert line.startswith("Error: Expected `--family` to be one of: pixel, color, ")
    assert line.endswith("Received: 'wrap'. Did you mean 'wrapper'?")
    assert error_of("--family", "zzz").endswith("Received: 'zzz'. Choose one of these.")


def test_installed_losses_are_listed_without_being_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "stripy", "[aekeras.losses]\nstripes = stripy_that_is_not_there:Stripes\nz = broken:\n")
    assert "installed" not in output().splitlines()
    monkeypatch.syspath_prepend(str(tmp_path))
    *_, heading, first, second = output().splitlines()
    assert heading == "installed"
    assert first.split(maxsplit=1) == ["stripes", "stripy_that_is_not_there:Stripes, of stripy 1.2"]
    assert second.split()[0] == "z"
    assert "stripes" not in output("--family", "pixel")
    assert [row["name"] for row in json.loads(output("--json"))] == [row.name for row in losses.catalogue()]


def test_one_loss_is_shown_with_its_formula() -> None:
    text = output("show", "l1_gray")
    assert "mean |luma(x) - luma(y)|" in text
    assert "0.299 R + 0.587 G + 0.114 B" in text
    assert "who cares about colors?" in text
    assert "blind to  chroma" in text
    assert "BT.601" in text
    assert json.loads(output("show", "l1_gray", "--json")) in json.loads(output("list", "--json"))


def test_every_loss_of_the_catalogue_can_be_shown() -> None:
    for row in losses.catalogue():
        text = output("show", row.name)
        assert text.splitlines()[0] == shown(row)
        words = " ".join(text.split())
        assert " ".join(row.formula.split()) in words
        assert f"source {' '.join(row.source.split())}" in words
        assert all(f"{name}=" in words for name in row.knobs)


def test_a_wrapper_is_shown_under_either_name_with_its_knobs_as_they_are_written() -> None:
    text = output("show", "center")
    assert text == output("show", "center(loss)")
    assert "knobs     center(loss, size=0.9)" in text
    assert "knobs" not in output("show", "mirror")


def test_several_losses_are_shown_below_each_other_or_as_a_line_of_json_each() -> None:
    assert output("show", "l1", "mirror") == output("show", "l1") + "\n" + output("show", "mirror")
    lines = output("show", "l1", "mirror", "--json").splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["l1", "mirror"]


def test_an_unknown_loss_gets_the_nearest_name() -> None:
    line = error_of("show", "l1_grey")
    assert line.startswith("Error: Unknown loss 'l1_grey'. Expected one of: l1, l1_gray, ")
    assert line.endswith("Did you mean 'l1_gray'?")
