"""`aekeras search`: the nearest pictures, loss by loss."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aekeras.cli.options import json_option, keep_apart, loss_option, places_options, print_json, sheet_option
from aekeras.places import Places


@click.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
@loss_option
@click.option("-k", default=8, show_default=True, help="Neighbors per loss.")
@click.option("--max-distance", type=float, metavar="D", help="Leave out what is farther, in the loss's units.")
@sheet_option
@json_option
@places_options
def search(
    images: tuple[Path, ...],
    losses: tuple[str, ...],
    k: int,
    max_distance: float | None,
    sheet: Path | None,
    as_json: bool,
    models: Path,
    indexes: Path,
) -> None:
    """Show the pictures that each loss counts as nearest to IMAGE."""
    from aekeras.retrieval import search

    keep_apart(sheet, images)
    places = Places(models=models, indexes=indexes)
    results = search(images, losses=losses, k=k, max_distance=max_distance, places=places)
    for result in results:
        if as_json:
            print_json(result.to_dict())
        elif not sys.stdout.isatty():
            click.echo(result)
    if sys.stdout.isatty() and not as_json:
        from aekeras.cli.terminal import show
        from aekeras.gallery import search_blocks

        show(search_blocks(results, views=False))
    if sheet is not None:
        from aekeras import pictures
        from aekeras.gallery import search_blocks

        pictures.save(pictures.sheet(search_blocks(results)), sheet)
        click.echo(f"Drew {sheet}.", err=True)
