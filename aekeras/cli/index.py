"""`aekeras index`: which pictures are searched."""

from __future__ import annotations

from pathlib import Path

import click

from aekeras.artefacts import shown_path
from aekeras.cli.options import json_option, loss_option, places_options, print_json
from aekeras.places import Places


@click.group()
def index() -> None:
    """Choose the pictures that are searched."""


@index.command()
@click.argument("sources", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@loss_option
@json_option
@places_options
def build(sources: tuple[Path, ...], losses: tuple[str, ...], as_json: bool, models: Path, indexes: Path) -> None:
    """Index the pictures below PATH for every model there is, in the place of what was indexed before."""
    from aekeras.cli.progress import Display
    from aekeras.indexing import build_indexes

    with Display() as display:
        built = build_indexes(sources, losses, Places(models=models, indexes=indexes), display)
    for info in built:
        if as_json:
            print_json(info.to_dict())
        else:
            click.echo(f"{info.index}: {info.count:,} pictures under {info.loss}")


@index.command()
@json_option
@places_options
def info(as_json: bool, models: Path, indexes: Path) -> None:
    """Every index: its loss, its model, its size."""
    from aekeras.index import Index, list_indexes

    for directory in list_indexes(indexes):
        with Index.open(directory) as opened:
            info = opened.info(shown_path(models / opened.manifest.origin.model))
        if as_json:
            print_json(info.to_dict())
        else:
            click.echo(
                f"{info.index}: {info.count:,} codes of {info.code_dim} numbers under {info.loss}, {info.kind}, "
                f"by {info.model}"
            )
