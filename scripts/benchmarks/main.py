"""The tables of `scripts/bench`: each row a measurement beside its rival in the same run, and their ratio."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
from fidelity import fidelity_rows
from indexing import indexing_rows, reranking_rows, sync_row
from losses import loss_rows
from million import million_rows
from rich.console import Console
from rich.table import Table
from speed import cold_start_row, encoding_rows, oracle_row, training_row

from aekeras import images, samples
from aekeras.configuration import Training

_HELD_OUT = 5  # every fifth picture is a query


@click.command()
@click.argument("pictures", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--loss", "losses", multiple=True, default=("l1_gray",), show_default=True)
@click.option("--seconds", multiple=True, type=int, default=(30, 60, 120), show_default=True)
@click.option("--losses", "only_losses", is_flag=True, help="Measure what each loss costs, and nothing else.")
@click.option(
    "--indexes", "only_indexes", is_flag=True, help="Measure indexes, a million codes among them, and nothing else."
)
@click.option("--copies", "only_copies", is_flag=True, help="Judge copies of photographs, and nothing else.")
def main(
    pictures: Path | None,
    losses: tuple[str, ...],
    seconds: tuple[int, ...],
    only_losses: bool,
    only_indexes: bool,
    only_copies: bool,
) -> None:
    """Measure on PICTURES, or on the built-in samples."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    console = Console(width=110)
    if only_indexes:
        for table in _indexes_tables():
            console.print(table)
        return
    if only_copies:
        if pictures is None:
            raise click.UsageError("Expected a folder of photographs with --copies. Received: none. Name one.")
        for table in _copies_tables(pictures, losses):
            console.print(table)
        return
    if not only_losses:
        console.print(_pictures_table(pictures, losses, seconds))
    console.print(_losses_table())


def _indexes_tables() -> Iterator[Table]:
    """Indexing and search, each as soon as it is measured."""
    for title, rows in (
        ("indexing", [*indexing_rows(), sync_row()]),
        ("1,000,000 codes of 64 numbers, k = 10", million_rows()),
    ):
        table = Table("measurement", "aekeras", "rival", "ratio", title=title)
        for row in rows:
            table.add_row(*row)
        yield table
    table = Table("loss", "candidates", "own fidelity@10", "ms per query", title="re-ranking by the loss itself")
    for row in reranking_rows():
        table.add_row(*row)
    yield table


def _copies_tables(photographs: Path, losses: tuple[str, ...]) -> Iterator[Table]:
    """Copies of photographs under each loss, as soon as they are judged."""
    from copies import HEADINGS, copies_tables  # which wants what tests want

    for title, rows in copies_tables(photographs, losses):
        table = Table(*HEADINGS, title=title)
        for row in rows:
            table.add_row(*row)
        yield table


def _losses_table() -> Table:
    """Each loss of the catalogue beside `l1`."""
    table = Table("loss", title="losses, 64 pictures of 64 x 64, forward and backward")
    table.add_column("ms", justify="right")
    table.add_column("times l1", justify="right")
    table.add_column("remark or reason")
    for row in loss_rows():
        table.add_row(*row)
    return table


def _pictures_table(pictures: Path | None, losses: tuple[str, ...], seconds: tuple[int, ...]) -> Table:
    """Training, encoding, search and fidelity on pictures."""
    folder = pictures or Path("demo/samples")
    if pictures is None:
        folder.parent.mkdir(exist_ok=True)
        samples.write(folder)
    stack = images.load(images.find([folder]), Training().image_size).images
    table = Table("measurement", "aekeras", "rival", "ratio", title=f"{len(stack):,} pictures of {folder}")
    for row in (training_row(stack), *encoding_rows(stack), cold_start_row(folder), oracle_row()):
        table.add_row(*row)
    train, queries = stack[[i for i in range(len(stack)) if i % _HELD_OUT]], stack[::_HELD_OUT]
    for loss in losses:
        for row in fidelity_rows(loss, train, queries, seconds):
            table.add_row(*row)
    return table


main()
