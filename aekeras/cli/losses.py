"""`aekeras losses`: what there is to choose from."""

from __future__ import annotations

import click

from aekeras.cli.options import json_option, print_json


@click.group(invoke_without_command=True)
@click.pass_context
def losses(context: click.Context) -> None:
    """What each loss sees, and what it is blind to."""
    if context.invoked_subcommand is None:
        context.invoke(list_losses)


@losses.command(name="list")
@json_option
def list_losses(as_json: bool = False) -> None:
    """Every loss of the catalogue."""
    from aekeras.losses import catalogue

    if as_json:
        print_json([row.to_dict() for row in catalogue()])
        return
    width = max(len(row.name) for row in catalogue()) + 2
    for row in catalogue():
        click.echo(f"{row.name:<{width}}{row.summary}")
        click.echo(f"{'':<{width}}" + click.style(f"blind to {', '.join(row.blind_to) or 'nothing'}", dim=True))


@losses.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """One loss: what it sees, what it is blind to, where it comes from."""
    from aekeras.losses import find

    row = find(name)
    if as_json:
        print_json(row.to_dict())
        return
    click.echo(click.style(row.name, bold=True) + f"  {row.summary}")
    for label, text in (
        ("formula", row.formula),
        ("sees", row.sees),
        ("blind to", ", ".join(row.blind_to) or "nothing"),
        ("source", row.source),
    ):
        click.echo(f"  {label:<10}{text}")
