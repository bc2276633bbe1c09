"""Which of the trained models are meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aekeras.artefacts import read_json, shown_path
from aekeras.encoding import list_models
from aekeras.errors import InputError, MissingError, did_you_mean
from aekeras.losses import position

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
    chosen: dict[Path, None] = {}
    for loss in losses:
        fitting = [path for path in found if loss in (of_model[path], path.parent.name)]
        if not fitting:
            known = sorted(set(of_model.values()), key=position)
            hint = did_you_mean(loss, known) or f" Run `aekeras train --loss {loss}` first."
            raise InputError(
                f"Expected a loss with a model in {shown_path(models)}: {', '.join(known)}. Received: {loss!r}.{hint}"
            )
        chosen |= dict.fromkeys(fitting)
    return list(chosen)


def _loss(model: Path) -> str:
    run_file = model / "assets.extra" / "run.json"
    run = read_json(run_file, _REMEDY)
    if not isinstance(run, dict) or "loss" not in run:
        raise InputError(
            f"Expected what a training wrote. Received: {shown_path(run_file)}, which is damaged. {_REMEDY}"
        )
    return run["loss"]
