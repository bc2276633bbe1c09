"""The whole way: pictures -> one model per loss -> codes -> one index per loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aekeras import datasets, index, losses, samples
from aekeras.artefacts import latest_version, read_json, safe_name, shown_path
from aekeras.configuration import Training
from aekeras.errors import AekerasError, InputError, StorageError
from aekeras.losses import DEFAULT_LOSSES
from aekeras.run import Options, Outcome, Run
from aekeras.stderr import held_back

if TYPE_CHECKING:
    import numpy as np

    from aekeras.losses import ImageLoss

_SAMPLE_EPOCHS = 10


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What `train` leaves.

    Attributes:
        outcomes: One per loss that was trained.
        failed: (loss, reason) of each that was not; the others were trained all the same.
        pictures: The folder that was trained on.
        count: Pictures trained on and indexed.
        unreadable: (path, reason) of each file that was passed over.
        example: A picture to search for.
    """

    outcomes: tuple[Outcome, ...]
    failed: tuple[tuple[str, str], ...]
    pictures: Path
    count: int
    unreadable: tuple[tuple[str, str], ...]
    example: Path

    def to_dict(self) -> dict[str, Any]:
        """What `aekeras train --json` prints."""
        return {
            "pictures": shown_path(self.pictures),
            "count": self.count,
            "unreadable": [{"path": path, "reason": reason} for path, reason in self.unreadable],
            "losses": [outcome.to_dict() for outcome in self.outcomes],
            "failed": [{"loss": loss, "reason": reason} for loss, reason in self.failed],
        }

    def __str__(self) -> str:
        width = max(len(loss) for loss in (*(o.loss for o in self.outcomes), *(loss for loss, _ in self.failed)))
        rows = [f"  {o.loss:<{width}}  {o}  {shown_path(o.model)}  {shown_path(o.index)}" for o in self.outcomes]
        asked = next((o.quality["pictures"] for o in self.outcomes if o.quality.get("held_out")), 0)
        return "\n".join(
            [
                f"Trained on {self.count:,} pictures of {shown_path(self.pictures)}"
                + (f"; the figures are of {asked:,} that were held out:" if asked else ":"),
                *rows,
                *(f"  {loss:<{width}}  not trained: {reason}" for loss, reason in self.failed),
            ]
        )


def train(
    pictures: str | Path | None = None,
    *,
    losses: Sequence[str | Any] = DEFAULT_LOSSES,
    dataset: str | None = None,
    config: Training | None = None,
    options: Options | None = None,
) -> Experiment:
    """Trains, exports and indexes one model per loss.

    A loss that fails on these pictures, such as one that sees no difference between them, does not stop the others:
    it is named in `failed` of the result.

    Args:
        pictures: A folder, searched recursively; without it, the built-in sample images, for 10 epochs.
        losses: Each an expression, as in `aekeras.losses.get`, or a loss.
        dataset: One of Keras's image data sets, in the place of a folder.
        config: What every training is told.
        options: Places, resuming, logs, progress.

    Raises:
        InputError: An unknown loss, no readable picture, a folder that holds something else, or no loss that can be
            trained on the pictures.
        CollapseError: The only loss collapsed: its reconstructions are no better than one constant image.
        StorageError: The disk is full, or a place cannot be written.

    Examples:
        >>> print(aekeras.train("photos", losses=["l1", "l1_gray"]))
    """
    config, options = config or Training(), options or Options()
    chosen = _chosen(losses, options, config)
    folder, example = _folder(pictures, dataset, options)
    gathered = index.gather([folder], config.image_size, options.progress)
    config = _for_samples(config) if example else config.for_count(len(gathered.items))
    failures = _blind(chosen, gathered.collection.images)
    able = [(loss, name) for loss, name in chosen if loss.text not in failures]
    runs = [
        Run(loss=loss, name=name, config=config, gathered=gathered, options=options, part=(part, len(able)))
        for part, (loss, name) in enumerate(able, start=1)
    ]
    outcomes, failures = _trained(runs, failures)
    for error in failures.values():
        options.progress.warn(str(error))
    unreadable = tuple((shown_path(path), reason) for path, reason in gathered.collection.unreadable)
    example = example or gathered.items[0].path
    return Experiment(
        outcomes=outcomes,
        failed=tuple((text, str(error)) for text, error in failures.items()),
        pictures=folder,
        count=len(gathered.items),
        unreadable=unreadable,
        example=example,
    )


Failures = dict[str, AekerasError]


def _blind(chosen: Sequence[tuple[ImageLoss, str]], pictures: np.ndarray) -> Failures:
    """By their texts, the losses that see no difference between the pictures: known before anything is trained."""
    from aekeras.training import check_differ

    found: Failures = {}
    for loss, _ in chosen:
        try:
            check_differ(loss, pictures)
        except InputError as error:
            found[loss.text] = error
    return found


def _trained(runs: Sequence[Run], failures: Failures) -> tuple[tuple[Outcome, ...], Failures]:
    """What came of the runs, and the failures with those that came meanwhile.

    Raises:
        AekerasError: None of them came to an end.
    """
    outcomes = []
    for run in runs:
        try:
            outcomes.append(run.finished() or run.train())
        except StorageError:
            raise  # which the next loss would meet, too
        except AekerasError as error:
            failures = failures | {run.loss.text: error}
            run.options.progress.end("not trained")
    if not outcomes:
        reasons = list(dict.fromkeys(map(str, failures.values())))
        if len(reasons) == 1:
            raise next(iter(failures.values()))
        raise InputError(" ".join(reasons))
    return tuple(outcomes), failures


def _chosen(asked: Sequence[str | Any], options: Options, config: Training) -> list[tuple[ImageLoss, str]]:
    """Each loss once, tried on small pictures, with the name of its model."""
    if isinstance(asked, str):
        asked = [asked]
    for text in asked:
        if isinstance(text, str):
            losses.canonical(text)  # which knows bad names and bad grammar before TensorFlow is loaded
    with held_back():  # TensorFlow's greetings
        from aekeras.training import try_out

    chosen = {loss.text: loss for loss in map(losses.get, asked)}
    if not chosen:
        raise InputError("Expected at least one loss. Received: none. Name one, for example 'l1_gray'.")
    if options.name and len(chosen) > 1:
        raise InputError(
            f"Expected a single loss with `name`. Received: {', '.join(chosen)}. Leave out the name, or train one loss."
        )
    named = [(loss, safe_name(options.name or text)) for text, loss in chosen.items()]
    for loss, name in named:
        _check_free(options.places.models / name, loss)
        try_out(loss, config.image_size)
    return named


def _check_free(parent: Path, loss: ImageLoss) -> None:
    """Passes a new name, or that of models under the same loss: a server takes the newest for the others' heir."""
    newest = latest_version(parent)
    if newest is None:
        return
    run = read_json(newest / "assets.extra" / "run.json", "Train under another name.")
    if run.get("loss") != loss.text:
        raise InputError(
            f"Expected a name that no other loss has. Received: {parent.name}, which {shown_path(newest)} was trained "
            f"for under {run.get('loss')}. Choose another `--name`."
        )


def _folder(pictures: str | Path | None, dataset: str | None, options: Options) -> tuple[Path, Path | None]:
    """The folder to train on, and a picture in it that shows well what the losses do, where one is known."""
    if pictures is not None and dataset is not None:
        raise InputError(f"Expected a folder or a data set. Received: {pictures} and {dataset}. Leave out one.")
    if dataset is not None:
        return datasets.write(dataset, options.places.datasets, options.progress), None
    if pictures is not None:
        return Path(pictures), None
    options.progress.begin("drawing samples", 0)
    paths = samples.write(options.places.samples)
    options.progress.end(f"{len(paths):,} pictures in {shown_path(options.places.samples)}")
    return options.places.samples, paths[0]


def _for_samples(config: Training) -> Training:
    """The samples are easy and meant for a first look: fewer epochs than other pictures of their number get."""
    return config if config.epochs else replace(config, epochs=_SAMPLE_EPOCHS)
