"""One training from the first step to the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np

from aekeras.artefacts import storage_errors
from aekeras.configuration import Training
from aekeras.errors import CollapseError, InputError
from aekeras.losses.image_loss import ImageLoss
from aekeras.progress import Progress
from aekeras.training import checkpoint, start, units
from aekeras.training.batches import Batches
from aekeras.training.callbacks import Keeper, Teller
from aekeras.training.checkpoint import History, State
from aekeras.training.learner import Learner
from aekeras.training.quality import Quality, settle

_VALIDATION = 512  # held-out pictures that are looked at after every epoch, at most


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a training gives.

    Attributes:
        autoencoder: Images (N, S, S, 3) -> reconstructions; its layer "encoder" gives codes in the loss's units.
        history: One list per logged quantity, one number per epoch.
        best_epoch: The epochs after which the weights were taken; 0 where no epoch was better than the start.
        distance_scale: What code distances were multiplied by, in the weights themselves, to be in the loss's units.
        quality: How good it is, on pictures that it did not see.
    """

    autoencoder: keras.Model
    history: History
    best_epoch: int
    distance_scale: float
    quality: Quality


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a training meets besides its pictures.

    Attributes:
        checkpoint: The file that holds its state; None to keep none.
        resume: Go on from that file.
        key: Which training this is; a checkpoint with another key is refused.
        tensorboard: A folder for TensorBoard's logs.
        callbacks: Further Keras callbacks; their `model` is the `Learner`, and what they add to the logs of an epoch
            becomes a part of the history.
        progress: Told of every batch.
    """

    checkpoint: Path | None = None
    resume: bool = False
    key: str = ""
    tensorboard: Path | None = None
    callbacks: Sequence[keras.callbacks.Callback] = ()
    progress: Progress = field(default_factory=Progress)


def fit(images: np.ndarray, loss: ImageLoss, config: Training, around: Surroundings | None = None) -> Trained:
    """Trains an autoencoder on images under a loss.

    Args:
        images: uint8, shape (N, S, S, 3), N >= 2, with S the configuration's image size.
        loss: As `aekeras.losses.get` gives it.
        config: The configuration.
        around: Checkpoints, logs and listeners.

    Raises:
        InputError: Fewer than two pictures, or all of them equal under the loss.
        CollapseError: The reconstructions are no better than one constant image.
        StorageError: A checkpoint or log cannot be written.
    """
    around, config = around or Surroundings(), config.for_count(len(images))
    units.check_differ(loss, images)
    begun = start.begin(images, loss, config)
    learner, landmarks, distances = begun.learner, begun.landmarks, begun.distances
    state = _learn(learner, images, (begun.train, begun.held_out), around)
    if not state.best_weights:
        raise InputError(
            f"Expected finite values of {loss.text} in training. Received: NaN or infinity, from the first step on. "
            "Scale the loss, so that two pictures differ by about 1 at most."
        )
    learner.autoencoder.set_weights(state.best_weights)
    quality = settle(images, loss, begun)
    trained = Trained(
        autoencoder=learner.autoencoder,
        history=_by_text(state.history, loss),
        best_epoch=state.best_epoch,
        distance_scale=units.calibrate(learner.autoencoder, landmarks, distances),
        quality=quality,
    )
    _check_collapse(loss, landmarks, learner.autoencoder)
    return trained


def _learn(learner: Learner, images: np.ndarray, rows: tuple[np.ndarray, np.ndarray], around: Surroundings) -> State:
    """Runs the epochs that are still to come, in place, and gives what was kept."""
    config = learner.config
    train, held_out = rows
    size = config.batch_for(len(train))
    per_epoch = len(train) // size
    decay = keras.optimizers.schedules.CosineDecay(config.learning_rate, config.epochs * per_epoch)
    learner.compile(optimizer=keras.optimizers.Adam(decay))
    learner.optimizer.build(learner.autoencoder.trainable_variables)
    state = _resumed(learner, around) or State()
    keeper = Keeper(state, config.patience, around.checkpoint, around.key)
    validation = _validation(images, held_out if len(held_out) else train, config)
    if not state.best_weights:
        keeper.set_model(learner)
        keeper.judge(learner.evaluate(validation, verbose=0, return_dict=True)["loss"], epoch=0)
        keeper.save()  # so that a place that cannot be written is known before the first epoch
    if state.epochs < config.epochs and not state.exhausted(config.patience):
        learner.fit(
            Batches(images, train, size=size, seed=config.seed, epoch=state.epochs),
            validation_data=validation,
            initial_epoch=state.epochs,
            epochs=config.epochs,
            shuffle=False,  # of the batches: Keras would do it by a generator whose state no checkpoint holds
            verbose=0,
            callbacks=[*around.callbacks, keeper, *_listeners(around, config, per_epoch, size)],
        )
    return state


def _resumed(learner: Learner, around: Surroundings) -> State | None:
    if not around.resume or around.checkpoint is None:
        return None
    return checkpoint.load(around.checkpoint, learner, around.key)


def _validation(images: np.ndarray, rows: np.ndarray, config: Training) -> Batches:
    """Batches of held-out pictures, the same in every epoch."""
    rows = rows[:_VALIDATION]
    return Batches(images, rows, size=min(config.batch_size, len(rows)), seed=config.seed, reshuffle=False)


def _listeners(around: Surroundings, config: Training, per_epoch: int, size: int) -> list[keras.callbacks.Callback]:
    listeners = [Teller(around.progress, config.epochs, per_epoch * size, size)]
    if around.tensorboard is not None:
        with storage_errors(around.tensorboard):
            around.tensorboard.mkdir(parents=True, exist_ok=True)
        listeners.append(keras.callbacks.TensorBoard(str(around.tensorboard)))
    return listeners


def _by_text(history: History, loss: ImageLoss) -> History:
    """The history with each term of the loss under its text, instead of the name that Keras allows."""
    texts = {prefix + term.name: prefix + term.text for _, term in loss.terms() for prefix in ("", "val_")}
    return {texts.get(name, name): values for name, values in history.items()}


def _check_collapse(loss: ImageLoss, landmarks: np.ndarray, autoencoder: keras.Model) -> None:
    """On pictures of the training, which are many: of a few that were held out, the best constant image knows all."""
    rebuilt, constant = units.mean_loss(loss, landmarks, autoencoder), units.best_constant(loss, landmarks)
    if not rebuilt < constant:
        raise CollapseError(
            f"Expected reconstructions better than one constant image under {loss.text}, whose loss is {constant:.4f}. "
            f"Received: {rebuilt:.4f}. The training collapsed or was too short: train longer, with a smaller learning "
            "rate, or with more pictures."
        )
