"""Options that several commands share, with the defaults of the library."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import click

from aekeras.errors import InputError, MissingError
from aekeras.places import Places
from aekeras.shares import EQUAL_WITHIN

FOLDER = click.Path(path_type=Path, file_okay=False)


class ByteSize(click.ParamType):
    """A number of bytes, such as 2GB, 500 MB, 1.5GiB or 4096."""

    name = "size"
    _UNITS: ClassVar = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?i?)b?\s*", str(value), re.IGNORECASE)
        if match is None or match[2].lower() not in self._UNITS:
            self.fail(
                f"Expected a size such as 500MB or 2GB. Received: {value!r}. Write a number and a unit.", param, ctx
            )
        return int(float(match[1]) * self._UNITS[match[2].lower()])


BYTES = ByteSize()
FILE = click.Path(path_type=Path, dir_okay=False)

_DEFAULTS = Places()

models_option = click.option(
    "--models", type=FOLDER, default=_DEFAULTS.models, show_default=True, help="Folder of the models."
)
indexes_option = click.option(
    "--indexes", type=FOLDER, default=_DEFAULTS.indexes, show_default=True, help="Folder of the indexes."
)
loss_option = click.option(
    "--loss",
    "losses",
    multiple=True,
    metavar="EXPR",
    help="A loss, or the name of a model; may be repeated. [default: all there are]",
)


class Renamed(click.Option):
    """An option whose older names go on working, and are not shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        shown = click.Option(self.opts[:1], type=self.type, metavar=self.metavar, help=self.help)
        return shown.get_help_record(ctx)


def equal_within_option(text: str, *older: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--equal-within`, and its older names."""
    help_text = f"{text} [default: {EQUAL_WITHIN:g}]"
    return click.option(
        "--equal-within", *older, "equal_within", cls=Renamed, type=float, metavar="SHARE", help=help_text
    )


def _savable(context: click.Context, option: click.Parameter, sheet: Path | None) -> Path | None:
    """Finds out whether a sheet could be saved there before the work that it is to show."""
    del context, option
    if sheet is not None:
        from PIL import Image

        from aekeras import pictures

        if not sheet.parent.is_dir():
            raise MissingError(
                f"Expected a folder for {sheet.name}. Received: {sheet.parent}, which is none. Create it first."
            )
        with tempfile.TemporaryDirectory() as elsewhere:
            pictures.save(Image.new("RGB", (1, 1)), Path(elsewhere, sheet.name))
    return sheet


def keep_apart(sheet: Path | None, images: tuple[Path, ...]) -> None:
    """Passes when drawing the sheet overwrites none of the images.

    Raises:
        InputError: The sheet is one of them.
    """
    if sheet is not None and sheet.resolve() in {image.resolve() for image in images}:
        raise InputError(f"Expected a new file for `--sheet`. Received: {sheet}, which is an image. Name another file.")


sheet_option = click.option(
    "--sheet",
    type=FILE,
    metavar="FILE",
    callback=_savable,
    help="Draw the pictures side by side (.png, .jpg, .webp, .pdf).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")


def places_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--models` and `--indexes`."""
    return models_option(indexes_option(command))


def print_json(content: Any) -> None:
    """One JSON object on one line."""
    click.echo(json.dumps(content))
