"""`aekeras index`: which pictures are searched, and how they are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aekeras.cli.options import BYTES, FILE, json_option, loss_option, places_options, print_json
from aekeras.errors import AekerasError
from aekeras.places import Places

if TYPE_CHECKING:
    from aekeras.index import Changes, Index, IndexInfo, Update, Verification

_sources = click.argument("sources", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
_metadata = click.option(
    "--metadata",
    "tables",
    multiple=True,
    type=FILE,
    metavar="FILE",
    help="A CSV table with a column `path` and more of them, for --where; may be repeated.",
)
_kind = click.option(
    "--kind", metavar="KIND", help='"flat" (exact), "auto" (by size), or a FAISS factory string such as IVF4096,SQ8.'
)
_memory = click.option(
    "--memory", type=BYTES, metavar="SIZE", help="What the search structure may take, such as 500MB or 2GB."
)
_dry_run = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


@click.group()
def index() -> None:
    """Choose the pictures that are searched, and keep their indexes."""


@index.command()
@_sources
@_metadata
@_kind
@_memory
@click.option(
    "--keep-images/--no-keep-images",
    default=None,
    help="Keep small pictures, by which the loss judges. [default: as before; at first, keep]",
)
@loss_option
@json_option
@places_options
def build(
    sources: tuple[Path, ...],
    tables: tuple[Path, ...],
    kind: str | None,
    memory: int | None,
    keep_images: bool | None,
    losses: tuple[str, ...],
    as_json: bool,
    models: Path,
    indexes: Path,
) -> None:
    """Index the pictures below PATH for every model there is, in the place of what was indexed before."""
    from aekeras.cli.progress import Display
    from aekeras.index import build_indexes

    places = Places(models=models, indexes=indexes)
    with Display() as display:
        built = build_indexes(
            sources, losses, places, display, metadata=tables, kind=kind, memory=memory, keep_images=keep_images
        )
    for info in built:
        if as_json:
            print_json(info.to_dict())
        else:
            click.echo(f"{info.index}: {info.count:,} picture{'' if info.count == 1 else 's'} under {info.loss}")


@index.command()
@_sources
@_metadata
@_dry_run
@loss_option
@json_option
@places_options
def add(
    sources: tuple[Path, ...],
    tables: tuple[Path, ...],
    dry_run: bool,
    losses: tuple[str, ...],
    as_json: bool,
    models: Path,
    indexes: Path,
) -> None:
    """Add the pictures below PATH to what is indexed, and bring up to date those that have changed."""
    from aekeras.index import Update

    update = Update(sources=sources, tables=tables, dry_run=dry_run)
    _update(update, losses, Places(models=models, indexes=indexes), as_json)


@index.command()
@_sources
@_metadata
@_dry_run
@loss_option
@json_option
@places_options
def sync(
    sources: tuple[Path, ...],
    tables: tuple[Path, ...],
    dry_run: bool,
    losses: tuple[str, ...],
    as_json: bool,
    models: Path,
    indexes: Path,
) -> None:
    """Make the indexes hold what is below PATH: add what is new or changed, drop what has vanished.

    What is indexed of other places stays.
    """
    from aekeras.index import Update

    update = Update(sources=sources, tables=tables, drop=True, dry_run=dry_run)
    _update(update, losses, Places(models=models, indexes=indexes), as_json)


@index.command()
@_sources
@loss_option
@json_option
@places_options
def remove(sources: tuple[Path, ...], losses: tuple[str, ...], as_json: bool, models: Path, indexes: Path) -> None:
    """Take pictures, or all below a folder, out of the indexes; the files stay as they are."""
    from aekeras.index import remove_from_indexes

    _show(remove_from_indexes(sources, losses, Places(models=models, indexes=indexes)), as_json)


@index.command()
@_kind
@_memory
@loss_option
@json_option
@places_options
def rebuild(
    kind: str | None, memory: int | None, losses: tuple[str, ...], as_json: bool, models: Path, indexes: Path
) -> None:
    """Write what is derived from the codes anew, such as the search structure; needs no pictures."""
    from aekeras.index import rebuild_indexes

    places = Places(models=models, indexes=indexes)
    _show(rebuild_indexes(losses, places, kind=kind, memory=memory), as_json)


@index.command()
@loss_option
@json_option
@places_options
def info(losses: tuple[str, ...], as_json: bool, models: Path, indexes: Path) -> None:
    """Every index: its loss, its model, its size."""
    _show_each(lambda opened: opened.info(), losses, Places(models=models, indexes=indexes), as_json)


@index.command()
@click.option("--sample", default=16, show_default=True, help="Pictures that are encoded again.")
@loss_option
@json_option
@places_options
def verify(sample: int, losses: tuple[str, ...], as_json: bool, models: Path, indexes: Path) -> None:
    """Read every byte of the indexes, and encode some of their pictures again."""
    _show_each(lambda opened: opened.verify(sample), losses, Places(models=models, indexes=indexes), as_json)


def _show_each(
    ask: Callable[[Index], IndexInfo | Verification], losses: Sequence[str], places: Places, as_json: bool
) -> None:
    """What each index answers; one that is damaged does not keep the others from it, but the exit code is 1 then."""
    from aekeras.artefacts import shown_path
    from aekeras.index import Index, index_folders

    damaged = 0
    for directory in index_folders(losses, places):
        try:
            with Index.open(directory, places.models) as opened:
                _show([ask(opened)], as_json)
        except AekerasError as error:
            damaged += 1
            if as_json:
                print_json({"index": shown_path(directory), "passed": False, "reason": str(error)})
            click.echo(f"{shown_path(directory)}: {error}", err=True)
    if damaged:
        raise SystemExit(1)


def _update(update: Update, losses: Sequence[str], places: Places, as_json: bool) -> None:
    from aekeras.cli.progress import Display
    from aekeras.index import update_indexes

    with Display() as display:
        changes = update_indexes(update, losses, places, display)
    _show(changes, as_json)


def _show(results: Sequence[Changes | IndexInfo | Verification], as_json: bool) -> None:
    for result in results:
        if as_json:
            print_json(result.to_dict())
        else:
            click.echo(result)
