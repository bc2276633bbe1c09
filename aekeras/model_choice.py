"""Which of the trained models are meant."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from aekeras.artefacts import read_json, shown_path
from aekeras.encoding import list_models
from aekeras.errors import AekerasError, InputError, MissingError, did_you_mean
from aekeras.losses import canonical, get, position
from aekeras.stderr import held_back

_REMEDY = "Run `aekeras train` again."


def chosen_models(models: Path, losses: Sequence[str] = ()) -> list[Path]:
    """The newest version of every model below a folder, or of those with the named losses or names, in that order.

    Raises:
        MissingError: There is no model at all.
        InputError: A loss that no model was trained under.
    """
    found = list_models(models)
    if not found:
        raise MissingError(f"Expected a model in {shown_path(models)}. Found none. Run `aekeras train` first.")
    of_model = {path: _loss(path) for path in found}
    if not losses:
        return sorted(found, key=lambda path: position(of_model[path]))
    names = {path: path.parent.name for path in found}
    return chosen(losses, of_model, names, f"a loss with a model in {shown_path(models)}")


def chosen(asked: Sequence[str], of: Mapping[Path, str], names: Mapping[Path, str], expected: str) -> list[Path]:
    """The artefacts of the losses or with the names that are asked for, in that order, each once.

    Args:
        asked: Losses, written in any way, or names.
        of: The canonical text of each artefact's loss.
        names: The name of each artefact.
        expected: What an error message expects.

    Raises:
        InputError: A loss that no artefact has.
    """
    found: dict[Path, None] = {}
    for loss in asked:
        wanted = {loss, _canonical(loss)}
        fitting = [path for path in of if wanted & {of[path], names[path]}]
        if not fitting and ":" in loss:  # one's own, whose defaults only its code knows
            fitting = [path for path in of if of[path] == _loaded(loss)]
        if not fitting:
            known = sorted(set(of.values()), key=position)
            hint = did_you_mean(loss, known) or f" Run `aekeras train --loss {shlex.quote(loss)}` first."
            raise InputError(f"Expected {expected}: {', '.join(known)}. Received: {loss!r}.{hint}")
        found |= dict.fromkeys(fitting)
    return list(found)


def _canonical(loss: str) -> str:
    """The canonical text of what may also be a name and no expression."""
    try:
        return canonical(loss)
    except InputError:
        return loss


def _loaded(loss: str) -> str:
    """The canonical text of a loss, from the loss itself; as it is where it cannot be loaded."""
    with held_back():  # TensorFlow's greetings
        try:
            return get(loss).text
        except AekerasError:
            return loss


def _loss(model: Path) -> str:
    run_file = model / "assets.extra" / "run.json"
    run = read_json(run_file, _REMEDY)
    if not isinstance(run, dict) or "loss" not in run:
        raise InputError(
            f"Expected what a training wrote. Received: {shown_path(run_file)}, which is damaged. {_REMEDY}"
        )
    return run["loss"]
