"""The table of `scripts/bench`: each row a measurement beside its rival in the same run, and their ratio."""

from __future__ import annotations

import os
from pathlib import Path

import click
from fidelity import fidelity_rows
from rich.console import Console
from rich.table import Table
from speed import cold_start_row, encoding_rows, training_row

from aekeras import images, samples
from aekeras.configuration import Training

_HELD_OUT = 5  # every fifth picture is a query


@click.command()
@click.argument("pictures", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--loss", "losses", multiple=True, default=("l1_gray",), show_default=True)
@click.option("--seconds", multiple=True, type=int, default=(30, 60, 120), show_default=True)
def main(pictures: Path | None, losses: tuple[str, ...], seconds: tuple[int, ...]) -> None:
    """Measure on PICTURES, or on the built-in samples."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    folder = pictures or Path("demo/samples")
    if pictures is None:
        folder.parent.mkdir(exist_ok=True)
        samples.write(folder)
    stack = images.load(images.find([folder]), Training().image_size).images
    table = Table("measurement", "aekeras", "rival", "ratio", title=f"{len(stack):,} pictures of {folder}")
    console = Console(width=110)
    for row in (training_row(stack), *encoding_rows(stack), cold_start_row(folder)):
        table.add_row(*row)
    train, queries = stack[[i for i in range(len(stack)) if i % _HELD_OUT]], stack[::_HELD_OUT]
    for loss in losses:
        for row in fidelity_rows(loss, train, queries, seconds):
            table.add_row(*row)
    console.print(table)


main()
