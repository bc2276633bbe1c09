"""Further trainings of the same pictures that a study asks for; kept, so that the next study has them.

    <models>/.report/seed-<s>/        models that differ from the project's in their seed only
    <models>/.report/plain-seed-<s>/  likewise, and without the closed-form start
    <models>/.report/dim-<d>/         models that differ from the project's in the numbers of a code only

Their names begin with a dot, so neither a search nor a server takes them for models of the project.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aekeras import index
from aekeras.artefacts import latest_version, read_json, shown_path, storage_errors, write_json
from aekeras.configuration import Training
from aekeras.encoding import Encoder, load_encoder
from aekeras.errors import InputError, MissingError
from aekeras.index import Gathered
from aekeras.places import Places
from aekeras.progress import Progress
from aekeras.run import Options, Run
from aekeras.study.subjects import Subject

_FOLDER = ".report"
_TOLD = "told.json"  # beside the versions of a model: which training they, or the checkpoint, are of


def check_seeds(seeds: int) -> None:
    """Passes 0, for none, and what can be compared.

    Raises:
        InputError: 1, or a negative number.
    """
    if seeds == 1 or seeds < 0:
        raise InputError(
            f"Expected `seeds` of at least 2, to compare, or 0 for none. Received: {seeds}. Ask for 3, for example."
        )


def check_sizes(sizes: Sequence[int]) -> None:
    """Passes ascending numbers.

    Raises:
        InputError: They are not, or one is below 1.
    """
    if any(size < 1 for size in sizes) or list(sizes) != sorted(set(sizes)):
        shown = ",".join(map(str, sizes))
        raise InputError(
            f"Expected ascending code sizes of at least 1. Received: {shown}. Write them as in 16,32,64, each once."
        )


def of_seeds(subject: Subject, seeds: int, places: Places, progress: Progress, *, plain: bool = False) -> list[Encoder]:
    """Encoders of `seeds` models that differ in their seed only, the project's own first where it is one of them.

    Args:
        subject: The project's model.
        seeds: How many, from the project's own seed upwards.
        places: Where models lie.
        progress: Told of each training.
        plain: Without the closed-form start, which fills what the loss does not see alike for every seed. The
            project's own model is then one of them only if it was trained so.

    Raises:
        MissingError: The pictures that it was trained on are gone.
        InputError: They have changed, or the file of its loss has.
        CollapseError: A training failed.
    """
    own = _config(subject)
    config = replace(own, closed_form=False) if plain else own
    wanted = {
        f"{'plain-' if plain else ''}seed-{seed}": replace(config, seed=seed)
        for seed in range(own.seed, own.seed + seeds)
    }
    return list(_trained(subject, wanted, places, progress).values())


def of_sizes(subject: Subject, sizes: Sequence[int], places: Places, progress: Progress) -> dict[int, Encoder]:
    """Encoders whose codes have so many numbers, and that differ in nothing else.

    Raises:
        MissingError: The pictures that it was trained on are gone.
        InputError: They have changed, or the file of its loss has.
        CollapseError: A training failed.
    """
    config = _config(subject)
    wanted = {f"dim-{size}": replace(config, code_dim=size) for size in sizes}
    return dict(zip(sizes, _trained(subject, wanted, places, progress).values(), strict=True))


def _config(subject: Subject) -> Training:
    return Training.from_dict(dict(subject.config))


def _trained(subject: Subject, wanted: dict[str, Training], places: Places, progress: Progress) -> dict[str, Encoder]:
    """A model of each training: the project's own, one that is kept, or one trained now."""
    name, own = subject.encoder.directory.parent.name, _config(subject)
    folders = {place: places.models / _FOLDER / place / name for place in wanted}
    models = {
        place: subject.encoder.directory if config == own else _kept(folders[place], _told(subject, config))
        for place, config in wanted.items()
    }
    missing = [place for place, model in models.items() if model is None]
    if missing:
        _check_loss(subject)
        gathered = _pictures(subject, progress)
        for part, place in enumerate(wanted, start=1):
            if place in missing:
                models[place] = _train(subject, wanted[place], folders[place], gathered, progress, (part, len(wanted)))
    return {place: load_encoder(model) for place, model in models.items() if model is not None}


def _told(subject: Subject, config: Training) -> dict[str, Any]:
    """Which training it is, as JSON holds it: the project's loss, the bytes of its files, pictures, configuration."""
    run = subject.encoder.run
    return {
        "loss": run["loss"],
        "sources": _digests(run.get("loss_sources", ())),
        "data": run["data"]["digest"],
        "training": config.to_dict(),
    }


def _digests(sources: Sequence[dict[str, str]]) -> list[str]:
    return [source["sha256"] for source in sources]


def _kept(folder: Path, told: dict[str, Any]) -> Path | None:
    """The finished model of this very training; None where there is none, or where one was interrupted.

    What is left of another training, such as one of older pictures, goes: neither is it ever asked for again, nor could
    this one go on from its checkpoint.
    """
    if (folder / _TOLD).is_file() and read_json(folder / _TOLD, f"Delete {shown_path(folder)}.") == told:
        return latest_version(folder)
    if folder.is_dir():
        with storage_errors(folder):
            shutil.rmtree(folder)
    return None


def _check_loss(subject: Subject) -> None:
    """Refuses to train under a loss whose file has changed: that model would differ in more than it should."""
    from aekeras.losses.sources import sources_of

    if _digests(sources_of(subject.loss)) != _digests(subject.encoder.run.get("loss_sources", ())):
        raise InputError(
            f"Expected the loss {subject.name} as it was when its model was trained. Received: a file that has changed "
            "since. Run `aekeras train` again, then the report."
        )


def _pictures(subject: Subject, progress: Progress) -> Gathered:
    """The pictures that the project's model was trained on."""
    told = subject.encoder.run["data"]
    sources = [Path(source) for source in told["sources"]]
    lost = [shown_path(source) for source in sources if not source.exists()]
    if lost:
        raise MissingError(
            f"Expected the pictures that {subject.name} was trained on in {', '.join(lost)}. Found none. Put them "
            "back, or run this in the folder where `aekeras train` was run."
        )
    gathered = index.gather(sources, subject.encoder.image_size, progress)
    if gathered.collection.digest != told["digest"]:
        raise InputError(
            f"Expected the pictures of {', '.join(map(shown_path, sources))} as they were when {subject.name} was "
            f"trained: {told['count']:,}. Received: {len(gathered.items):,}, and not the same ones. Run `aekeras "
            "train` again, then the report."
        )
    return gathered


def _train(
    subject: Subject, config: Training, folder: Path, gathered: Gathered, progress: Progress, part: tuple[int, int]
) -> Path:
    root, name = folder.parent, folder.name
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / _TOLD, _told(subject, config))
    options = Options(places=Places(models=root, indexes=root / ".indexes"), resume=True, name=name, progress=progress)
    run = Run(loss=subject.loss, name=name, config=config, gathered=gathered, options=options, part=part)
    return run.train().model
