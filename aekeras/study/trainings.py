"""Further trainings of the same pictures that a study asks for; kept, so that the next study has them.

    <models>/.report/seed-<s>/     models that differ from the project's in their seed only
    <models>/.report/numbers-<d>/  and in the numbers of a code only

Their names begin with a dot, so neither a search nor a server takes them for models of the project.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aekeras.artefacts import read_json, shown_path
from aekeras.configuration import Training
from aekeras.encoding import Encoder, load_encoder
from aekeras.errors import InputError, MissingError
from aekeras.experiment import Options, train
from aekeras.places import Places
from aekeras.progress import Progress
from aekeras.study.subjects import Subject

_FOLDER = ".report"


def check_seeds(seeds: int) -> None:
    """Passes 0, for none, and what can be compared.

    Raises:
        InputError: 1, or a negative number.
    """
    if seeds == 1 or seeds < 0:
        raise InputError(f"Expected `seeds` of at least 2, to compare, or 0 for none. Received: {seeds}.")


def check_sizes(sizes: Sequence[int]) -> None:
    """Passes ascending numbers.

    Raises:
        InputError: They are not, or one is below 1.
    """
    if any(size < 1 for size in sizes) or list(sizes) != sorted(set(sizes)):
        shown = ",".join(map(str, sizes))
        raise InputError(f"Expected ascending code sizes of at least 1, such as 16,32,64. Received: {shown}.")


def of_seeds(subject: Subject, seeds: int, places: Places, progress: Progress) -> list[Encoder]:
    """Encoders of `seeds` models that differ in their seed only, the project's own first.

    Raises:
        MissingError: The pictures that it was trained on are gone.
        InputError: They have changed.
    """
    config = _config(subject)
    first = config.seed
    others = [
        _trained(subject, replace(config, seed=seed), f"seed-{seed}", places, progress)
        for seed in range(first + 1, first + seeds)
    ]
    return [subject.encoder, *others]


def of_sizes(subject: Subject, sizes: Sequence[int], places: Places, progress: Progress) -> dict[int, Encoder]:
    """Encoders whose codes have so many numbers, and that differ in nothing else.

    Raises:
        MissingError: The pictures that it was trained on are gone.
        InputError: They have changed.
    """
    config = _config(subject)
    return {
        size: subject.encoder
        if size == subject.encoder.code_dim
        else _trained(subject, replace(config, code_dim=size), f"numbers-{size}", places, progress)
        for size in sizes
    }


def _config(subject: Subject) -> Training:
    return Training.from_dict(dict(subject.config))


def _trained(subject: Subject, config: Training, name: str, places: Places, progress: Progress) -> Encoder:
    """The model of such a training: one that is there already, else one trained now."""
    root = places.models / _FOLDER / name
    told = subject.encoder.run["data"]
    sources = [Path(source) for source in told["sources"]]
    if len(sources) != 1 or not sources[0].is_dir():
        raise MissingError(
            f"Expected the pictures that {subject.name} was trained on in {', '.join(map(str, sources))}. Found none. Put "
            "them back, or run this in the folder where `aekeras train` was run."
        )
    experiment = train(
        sources[0],
        losses=[subject.loss],
        config=config,
        options=Options(
            places=Places(models=root, indexes=root / ".indexes"),
            resume=True,
            name=subject.encoder.directory.parent.name,
            progress=progress,
        ),
    )
    model = experiment.outcomes[0].model
    if read_json(model / "assets.extra" / "run.json")["data"]["digest"] != told["digest"]:
        raise InputError(
            f"Expected the pictures of {shown_path(sources[0])} as they were when {subject.name} was trained. Received: "
            "others. Run `aekeras train` again, then the report."
        )
    return load_encoder(model)
