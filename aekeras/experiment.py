"""The whole way: pictures -> one model per loss -> codes -> one index per loss."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from aekeras import datasets, indexing, losses, samples
from aekeras.artefacts import latest_version, new_version, read_json, safe_name, shown_path
from aekeras.configuration import Training
from aekeras.encoding import load_encoder
from aekeras.errors import InputError
from aekeras.indexing import Gathered
from aekeras.losses import DEFAULT_LOSSES
from aekeras.places import Places
from aekeras.progress import Progress

_LIBRARIES = ("aekeras", "tensorflow", "keras", "faiss-cpu", "numpy", "pillow", "ai-edge-litert")
_WARMUP = 2  # pictures in a warm-up request


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of training under one loss.

    Attributes:
        loss: Its canonical text.
        model: The folder of the new version.
        index: The folder of the index.
        reconstruction: Mean loss of the reconstructions of training pictures.
        constant: Mean loss of the best constant image for the same pictures.
        epochs: Epochs that were run.
        seconds: Time it took; 0 where an earlier run had finished it.
    """

    loss: str
    model: Path
    index: Path
    reconstruction: float
    constant: float
    epochs: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What `train` leaves.

    Attributes:
        outcomes: One per loss.
        pictures: The folder that was trained on.
        count: Pictures trained on and indexed.
        unreadable: (path, reason) of each file that was passed over.
        example: A picture to search for.
    """

    outcomes: tuple[Outcome, ...]
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
            "losses": [
                asdict(outcome) | {"model": shown_path(outcome.model), "index": shown_path(outcome.index)}
                for outcome in self.outcomes
            ],
        }

    def __str__(self) -> str:
        width = max(len(outcome.loss) for outcome in self.outcomes)
        rows = [
            f"  {o.loss:<{width}}  loss {o.reconstruction:.4f} (one image for all: {o.constant:.4f})  "
            f"{shown_path(o.model)}  {shown_path(o.index)}"
            for o in self.outcomes
        ]
        return "\n".join([f"Trained on {self.count:,} pictures of {shown_path(self.pictures)}:", *rows])


@dataclass(frozen=True, kw_only=True)
class Options:
    """How `train` goes about it, beside what it trains.

    Attributes:
        places: Where models and indexes go.
        resume: Go on with the run of the same pictures and configuration that was interrupted.
        tensorboard: A folder for TensorBoard's logs, one below it per loss.
        name: Of the model and the index; only with a single loss. The loss's own name without it.
        progress: Told of all that happens.
    """

    places: Places = field(default_factory=Places)
    resume: bool = False
    tensorboard: Path | None = None
    name: str | None = None
    progress: Progress = field(default_factory=Progress)


def train(
    pictures: str | Path | None = None,
    *,
    losses: Sequence[str] = DEFAULT_LOSSES,
    dataset: str | None = None,
    config: Training | None = None,
    options: Options | None = None,
) -> Experiment:
    """Trains, exports and indexes one model per loss.

    Args:
        pictures: A folder, searched recursively; without it, the built-in sample images.
        losses: Names of losses.
        dataset: One of Keras's image data sets, in the place of a folder.
        config: What every training is told.
        options: Places, resuming, logs, progress.

    Raises:
        InputError: An unknown loss, no readable picture, or a folder that holds something else.
        CollapseError: Reconstructions no better than one constant image.
        StorageError: The disk is full, or a place cannot be written.

    Examples:
        >>> import aekeras
        >>> print(aekeras.train("photos", losses=["l1", "l1_gray"]))
    """
    config, options = config or Training(), options or Options()
    names = _checked(losses, options)
    folder = _folder(pictures, dataset, options)
    gathered = indexing.gather([folder], config.image_size, options.progress)
    outcomes = []
    for part, (loss, name) in enumerate(names.items(), start=1):
        run = _Run(loss=loss, name=name, config=config, gathered=gathered, options=options, part=(part, len(names)))
        outcomes.append(run.finished() or run.train())
    return Experiment(
        outcomes=tuple(outcomes),
        pictures=folder,
        count=len(gathered.items),
        unreadable=tuple((shown_path(path), reason) for path, reason in gathered.collection.unreadable),
        example=gathered.items[0].path,
    )


def _checked(chosen: Sequence[str], options: Options) -> dict[str, str]:
    """Each loss once, with the name of its model."""
    for loss in chosen:
        losses.find(loss)
    names = {loss: safe_name(options.name or loss) for loss in chosen}
    if not names:
        raise InputError("Expected at least one loss. Received: none. Name one, for example 'l1_gray'.")
    if options.name and len(names) > 1:
        raise InputError(
            f"Expected a single loss with `name`. Received: {', '.join(names)}. Leave out the name, or train one loss."
        )
    return names


def _folder(pictures: str | Path | None, dataset: str | None, options: Options) -> Path:
    if pictures is not None and dataset is not None:
        raise InputError(f"Expected a folder or a data set. Received: {pictures} and {dataset}. Leave out one.")
    if dataset is not None:
        return datasets.write(dataset, options.places.datasets, options.progress)
    if pictures is not None:
        return Path(pictures)
    options.progress.begin("drawing samples", 0)
    paths = samples.write(options.places.samples)
    options.progress.end(f"{len(paths):,} pictures in {shown_path(options.places.samples)}")
    return options.places.samples


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One loss of an experiment."""

    loss: str
    name: str
    config: Training
    gathered: Gathered
    options: Options
    part: tuple[int, int]

    @property
    def parent(self) -> Path:
        return self.options.places.models / self.name

    @property
    def index(self) -> Path:
        return self.options.places.indexes / self.name

    @property
    def key(self) -> str:
        """Which training this is: the same loss, configuration and pixels give the same model."""
        told = {"loss": self.loss, "config": self.config.to_dict(), "data": self.gathered.collection.digest}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def finished(self) -> Outcome | None:
        """The outcome of an interrupted experiment that had come past this loss, where it is to be resumed."""
        model = latest_version(self.parent)
        if not self.options.resume or model is None:
            return None
        run = read_json(model / "assets.extra" / "run.json", "Train without `--resume`.")
        if run.get("key") != self.key:
            return None
        self._build_index(model)
        return self._outcome(model, run, seconds=0.0)

    def train(self) -> Outcome:
        """Trains, exports, indexes."""
        from aekeras import export, training

        start = time.monotonic()
        progress, (part, parts) = self.options.progress, self.part
        images = self.gathered.collection.images
        checkpoint = self.parent / ".training" / "checkpoint.npz"
        progress.begin(f"training {self.loss}", self.config.epochs * len(images), part=part, parts=parts)
        trained = training.fit(
            images,
            losses.get(self.loss),
            self.config,
            training.Surroundings(
                checkpoint=checkpoint,
                resume=self.options.resume,
                key=self.key,
                tensorboard=self.options.tensorboard and self.options.tensorboard / self.name,
                progress=progress,
            ),
        )
        progress.advance(self.config.epochs * len(images), "exporting")
        run = self._record(trained)
        with new_version(self.parent) as draft:
            export.write(draft.directory, trained.autoencoder, losses.get(self.loss), run, images[:_WARMUP])
        assert draft.final is not None
        checkpoint.unlink()
        checkpoint.parent.rmdir()
        self._build_index(draft.final)
        outcome = self._outcome(draft.final, run, seconds=time.monotonic() - start)
        progress.end(f"loss {outcome.reconstruction:.4f}, best constant image {outcome.constant:.4f}")
        return outcome

    def _build_index(self, model: Path) -> None:
        indexing.build(self.index, load_encoder(model), self.gathered).close()

    def _record(self, trained: Any) -> dict[str, Any]:
        """What run.json tells of the training."""
        collection = self.gathered.collection
        return {
            "loss": self.loss,
            "blind_to": list(losses.find(self.loss).blind_to),
            "key": self.key,
            "training": self.config.to_dict(),
            "image_size": self.config.image_size,
            "code_dim": self.config.code_dim,
            "seed": self.config.seed,
            "distance_scale": trained.distance_scale,
            "history": trained.history,
            "best_epoch": trained.best_epoch,
            "reconstruction": trained.reconstruction,
            "constant": trained.constant,
            "data": {
                "digest": collection.digest,
                "count": len(collection),
                "sources": [shown_path(source) for source in self.gathered.sources],
                "unreadable": [{"path": shown_path(path), "reason": reason} for path, reason in collection.unreadable],
            },
            "versions": _versions(),
        }

    def _outcome(self, model: Path, run: dict[str, Any], seconds: float) -> Outcome:
        return Outcome(
            loss=self.loss,
            model=model,
            index=self.index,
            reconstruction=run["reconstruction"],
            constant=run["constant"],
            epochs=len(run["history"].get("loss", ())),
            seconds=seconds,
        )


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # LiteRT where it has no wheel, aekeras where it runs uninstalled
    return found
