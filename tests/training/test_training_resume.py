"""A training that was killed goes on where it was, and ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aekeras
from aekeras import losses, samples
from aekeras.configuration import Training
from aekeras.errors import InputError
from aekeras.training import Surroundings, Trained, fit

pytestmark = pytest.mark.slow
CONFIG = Training(image_size=32, code_dim=8, epochs=4, batch_size=16)
# What the doomed process does before it trains: it puts its own end somewhere.
MOMENTS = {
    "between two batches of the third epoch": """
class Doom(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (2, 1):
            die()
callbacks = [Doom()]
""",
    "while the checkpoint of the second epoch is written": """
write_bytes = pathlib.Path.write_bytes
def half(path, data):
    half.count += 1
    write_bytes(path, data[: len(data) // 2] if half.count == 3 else data)
    if half.count == 3:
        die()
half.count = 0
pathlib.Path.write_bytes = half
""",
    "after the last epoch": """
class Doom(keras.callbacks.Callback):
    def on_train_end(self, logs=None):
        die()
callbacks = [Doom()]
""",
}
DOOMED = """
import os, pathlib, signal, sys
import keras, numpy as np
from aekeras import losses
from aekeras.configuration import Training
from aekeras.training import Surroundings, fit
def die():
    os.kill(os.getpid(), signal.SIGKILL)
callbacks = []
{moment}
here = pathlib.Path({here!r})
config = Training(**{config!r})
around = Surroundings(checkpoint=here / "checkpoint.npz", key="ours", callbacks=callbacks)
fit(np.load({images!r}), losses.get("l1_gray"), config, around)
"""


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.stack([np.asarray(samples.draw(sample, 32)) for sample in samples.generate(64)])


@pytest.fixture(scope="module")
def whole(images: np.ndarray) -> Trained:
    """The training without an interruption."""
    return fit(images, losses.get("l1_gray"), CONFIG)


@pytest.fixture(scope="module")
def killed(images: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder with the checkpoint that each killed process has left; they ran side by side."""
    root = tmp_path_factory.mktemp("killed")
    np.save(root / "images.npy", images)
    started = {moment: _start(root, number, moment) for number, moment in enumerate(MOMENTS)}
    for _, process in started.values():
        _, errors = process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL, errors
    return {moment: here for moment, (here, _) in started.items()}


def _start(root: Path, number: int, moment: str) -> tuple[Path, subprocess.Popen[bytes]]:
    here = root / str(number)
    here.mkdir()
    code = DOOMED.format(
        moment=MOMENTS[moment], here=str(here), config=CONFIG.to_dict(), images=str(root / "images.npy")
    )
    environment = os.environ | {"PYTHONPATH": str(Path(aekeras.__file__).parents[1])}
    return here, subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def resume(images: np.ndarray, checkpoint: Path, **others: Any) -> Trained:
    around = Surroundings(checkpoint=checkpoint, key="ours", resume=True)
    return fit(images, losses.get("l1_gray"), replace(CONFIG, **others), around)


def codes(trained: Trained, images: np.ndarray) -> np.ndarray:
    return trained.autoencoder.get_layer("encoder").predict(images / np.float32(255), verbose=0)


@pytest.mark.parametrize(("moment", "epochs"), list(zip(MOMENTS, (2, 1, 4), strict=True)))
def test_a_killed_training_ends_as_if_it_had_not_been_killed(
    moment: str, epochs: int, killed: dict[str, Path], whole: Trained, images: np.ndarray
) -> None:
    checkpoint = killed[moment] / "checkpoint.npz"
    with np.load(checkpoint) as stored:
        told = json.loads(stored["state"].tobytes())
    assert len(told["history"]["loss"]) == epochs
    resumed = resume(images, checkpoint)
    assert resumed.history.keys() == whole.history.keys()
    for name, values in whole.history.items():
        assert len(resumed.history[name]) == CONFIG.epochs
        np.testing.assert_allclose(resumed.history[name], values, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(codes(resumed, images), codes(whole, images), atol=1e-5)
    assert resumed.best_epoch == whole.best_epoch
    assert [path.name for path in checkpoint.parent.iterdir()] == ["checkpoint.npz"], "nothing half written stays"


def test_without_a_checkpoint_resuming_just_trains(whole: Trained, images: np.ndarray, tmp_path: Path) -> None:
    resumed = resume(images, tmp_path / "new" / "checkpoint.npz")
    assert len(resumed.history["loss"]) == CONFIG.epochs
    np.testing.assert_allclose(codes(resumed, images), codes(whole, images), atol=1e-5)


def test_a_checkpoint_of_another_training_is_refused(
    killed: dict[str, Path], images: np.ndarray, tmp_path: Path
) -> None:
    checkpoint = copied(killed, tmp_path)
    around = Surroundings(checkpoint=checkpoint, key="another", resume=True)
    with pytest.raises(InputError, match=r"Received: one of other pictures or another configuration\. Repeat the"):
        fit(images, losses.get("l1_gray"), CONFIG, around)
    with pytest.raises(InputError, match=r"Received: one of other pictures or another configuration\. Repeat the"):
        resume(images, checkpoint, code_dim=4)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[: len(data) // 2],
        lambda _: b"no checkpoint",
        lambda data: data[:50_000] + bytes([data[50_000] ^ 1]) + data[50_001:],
        lambda data: b"\x00" * len(data),
    ],
    ids=["empty", "half", "text", "one bit", "zeros"],
)
def test_a_damaged_checkpoint_is_told_of(
    damage: Callable[[bytes], bytes], killed: dict[str, Path], images: np.ndarray, tmp_path: Path
) -> None:
    checkpoint = copied(killed, tmp_path)
    checkpoint.write_bytes(damage(checkpoint.read_bytes()))
    with pytest.raises(InputError, match=r"Received: a damaged file\. Train without `--resume`\."):
        resume(images, checkpoint)


def copied(killed: dict[str, Path], tmp_path: Path) -> Path:
    checkpoint = tmp_path / "checkpoint.npz"
    checkpoint.write_bytes((killed["after the last epoch"] / "checkpoint.npz").read_bytes())
    return checkpoint
