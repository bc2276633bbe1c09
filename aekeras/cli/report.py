"""`aekeras report`: what each trained loss treats as equal, measured, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from aekeras.cli.options import FILE, equal_within_option, loss_option, places_options
from aekeras.errors import InputError
from aekeras.places import Places


def _numbers(context: click.Context, option: click.Parameter, text: str | None) -> tuple[int, ...]:
    """Whole numbers with commas between them."""
    try:
        return tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise click.BadParameter(
            f"Expected whole numbers such as 16,32,64. Received: {text!r}.", context, option
        ) from None


@click.command()
@click.argument("pictures", nargs=-1, metavar="[PICTURES]...", type=click.Path(path_type=Path))
@loss_option
@click.option("--out", type=FILE, default=Path("report.html"), show_default=True, help="The page.")
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write every figure of the page to FILE, too.")
@click.option(
    "--labels",
    type=FILE,
    metavar="FILE.csv",
    help="What is known of the pictures: a column `path`, relative to the folder of FILE.csv, and others.",
)
@click.option("-k", default=10, show_default=True, help="Neighbors that are compared.")
@click.option("--queries", default=200, show_default=True, help="Pictures that are asked for, at most.")
@click.option("--sample", default=2000, show_default=True, help="Pictures among which neighbors are sought, at most.")
@click.option("--seed", default=0, show_default=True, help="Of the choice of pictures and all else that is random.")
@click.option(
    "--seeds", default=0, metavar="N", help="Also compare N models per loss that differ in their seed; trains them."
)
@click.option(
    "--budget", callback=_numbers, metavar="16,32,...", help="Also compare code sizes; trains a model for each."
)
@click.option(
    "--budget-loss", metavar="EXPR", help="The loss for --budget. [default: the first that is blind to something]"
)
@equal_within_option("Equal: within this share of a typical loss.")
@places_options
def report(
    pictures: tuple[Path, ...],
    losses: tuple[str, ...],
    out: Path,
    json_file: Path | None,
    models: Path,
    indexes: Path,
    **asked: Any,
) -> None:
    """Measure what each trained loss counts as equal, and write it all on one page.

    The pictures are those of the indexes, or those below PICTURES. Trainings for --seeds and --budget are kept for the
    next report.
    """
    from aekeras import report as page
    from aekeras.cli.progress import Display
    from aekeras.study import Extent, Scope, measure

    _check_places(out, json_file)
    extent = Extent(queries=asked.pop("queries"), collection=asked.pop("sample"), seed=asked.pop("seed"))
    if asked["equal_within"] is None:
        del asked["equal_within"]
    with Display() as display:
        scope = Scope(places=Places(models=models, indexes=indexes), extent=extent, progress=display, **asked)
        study = measure(pictures, losses=losses, scope=scope)
        for note in study.notes:
            display.warn(note)
        display.begin("writing the page", 0)
        page.write(study, out)
        display.end()
    if json_file is not None:
        page.write_figures(study, json_file)
    click.echo(study.summary())
    click.echo(f"\nWrote {out}" + (f" and {json_file}." if json_file else "."), err=True)


def _check_places(out: Path, json_file: Path | None) -> None:
    """Finds out whether the files could be written before the work that they are to hold.

    Raises:
        InputError: A folder that is not there, or one file for both.
    """
    for path in filter(None, (out, json_file)):
        if not path.absolute().parent.is_dir():
            raise InputError(
                f"Expected a folder for {path.name}. Received: {path.parent}, which is none. Create it first."
            )
        if path.exists() and not path.is_file():
            raise InputError(
                f"Expected a file for the report. Received: {path}, which is something else. Name another."
            )
    if json_file is not None and json_file.absolute() == out.absolute():
        raise InputError(f"Expected two files. Received: {out} for both the page and its figures. Name another.")
