"""`aekeras duplicates`: the pictures of which a loss needs only one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aekeras.cli.options import (
    FOLDER,
    equal_within_option,
    json_option,
    keep_apart,
    loss_option,
    places_options,
    print_json,
    sheet_option,
)
from aekeras.places import Places

if TYPE_CHECKING:
    from aekeras.duplication import Duplicates

_NAMED = 5


@click.command()
@loss_option
@click.option(
    "--max-distance",
    type=float,
    metavar="D",
    help="Equal: up to this by the loss itself, in its units, in the place of --equal-within.",
)
@equal_within_option("Equal: within this share of a typical loss.")
@click.option("--under", type=click.Path(path_type=Path), metavar="DIR", help="Only pictures below DIR.")
@click.option(
    "--copy-to", type=FOLDER, metavar="DIR", help="Copy each group to DIR/group-001, ...; DIR must be new or empty."
)
@click.option("--link-to", type=FOLDER, metavar="DIR", help="Make symbolic links there instead.")
@sheet_option
@json_option
@places_options
def duplicates(
    losses: tuple[str, ...],
    max_distance: float | None,
    equal_within: float | None,
    under: Path | None,
    copy_to: Path | None,
    link_to: Path | None,
    sheet: Path | None,
    as_json: bool,
    models: Path,
    indexes: Path,
) -> None:
    """Show groups of pictures that are equal under a loss.

    In a group all are equal to its first picture, the one with most equals; each picture is in one group at most.
    Distances are to this first picture, by the loss itself where the index keeps pictures. Nothing is ever deleted.
    """
    from aekeras.cli.progress import Display
    from aekeras.duplication import check_free, duplicates

    if equal_within is not None and max_distance is not None:
        raise click.UsageError("Expected --equal-within or --max-distance. Received: both. Leave one out.")
    limit: dict[str, float] = {} if equal_within is None else {"equal_within": equal_within}
    if copy_to is not None and link_to is not None:
        raise click.UsageError("Expected --copy-to or --link-to. Received: both. Leave one out.")
    places = Places(models=models, indexes=indexes)
    directory = copy_to or link_to
    if directory is not None and (warning := check_free(directory, losses, places)):
        click.echo(f"Warning: {warning}", err=True)
    with Display() as display:
        found = duplicates(losses, max_distance, under, places, display, **limit)
    if as_json:
        for one in found:
            print_json(one.to_dict())
    else:
        click.echo(found)
    if directory is not None:
        _lay_out(found, directory, link=link_to is not None)
    if sheet is not None:
        _draw(found, sheet)


def _draw(found: Duplicates, sheet: Path) -> None:
    from aekeras import pictures
    from aekeras.gallery import duplicates_blocks

    keep_apart(sheet, tuple(picture.path for one in found for group in one.groups for picture in group.pictures))
    blocks, note = duplicates_blocks(found)
    pictures.save(pictures.sheet(blocks, title=note), sheet)
    click.echo(f"Drew {sheet}.{f' {note}' if note else ''}", err=True)


def _lay_out(found: Duplicates, directory: Path, *, link: bool) -> None:
    from aekeras.duplication import lay_out

    count = sum(one.pictures for one in found)
    if not count:
        click.echo(f"Nothing to put into {directory}.", err=True)
        return
    left_out = lay_out(found, directory, link=link)
    if left_out:
        click.echo(f"Warning: left out {_listed(left_out)}.", err=True)
    groups = sum(len(one.groups) for one in found)
    done = "Linked" if link else "Copied"
    click.echo(f"{done} {count - len(left_out):,} pictures of {groups:,} groups to {directory}.", err=True)


def _listed(files: Sequence[str]) -> str:
    more = f", and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
    return f"{len(files):,} {'picture' if len(files) == 1 else 'pictures'}: {', '.join(files[:_NAMED])}{more}"
