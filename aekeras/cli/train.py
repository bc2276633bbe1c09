"""`aekeras train`: pictures in, models and indexes out."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from aekeras.artefacts import shown_path
from aekeras.cli.options import FOLDER, indexes_option, json_option, models_option, print_json
from aekeras.configuration import ENCODER_INPUTS, Training
from aekeras.losses import DEFAULT_LOSSES
from aekeras.places import Places

_DEFAULTS = Training()


def _number(name: str, text: str) -> Callable[[Any], Any]:
    """An option for a number of the configuration, named and defaulted after it."""
    default = getattr(_DEFAULTS, name)
    return click.option(
        f"--{name.replace('_', '-')}", type=type(default), default=default, show_default=True, help=text
    )


def _switch(name: str, text: str) -> Callable[[Any], Any]:
    """An option that turns a part of the objective off."""
    flag = name.replace("_", "-")
    return click.option(f"--{flag}/--no-{flag}", default=getattr(_DEFAULTS, name), show_default=True, help=text)


@click.command()
@click.argument("pictures", required=False, type=click.Path(path_type=Path))
@click.option(
    "--loss",
    "losses",
    multiple=True,
    metavar="EXPR",
    default=DEFAULT_LOSSES,
    show_default=True,
    help="A loss: a name, an expression such as '0.7*l1_gray + 0.3*ssim', or my_losses.py:Name; may be repeated.",
)
@click.option("--dataset", metavar="NAME", help="One of Keras's image data sets, in the place of a folder.")
@_number("epochs", "Times through the pictures, at most; 0: 10 for the samples, else 5 to 100 for about 400 steps.")
@_number("image_size", "Pixels per side that pictures are brought to; a multiple of 16.")
@_number("code_dim", "Numbers per code.")
@_number("batch_size", "Pictures per step.")
@_number("learning_rate", "Of Adam, at the first step.")
@_number("patience", "Epochs without a better validation after which training ends.")
@_number("validation_share", "Share of the pictures that validate instead of train.")
@_number("seed", "Of weights, split, order, metamers and blends.")
@_number("isometry", "Weight of the isometry term; 0 turns it off.")
@_switch("metamers", "Encode metamers, so that codes are blind to what the loss cannot see.")
@_switch("blends", "Compare mixtures of two pictures, too.")
@_switch("closed_form", "Begin with what needs no training.")
@click.option(
    "--encoder-input",
    type=click.Choice(ENCODER_INPUTS),
    default=_DEFAULTS.encoder_input,
    show_default=True,
    help="What the encoder gets: images, or only what the loss sees of them.",
)
@click.option("--resume", is_flag=True, help="Go on with the run that was interrupted.")
@click.option("--name", help="Name of the model and the index. [default: the loss]")
@click.option("--tensorboard", type=FOLDER, help="Folder for TensorBoard's logs.")
@models_option
@indexes_option
@json_option
def train(
    pictures: Path | None,
    losses: tuple[str, ...],
    dataset: str | None,
    resume: bool,
    name: str | None,
    tensorboard: Path | None,
    models: Path,
    indexes: Path,
    as_json: bool,
    **config: Any,
) -> None:
    """Train one model per loss on the pictures below PICTURES, and index them.

    Without PICTURES, the built-in sample images are drawn to samples/ and trained on. Models go to models/, indexes
    to indexes/; an earlier model of the same loss stays as an earlier version.
    """
    from aekeras.cli.progress import Display
    from aekeras.experiment import Options, train

    with Display() as display:
        experiment = train(
            pictures,
            losses=losses,
            dataset=dataset,
            config=Training(**config),
            options=Options(
                places=Places(models=models, indexes=indexes),
                resume=resume,
                tensorboard=tensorboard,
                name=name,
                progress=display,
            ),
        )
    if as_json:
        print_json(experiment.to_dict())
    else:
        click.echo(experiment)
        click.echo(f"\nNext: {_next_command(experiment.example, models, indexes)}", err=True)
    if experiment.failed:
        raise SystemExit(1)


def _next_command(example: Path, models: Path, indexes: Path) -> str:
    """The search that finds what was just trained."""
    places = {"--models": (models, Places.models), "--indexes": (indexes, Places.indexes)}
    others = [word for option, (path, usual) in places.items() if path != usual for word in (option, str(path))]
    return shlex.join(["aekeras", "search", shown_path(example), *others])
