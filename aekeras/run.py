"""One loss of an experiment: trained, exported, indexed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import time
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aekeras import projector
from aekeras.artefacts import latest_version, new_version, read_json, shown_path
from aekeras.configuration import Training
from aekeras.encoding import load_encoder
from aekeras.index import Gathered, build, items_digest, replaced
from aekeras.judging import EXACT, SYMMETRIC, with_scale
from aekeras.outcome import Outcome
from aekeras.places import Places
from aekeras.progress import Progress
from aekeras.stderr import held_back

if TYPE_CHECKING:
    from aekeras.callbacks import Fidelity
    from aekeras.losses import ImageLoss

_LIBRARIES = ("aekeras", "tensorflow", "keras", "faiss-cpu", "numpy", "pillow", "ai-edge-litert")
_WARMUP = 2  # pictures in a warm-up request
_QUERIES, _COLLECTION, _NEIGHBORS = (
    128,
    1024,
    10,
)  # of the fidelity in TensorBoard: no more pictures than are soon compared


@dataclass(frozen=True, kw_only=True)
class Options:
    """How `train` goes about it, beside what it trains.

    Attributes:
        places: Where models and indexes go.
        resume: Go on with the run of the same pictures and configuration that was interrupted.
        tensorboard: A folder for TensorBoard's logs, one below it per loss: with the fidelity on held-out pictures
            after each epoch, and the codes for the projector.
        name: Of the model and the index; only with a single loss. The loss's own name without it.
        progress: Told of all that happens.
    """

    places: Places = field(default_factory=Places)
    resume: bool = False
    tensorboard: Path | None = None
    name: str | None = None
    progress: Progress = field(default_factory=Progress)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One loss of an experiment.

    Attributes:
        loss: The loss.
        name: Of the model and the index.
        config: What the training is told.
        gathered: The pictures.
        options: Places, resuming, logs, progress.
        part: Which of how many losses this is.
    """

    loss: ImageLoss
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
    def checkpoint(self) -> Path:
        return self.parent / ".training" / "checkpoint.npz"

    @property
    def logs(self) -> Path | None:
        """The folder for TensorBoard."""
        return self.options.tensorboard and self.options.tensorboard / self.name

    @property
    def key(self) -> str:
        """Which training this is: the same loss, configuration and pixels give the same model."""
        told = {
            "loss": self.loss.text,
            "sources": self._sources,
            "config": self.config.to_dict(),
            "data": self.gathered.collection.digest,
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    @cached_property
    def _sources(self) -> list[dict[str, str]]:
        """The files of a loss of one's own."""
        from aekeras.losses.sources import sources_of

        return sources_of(self.loss)

    def finished(self) -> Outcome | None:
        """The outcome of an interrupted experiment that had come past this loss, where it is to be resumed."""
        model = latest_version(self.parent)
        if not self.options.resume or model is None:
            return None
        run = read_json(model / "assets.extra" / "run.json", "Train without `--resume`.")
        if run.get("key") != self.key:
            return None
        self._forget_checkpoint()
        self._build_index(model)
        return self._outcome(model, run, seconds=0.0)

    def train(self) -> Outcome:
        """Trains, exports, indexes."""
        with held_back():  # TensorFlow's greetings
            from aekeras import export, training

        start = time.monotonic()
        progress, (part, parts) = self.options.progress, self.part
        images = self.gathered.collection.images
        progress.begin(f"training {self.loss.text}", self.config.epochs * len(images), part=part, parts=parts)
        trained = training.fit(
            images,
            self.loss,
            self.config,
            training.Surroundings(
                checkpoint=self.checkpoint,
                resume=self.options.resume,
                key=self.key,
                tensorboard=self.logs,
                callbacks=self._fidelity() if self.logs else (),
                progress=progress,
            ),
        )
        progress.advance(self.config.epochs * len(images), "exporting")
        run = self._record(trained)
        with new_version(self.parent) as draft:
            export.write(draft.directory, trained.autoencoder, self.loss, run, images[:_WARMUP])
            run = with_scale(load_encoder(draft.directory), self._some(images), self.config.seed).run
        assert draft.final is not None
        self._forget_checkpoint()
        self._build_index(draft.final)
        outcome = self._outcome(draft.final, run, seconds=time.monotonic() - start)
        progress.end(str(outcome))
        for warning in outcome.warnings():
            progress.warn(warning)
        return outcome

    def _some(self, images: np.ndarray) -> np.ndarray:
        """Pictures that were trained on, for what is typical of them."""
        from aekeras.training.batches import split

        train, _ = split(len(images), self.config.validation_share, self.config.seed)
        return images[np.sort(train[:_COLLECTION])]

    def _forget_checkpoint(self) -> None:
        if self.checkpoint.parent.is_dir():
            shutil.rmtree(self.checkpoint.parent)  # with what a killed run may have left of another checkpoint

    def _fidelity(self) -> list[Fidelity]:
        """Measures it on held-out pictures; nothing where there are none, or nothing to find."""
        from aekeras.callbacks import Fidelity
        from aekeras.training.batches import split

        images = self.gathered.collection.images
        train, held_out = split(len(images), self.config.validation_share, self.config.seed)
        if not len(held_out):
            return []
        rows, others = np.sort(train[:_COLLECTION]), np.sort(held_out[:_QUERIES])
        return [Fidelity(images[rows], images[others], self.loss, k=min(_NEIGHBORS, len(rows)))]

    def _build_index(self, model: Path) -> None:
        lost = replaced(self.index, self.gathered)
        with build(self.index, load_encoder(model), self.gathered) as index:
            if lost:
                self.options.progress.warn(
                    f"{shown_path(self.index)} held {lost:,} more pictures, which were not trained on. Run `aekeras "
                    "index add` to bring them back."
                )
            if self.logs:
                ids = index.store.items.id_by_path()
                self._project(index.store.codes_of([ids[str(item.path)] for item in self.gathered.items]))

    def _project(self, codes: np.ndarray) -> None:
        """Shows the codes in TensorBoard's projector."""
        assert self.logs is not None
        items = self.gathered.items
        known = [item.metadata or {} for item in items]
        factors = {factor: [one.get(factor, "") for one in known] for factor in dict.fromkeys(chain(*known))}
        names = [shown_path(item.path) for item in items]
        # Keras writes the logs of a training to train/, and TensorBoard has a run for each folder with logs.
        projector.write(self.logs / "train", codes, self.gathered.collection.images, names, factors)

    def _record(self, trained: Any) -> dict[str, Any]:
        """What run.json tells of the training."""
        from aekeras.losses.construction import serialize

        collection = self.gathered.collection
        return {
            "loss": self.loss.text,
            "loss_config": serialize(self.loss),
            "loss_sources": self._sources,
            "blind_to": list(self.loss.blind_to),
            SYMMETRIC: self.loss.symmetric,
            EXACT: self.loss.exact,
            "key": self.key,
            "training": self.config.to_dict(),
            "image_size": self.config.image_size,
            "code_dim": self.config.code_dim,
            "seed": self.config.seed,
            "distance_scale": trained.distance_scale,
            "history": trained.history,
            "best_epoch": trained.best_epoch,
            "quality": trained.quality.to_dict(),
            "data": {
                "digest": collection.digest,
                "items_digest": items_digest(self.gathered.items),
                "count": len(collection),
                "sources": [shown_path(source) for source in self.gathered.sources],
                "unreadable": [{"path": shown_path(path), "reason": reason} for path, reason in collection.unreadable],
            },
            "versions": _versions(),
        }

    def _outcome(self, model: Path, run: dict[str, Any], seconds: float) -> Outcome:
        return Outcome(
            loss=self.loss.text,
            model=model,
            index=self.index,
            quality=run.get("quality", {}),
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
