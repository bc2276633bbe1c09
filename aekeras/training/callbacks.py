"""What happens between the epochs of a training: the best one is kept, the state saved, the listener told."""

from __future__ import annotations

from pathlib import Path

import keras

from aekeras.progress import Progress
from aekeras.training import checkpoint
from aekeras.training.checkpoint import State


class Keeper(keras.callbacks.Callback):
    """Keeps the history and the best weights, saves both after each epoch, and stops when patience is at an end.

    Args:
        state: Written to as the training goes on.
        patience: Epochs without a better one after which to stop.
        path: Where to save; nothing is saved where None.
        key: Which training this is.
    """

    def __init__(self, state: State, patience: int, path: Path | None, key: str) -> None:
        super().__init__()
        self._state, self._patience, self._path, self._key = state, patience, path, key

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for name, value in (logs or {}).items():
            self._state.history.setdefault(name, []).append(float(value))
        self.judge((logs or {}).get("val_loss", (logs or {})["loss"]), epoch + 1)
        self.save()
        if self._state.exhausted(self._patience):
            self.model.stop_training = True

    def save(self) -> None:
        """Saves the state, where there is a place for it."""
        if self._path is not None:
            checkpoint.save(self._path, self.model, self._state, self._key)

    def judge(self, value: float, epoch: int) -> None:
        """Notes the weights as they are now, after `epoch` epochs, if `value` is the lowest so far."""
        if value < self._state.best:
            self._state.best, self._state.best_epoch = float(value), epoch
            self._state.best_weights = self.model.autoencoder.get_weights()


class Teller(keras.callbacks.Callback):
    """Tells a listener of every batch: pictures done, the epoch and the loss.

    Args:
        progress: The listener.
        epochs: Epochs in all.
        per_epoch: Pictures per epoch.
        batch_size: Pictures per batch.
    """

    def __init__(self, progress: Progress, epochs: int, per_epoch: int, batch_size: int) -> None:
        super().__init__()
        self._progress, self._epochs, self._per_epoch, self._batch_size = (
            progress,
            epochs,
            per_epoch,
            batch_size,
        )
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        del logs
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        done = self._epoch * self._per_epoch + (batch + 1) * self._batch_size
        note = f"epoch {self._epoch + 1}/{self._epochs}"
        if logs and "reconstruction" in logs:
            note += f", loss {logs['reconstruction']:.4f}"
        self._progress.advance(done, note)
