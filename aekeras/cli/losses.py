"""`aekeras losses`: what there is to choose from, and how to write and check one's own."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from aekeras.cli.loss_suggestion import suggest
from aekeras.cli.options import FILE, json_option, print_json, sheet_option
from aekeras.losses.template import DEFAULT_NAME, write_template
from aekeras.progress import Progress

_COLORS = {"passed": "green", "failed": "red"}


class _Listing(click.Group):
    """Lists where no command is named, so that `aekeras losses --blind-to chroma` does what it says."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Listing)
def losses() -> None:
    """What each loss sees, and what it is blind to; write and check your own.

    Without a command, every loss is listed; the options of `list` may follow.
    """


@losses.command(name="list")
@click.option("--blind-to", multiple=True, metavar="WORD", help="Only losses blind to this; may be repeated: to all.")
@click.option("--family", metavar="NAME", help="Only losses of this family.")
@json_option
def list_losses(blind_to: tuple[str, ...], family: str | None, as_json: bool) -> None:
    """Every loss by the question it answers."""
    from aekeras.cli import loss_listing
    from aekeras.losses import installed

    rows = loss_listing.chosen(blind_to, family)
    if as_json:
        print_json([row.to_dict() for row in rows])
    elif rows:
        others = {} if blind_to or family else installed()  # not loaded, so nobody knows what they are blind to
        click.echo(loss_listing.listed(rows, others.values()))
    if not rows:
        click.echo(loss_listing.nothing_found(blind_to, family), err=True)


@losses.command()
@click.argument("names", nargs=-1, required=True, metavar="LOSS...")
@sheet_option
@json_option
def show(names: tuple[str, ...], sheet: Path | None, as_json: bool) -> None:
    """What LOSS sees, what it is blind to, where it comes from.

    LOSS is a name, an expression such as "0.7*l1_gray + 0.3*l1", or your own: my_losses.py:Colorful. On a sheet, each
    one has a row, so that they can be compared.
    """
    from aekeras.cli.loss_description import described, printed

    descriptions = [described(name) for name in names]
    if as_json:
        for description in descriptions:
            print_json(description)
    else:
        click.echo("\n\n".join(map(printed, descriptions)))
    if sheet is not None:
        from aekeras import pictures
        from aekeras.loss_gallery import view_block
        from aekeras.losses import get

        block = view_block([get(name) for name in names])
        pictures.save(pictures.sheet([block], tile_size=128), sheet)
        click.echo(f"Drew {sheet}.", err=True)


@losses.command()
@click.argument("path", metavar="FILE.py", type=FILE)
@click.option("--name", default=DEFAULT_NAME, show_default=True, help="Of the class.")
def new(path: Path, name: str) -> None:
    """Write a file to begin your own loss with.

    It holds a class and a plain function, explained line by line. Nothing is overwritten.
    """
    from aekeras.losses.expression import Call

    write_template(path, name)
    click.echo(f"Wrote {path}: the class {name}, and a plain function. Next:")
    loss = str(Call(f"{path}:{name}"))
    for command in (["aekeras", "losses", "check", loss], ["aekeras", "train", "PICTURES", "--loss", loss]):
        click.echo(f"  {shlex.join(command)}")


@losses.command()
@click.argument("names", nargs=-1, metavar="[LOSS]...")
@json_option
@click.pass_context
def check(context: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Check that LOSS is what a loss should be.

    Without LOSS, the whole catalogue is checked. The exit code is 1 if a check failed.
    """
    from aekeras.cli.progress import Display
    from aekeras.losses import check

    with Display() as display:
        reports = check(*(names or _whole_catalogue(display)), progress=display)
    for report in reports:
        if as_json:
            print_json(report.to_dict())
        else:
            click.echo(report.table(_colored))
    context.exit(0 if all(report.passed for report in reports) else 1)


losses.add_command(suggest)


def _colored(mark: str, outcome: str) -> str:
    """The mark of what passed in green, of what failed in red."""
    return click.style(mark, fg=_COLORS[outcome]) if outcome in _COLORS else mark


def _whole_catalogue(progress: Progress) -> Iterator[str]:
    """An example of every loss; of those that are nothing without something given, what they need is told."""
    from aekeras.losses import catalogue

    for row in catalogue():
        if row.example:
            yield row.example
        else:
            progress.warn(f"{row.name} is not checked. It needs {row.needs}.")
