"""The state of a training in one file, replaced after every epoch, so that a killed one goes on from the last."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from aekeras.artefacts import shown_path, storage_errors, write_file
from aekeras.errors import InputError
from aekeras.training.learner import Learner

History = dict[str, list[float]]


@dataclass(kw_only=True)
class State:
    """How far a training has come.

    Attributes:
        history: One list per logged quantity, one number per epoch.
        best: The lowest monitored loss so far, the start included.
        best_epoch: The epochs that were over then; 0 for the start.
        best_weights: The autoencoder's weights then.
    """

    history: History = field(default_factory=dict)
    best: float = float("inf")
    best_epoch: int = 0
    best_weights: list[np.ndarray] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """Epochs that are over."""
        return len(self.history.get("loss", ()))

    def exhausted(self, patience: int) -> bool:
        """Whether that many epochs have passed without a better one."""
        return self.epochs - self.best_epoch >= patience


def save(path: Path, learner: Learner, state: State, key: str) -> None:
    """Writes the state, the learner's variables and its optimizer's; `key` says which training it belongs to."""
    told = {"key": key, "history": state.history, "best": state.best, "best_epoch": state.best_epoch}
    arrays = {f"variable_{i}": variable.numpy() for i, variable in enumerate(_variables(learner))}
    arrays |= {f"best_{i}": value for i, value in enumerate(state.best_weights)}
    buffer = io.BytesIO()
    np.savez(buffer, state=np.frombuffer(json.dumps(told).encode(), np.uint8), **arrays)
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, buffer.getvalue())


def load(path: Path, learner: Learner, key: str) -> State | None:
    """Puts the learner where `save` left it, and gives the state; None where nothing was saved.

    Raises:
        InputError: The file belongs to another training, or is damaged.
    """
    if not path.exists():
        return None
    told, arrays = _read(path)
    variables = _variables(learner)
    saved = [arrays.get(f"variable_{i}") for i in range(len(variables))]
    fits = all(value is not None and value.shape == own.shape for value, own in zip(saved, variables, strict=True))
    if told.get("key") != key or not fits:
        raise InputError(
            f"Expected a checkpoint of this very training in {shown_path(path)}. Received: one of other pictures or "
            "another configuration. Repeat the command that was interrupted, or train without `--resume`."
        )
    for variable, value in zip(variables, saved, strict=True):
        variable.assign(value)
    best = [arrays[f"best_{i}"] for i in range(len(arrays) - len(variables))]
    return State(history=told["history"], best=told["best"], best_epoch=told["best_epoch"], best_weights=best)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What `save` told, and the arrays."""
    with storage_errors(path):
        content = path.read_bytes()
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return json.loads(arrays.pop("state").tobytes()), arrays
    except Exception as error:  # NumPy and zipfile raise whatever damaged bytes lead them to.
        raise InputError(
            f"Expected a checkpoint in {shown_path(path)}. Received: a damaged file. Train without `--resume`."
        ) from error


def _variables(learner: Learner) -> list[keras.Variable]:
    """Weights, the random generator's state, and the optimizer's moments, in an order that the network fixes."""
    return [*learner.autoencoder.variables, learner.seeds.state, *learner.optimizer.variables]
