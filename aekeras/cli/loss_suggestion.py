"""`aekeras losses suggest`: from examples to a loss."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from aekeras.cli.options import FILE, json_option, print_json


@click.command()
@click.option("--equal", nargs=2, multiple=True, type=FILE, metavar="A B", help="Two pictures that are to be equal.")
@click.option("--different", nargs=2, multiple=True, type=FILE, metavar="A B", help="Two that are to be different.")
@click.option("--loss", "more", multiple=True, metavar="EXPR", help="Rank this one, too; may be repeated.")
@click.option("--size", type=click.IntRange(min=1), default=64, show_default=True, help="Pixels per side.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all that is random.")
@click.option("--fit/--no-fit", default=True, help="Whether to fit the weights of a sum. [default: fit]")
@json_option
@click.pass_context
def suggest(
    context: click.Context,
    equal: tuple[tuple[Path, Path], ...],
    different: tuple[tuple[Path, Path], ...],
    as_json: bool,
    **asked: Any,
) -> None:
    """Rank the losses by how well they agree with your examples.

    Give pairs of pictures that are to be equal, and pairs that are to be different; each option may be repeated. No
    model is needed. With three pairs of each kind and more, there are intervals.
    """
    from aekeras.cli.progress import Display
    from aekeras.suggestion import suggest

    if not equal and not different:
        raise click.UsageError("Give an example: `--equal A B` or `--different A B`, two files each.", context)
    with Display() as display:
        suggestion = suggest(equal, different, progress=display, **asked)
    if as_json:
        print_json(suggestion.to_dict())
        return
    click.echo(suggestion)
    click.echo(f"\nNext: {shlex.join(['aekeras', 'train', 'PICTURES', '--loss', suggestion.best])}", err=True)
