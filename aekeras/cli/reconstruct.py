"""`aekeras reconstruct`: what is left of a picture in its code."""

from __future__ import annotations

from pathlib import Path

import click

from aekeras.cli.options import json_option, keep_apart, loss_option, models_option, print_json, sheet_option


@click.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
@sheet_option
@loss_option
@json_option
@models_option
def reconstruct(
    images: tuple[Path, ...], sheet: Path | None, losses: tuple[str, ...], as_json: bool, models: Path
) -> None:
    """Rebuild IMAGE from its code, loss by loss, and say what that costs."""
    from aekeras.reconstruction import reconstruct

    keep_apart(sheet, images)
    result = reconstruct(images, losses=losses, models=models)
    if as_json:
        print_json(result.to_dict())
    else:
        click.echo(result)
    if sheet is not None:
        from aekeras import pictures
        from aekeras.gallery import reconstruction_blocks

        pictures.save(pictures.sheet(reconstruction_blocks(result)), sheet)
        click.echo(f"Drew {sheet}.", err=True)
