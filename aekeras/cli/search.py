"""`aekeras search`: the nearest pictures, loss by loss; or those equal under some and different under others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aekeras.cli.options import (
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
    from aekeras.contrasts import ContrastResults
    from aekeras.pictures import Block
    from aekeras.retrieval import Results

_CRITERIA = ("max_distance", "under", "where", "unique", "farthest", "rerank")
_LIMITS = ("different", "equal_below", "different_above")


def _criteria_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which neighbors are wanted."""
    options = (
        click.option("--max-distance", type=float, metavar="D", help="Only what is as near, in the loss's units."),
        click.option("--under", type=click.Path(path_type=Path), metavar="DIR", help="Only pictures below DIR."),
        click.option("--where", metavar="SQL", help="Only pictures of which this holds: \"label = 'cat'\"."),
        click.option("--unique", is_flag=True, help="Leave out what is equal to something before it."),
        click.option("--farthest", is_flag=True, help="The farthest instead of the nearest."),
        click.option(
            "--rerank",
            type=int,
            metavar="N",
            help="Rank the N nearest by the loss itself: exact distances. 100 is usual.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _contrast_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--equal`, `--different` and their limits."""
    options = (
        click.option("--equal", multiple=True, metavar="EXPR", help="Only what is equal under this loss; repeatable."),
        click.option(
            "--different", multiple=True, metavar="EXPR", help="Only what is different under this loss; repeatable."
        ),
        click.option(
            "--equal-below",
            type=float,
            metavar="SHARE",
            help="For --equal alone, in the place of --equal-within.",
        ),
        click.option(
            "--different-above",
            type=float,
            metavar="SHARE",
            help="For --different alone: a gap between the two.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
@loss_option
@click.option("-k", type=int, help="Neighbors per loss. [default: 8; with --max-distance, all]")
@_criteria_options
@_contrast_options
@equal_within_option("Equal, for --unique and --equal: within this share of a typical loss; --different: above it.")
@sheet_option
@json_option
@places_options
def search(
    images: tuple[Path, ...],
    losses: tuple[str, ...],
    k: int | None,
    sheet: Path | None,
    as_json: bool,
    models: Path,
    indexes: Path,
    **others: Any,
) -> None:
    """Show the pictures that each loss counts as nearest to IMAGE.

    IMAGE is a picture, a folder of pictures, a .npy file of codes, or the path of a picture that is gone but indexed.

    With --equal and --different: those that are equal to it under the former losses and different under the latter,
    such as its recolored copies by --equal l1_gray --different l1.
    """
    within = others.pop("equal_within")
    given = {name: value for name, value in others.items() if value is not None and value is not False and value != ()}
    criteria = {name: given.pop(name) for name in list(given) if name in _CRITERIA}
    _check(given, criteria, losses)
    if within is not None:
        _limited(given, criteria)["equal_within"] = within
    keep_apart(sheet, images)
    places = Places(models=models, indexes=indexes)
    if given:
        from aekeras.contrasts import contrast
        from aekeras.gallery import contrast_blocks

        contrasts = contrast(images, k=8 if k is None else k, places=places, **given)
        _show(contrasts, contrast_blocks, sheet, as_json)
    else:
        from aekeras.gallery import search_blocks
        from aekeras.retrieval import search

        results = search(images, losses=losses, k=k, places=places, **criteria)
        _show(results, search_blocks, sheet, as_json)


def _check(asked: dict[str, Any], criteria: dict[str, Any], losses: Sequence[str]) -> None:
    """Passes when the options ask for one thing.

    Raises:
        click.UsageError: They ask for two, or for half of one.
    """
    if asked and (losses or criteria):
        other = "--loss" if losses else f"--{next(iter(criteria)).replace('_', '-')}"
        raise click.UsageError(f"Expected {other}, or --equal and --different. Received: both. Leave one out.")
    if asked and "equal" not in asked:
        given = next(name for name in _LIMITS if name in asked).replace("_", "-")
        raise click.UsageError(f"Expected --equal with --{given}. Received: none. Name what sees no difference.")
    if "different_above" in asked and "different" not in asked:
        raise click.UsageError("Expected --different with --different-above. Received: none. Name what sees one.")


def _limited(asked: dict[str, Any], criteria: dict[str, Any]) -> dict[str, Any]:
    """Of the two, that which asks for equal pictures.

    Raises:
        click.UsageError: Neither does.
    """
    if not asked and "unique" not in criteria:
        raise click.UsageError("Expected --unique or --equal with --equal-within. Received: neither. Name one.")
    return asked or criteria


def _show(
    results: Results | ContrastResults, blocks: Callable[..., list[Block]], sheet: Path | None, as_json: bool
) -> None:
    in_terminal = sys.stdout.isatty() and not as_json
    for result in results:
        if as_json:
            print_json(result.to_dict())
        elif not in_terminal:
            click.echo(result)
    if in_terminal:
        from aekeras.cli.terminal import show

        show(blocks(results, views=False))
    if sheet is not None:
        from aekeras import pictures

        pictures.save(pictures.sheet(blocks(results)), sheet)
        click.echo(f"Drew {sheet}.", err=True)
