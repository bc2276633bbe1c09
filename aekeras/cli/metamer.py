"""`aekeras metamer`: pictures that a loss cannot tell apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from aekeras.cli.options import json_option, keep_apart, print_json, sheet_option


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--loss", required=True, metavar="EXPR", help="A loss; no model of it is needed.")
@click.option("--count", default=6, show_default=True, help="Pictures to make.")
@click.option("--size", default=64, show_default=True, help="Pixels per side.")
@click.option("--seed", default=0, show_default=True, help="Of all that is random.")
@click.option(
    "--tolerance",
    default=0.01,
    show_default=True,
    help="Of the loss, as a share of what it is between unrelated pictures.",
)
@click.option("--descent", is_flag=True, help="Seek by gradient descent even where the blindness is known.")
@sheet_option
@json_option
def metamer(
    image: Path,
    loss: str,
    sheet: Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Make pictures that a loss cannot tell from IMAGE.

    Where it is known what the loss is blind to, that is changed at random. Else, as for a loss of your own that does
    not say, other pictures are changed by gradient descent until the loss takes them for IMAGE.
    """
    from aekeras.metamers import metamer

    keep_apart(sheet, (image,))
    found = metamer(image, loss, **asked)
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo(found)
    if sheet is not None:
        from aekeras import pictures

        pictures.save(pictures.sheet(found.blocks(), tile_size=128), sheet)
        click.echo(f"Drew {sheet}.", err=True)
