"""The catalogue of losses as lines of text: by question, filtered, as wide as the terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint

import click

from aekeras.errors import InputError, did_you_mean
from aekeras.losses import FAMILIES, Row, catalogue

NOTHING = "nothing"
"""The word for a loss that sees everything."""

_NARROWEST, _WIDEST = 40, 100


def chosen(blind_to: Sequence[str] = (), family: str | None = None) -> list[Row]:
    """The rows of the losses that are blind to all of these words and of this family.

    Raises:
        InputError: A word that no loss is blind to, or an unknown family.
    """
    for word in blind_to:
        _expect("--blind-to", word, [*dict.fromkeys(word for row in catalogue() for word in row.blind_to), NOTHING])
    if family is not None:
        _expect("--family", family, FAMILIES)
    return [row for row in catalogue() if family in (None, row.family) and set(blind_to) <= set(_words(row))]


def nothing_found(blind_to: Sequence[str], family: str | None) -> str:
    """What to say where no loss has all that was asked for: what there is for each of it."""
    asked = " and ".join(dict.fromkeys(blind_to))
    which = f"No loss{f' of the family {family}' if family else ''} is blind to {asked}."
    there = [f"Blind to {word}: {_names(chosen([word]))}." for word in dict.fromkeys(blind_to)]
    return " ".join([which, *there, *([f"Family {family}: {_names(chosen(family=family))}."] if family else [])])


def listed(rows: Iterable[Row], installed: Iterable[EntryPoint] = ()) -> str:
    """The losses under the questions that they answer, in the order of the catalogue.

    Args:
        rows: Of the catalogue.
        installed: Losses that other packages bring along.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.question, []).append(row)
    width = max(len(called(row)) for group in groups.values() for row in group)
    blocks = {
        question: [entry(called(row), row.summary, row.blind_to, width) for row in group]
        for question, group in groups.items()
    }
    others = list(installed)
    if others:
        width = max(len(point.name) for point in others)
        blocks["installed"] = [columns(point.name, [_source(point)], width) for point in others]
    return "\n\n".join("\n".join([click.style(head, bold=True), *entries]) for head, entries in blocks.items())


def entry(name: str, summary: str, blind_to: Sequence[str], width: int) -> str:
    """A loss in two columns: its name; its summary, and what it is blind to."""
    lines = [summary.removeprefix(f"{name}: "), f"blind to {', '.join(blind_to or (NOTHING,))}"]
    return columns(name, [line for line in lines if line], width)


def columns(name: str, texts: Sequence[str], width: int) -> str:
    """The name at the left, the texts at the right, broken into lines as they need it; all but the first are pale.

    Args:
        name: At most `width` letters.
        texts: At least one.
        width: Of the left column; where it takes more than half of the page, the texts stand below the name.
    """
    below = width > page_width() // 2
    start = 6 if below else width + 4
    lines = []
    for number, text in enumerate(texts):
        wrapped = textwrap.wrap(text, page_width() - start, break_on_hyphens=False)
        lines += [f"{'':<{start}}" + (click.style(line, dim=True) if number else line) for line in wrapped]
    head = f"  {name}"
    return "\n".join([head, *lines] if below else [head.ljust(start) + lines[0][start:], *lines[1:]])


def called(row: Row) -> str:
    """How the loss is written in an expression: mirror(loss) for one that wraps another."""
    return f"{row.name}(loss)" if row.wraps else row.name


def page_width() -> int:
    """Columns to fill: of the terminal, within what is read with ease; 80 where there is none."""
    return min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)


def _words(row: Row) -> tuple[str, ...]:
    return row.blind_to or (NOTHING,)


def _names(rows: Iterable[Row]) -> str:
    return ", ".join(called(row) for row in rows)


def _expect(option: str, word: str, known: Iterable[str]) -> None:
    known = list(known)
    if word not in known:
        hint = did_you_mean(word, known) or " Choose one of these."
        raise InputError(f"Expected `{option}` to be one of: {', '.join(known)}. Received: {word!r}.{hint}")


def _source(point: EntryPoint) -> str:
    """Where an installed loss is from."""
    package = point.dist
    return point.value if package is None else f"{point.value}, of {package.name} {package.version}"
