"""The command line: a command parses, makes one call, prints. Heavy rooms are imported inside the commands."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from aekeras.cli.duplicates import duplicates
from aekeras.cli.explain import explain
from aekeras.cli.index import index
from aekeras.cli.losses import losses
from aekeras.cli.metamer import metamer
from aekeras.cli.reconstruct import reconstruct
from aekeras.cli.report import report
from aekeras.cli.search import search
from aekeras.cli.train import train
from aekeras.errors import AekerasError


class _Group(click.Group):
    """Shows what aekeras raises on purpose as one line, with exit code 1; everything else is a defect."""

    def invoke(self, context: click.Context) -> Any:
        try:
            with _short_warnings():
                return super().invoke(context)
        except AekerasError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            raise  # click knows what to do: whoever read has gone
        except OSError as error:  # the system's refusal, at a place where nobody expected it
            where = f" ({os.fsdecode(error.filename)})" if isinstance(error.filename, str | bytes) else ""
            raise click.ClickException(
                f"Expected files and folders that can be used. Received: {error.strerror or error}{where}. Check the "
                "paths, and the space on the disk."
            ) from error


@contextmanager
def _short_warnings() -> Iterator[None]:
    """What aekeras warns of is one line on stderr, without the line of its code that Python would add."""
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(message: Any, category: type[Warning], *where: Any, **others: Any) -> None:
            if category.__module__.startswith("aekeras."):
                click.echo(f"Warning: {message}", err=True)
            else:
                usual(message, category, *where, **others)

        warnings.showwarning = show
        yield


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="aekeras")
def main() -> None:
    """Image retrieval in which the loss function says which images are equal."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read once, when TensorFlow is loaded
    # It takes several models in one process for one that is traced again and again, and advises against it.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


for _command in (train, search, explain, duplicates, report, reconstruct, metamer, index, losses):
    main.add_command(_command)
