"""What the README shows: its loss, its table of losses, its commands and its links."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import click
import pytest

from aekeras import losses
from aekeras.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
LOSSES = re.search(r"^## The losses$(.*?)^## ", README, re.DOTALL | re.MULTILINE)[1]  # type: ignore[index]
COMMANDS = re.findall(r"^    (aekeras .*)$", LOSSES, re.MULTILINE)
LINKS = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", README) if "://" not in link]


@pytest.mark.slow
def test_its_loss_keeps_what_a_loss_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, own = LOSSES.split("### A loss of your own\n")
    code = own.split("```python\n")[1].split("```")[0]
    (name,) = (node.name for node in ast.parse(code).body if isinstance(node, ast.ClassDef))
    Path("my_losses.py").write_text(code)
    (report,) = losses.check(f"my_losses.py:{name}")
    assert report.passed, str(report)
    assert losses.get(f"my_losses.py:{name}").blind_to


def test_its_table_has_the_losses_of_the_catalogue_and_no_other() -> None:
    rows = [line.split("|") for line in LOSSES.splitlines() if line.startswith("| ")][1:]
    named = [name for row in rows for name in re.findall("`(.+?)`", row[2])]
    assert sorted(named) == sorted(f"{row.name}(loss)" if row.wraps else row.name for row in losses.catalogue())


@pytest.mark.parametrize("line", COMMANDS)
def test_its_commands_can_be_typed(line: str) -> None:
    """They are parsed and not run."""
    command: click.Command = main
    context = click.Context(command)
    words = shlex.split(line, comments=True)[1:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        _, command, words = command.resolve_command(context, words)  # type: ignore[assignment]
        context = click.Context(command, parent=context)
    assert command is not main
    command.make_context(line, words)


def test_there_are_commands_and_links() -> None:
    assert len(COMMANDS) > 5
    assert len(LINKS) > 3


@pytest.mark.parametrize("link", LINKS)
def test_what_it_links_to_exists(link: str) -> None:
    assert (ROOT / link).exists()
