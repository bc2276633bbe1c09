"""Options that several commands share, with the defaults of the library."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from aekeras.places import Places

FOLDER = click.Path(path_type=Path, file_okay=False)
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
    help="A loss; may be repeated. [default: all there are]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")


def places_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--models` and `--indexes`."""
    return models_option(indexes_option(command))


def print_json(content: Any) -> None:
    """One JSON object on one line."""
    click.echo(json.dumps(content))
