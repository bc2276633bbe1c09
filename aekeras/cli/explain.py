"""`aekeras explain`: two pictures under every loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


@click.command()
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="B", type=click.Path(path_type=Path))
@loss_option
@equal_within_option("Equal: within this share of a typical loss.", "--threshold")
@sheet_option
@json_option
@places_options
def explain(
    a: Path,
    b: Path,
    losses: tuple[str, ...],
    equal_within: float | None,
    sheet: Path | None,
    as_json: bool,
    models: Path,
    indexes: Path,
) -> None:
    """Say which losses call the pictures A and B the same, and show where they differ.

    The losses come from the one under which they are most equal to the one under which they are most different.
    """
    from aekeras.explanation import explain

    keep_apart(sheet, (a, b))
    limit: dict[str, Any] = {} if equal_within is None else {"equal_within": equal_within}
    explanation = explain(a, b, losses=losses, places=Places(models=models, indexes=indexes), **limit)
    if as_json:
        print_json(explanation.to_dict())
    else:
        click.echo(explanation)
    if sheet is not None:
        from aekeras import pictures
        from aekeras.gallery import explanation_blocks

        pictures.save(pictures.sheet(explanation_blocks(explanation)), sheet)
        click.echo(f"Drew {sheet}.", err=True)
