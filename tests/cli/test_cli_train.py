"""`aekeras train`, from the words of the command to what is printed and written."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import aekeras
from aekeras import experiment, images
from aekeras.cli import main
from aekeras.encoding import load_encoder
from aekeras.index import Index
from aekeras.training import units

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow
QUICK = ("--epochs", "1", "--image-size", "32", "--code-dim", "4")
LIKE_THE_PROJECT = ("--epochs", "3", "--image-size", "32", "--code-dim", "16", "--batch-size", "32")


def aekeras_(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == code, (result.stderr, result.exception)
    return result


def run_of(model: str) -> dict[str, Any]:
    return json.loads(Path(model, "assets.extra", "run.json").read_text())


@pytest.fixture
def few(trained: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with six samples and one folder below it, in a fresh working directory."""
    monkeypatch.chdir(tmp_path)
    Path("photos/deep").mkdir(parents=True)
    for number, path in enumerate(sorted(trained.pictures.glob("*.png"))[:60:10]):
        shutil.copy(path, Path("photos/deep" if number % 2 else "photos"))
    return Path("photos")


def test_without_an_argument_samples_are_drawn_trained_on_and_indexed_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write = experiment.samples.write
    monkeypatch.setattr(experiment.samples, "write", lambda directory: write(directory, count=40))
    for version in ("1", "2"):
        result = aekeras_("train", "--loss", "l1_gray", *QUICK)
        assert result.stdout.startswith("Trained on 40 pictures of samples; the figures are of 4 that were held out:\n")
        words = result.stdout.splitlines()[1].split()
        assert (words[0], words[-2], words[-1]) == ("l1_gray", f"models/l1_gray/{version}", "indexes/l1_gray")
        assert len(list(Path("samples").glob("*.png"))) == 40
        with Index.open(Path("indexes/l1_gray")) as index:
            assert index.manifest.origin.model == f"l1_gray/{version}"
            assert len(index) == 40
        assert sorted(path.name for path in Path("models/l1_gray").iterdir()) == ["1", "2"][: int(version)]

    *_, said = result.stderr.splitlines()
    assert said.startswith("Next: aekeras search samples/")
    found = aekeras_(*shlex.split(said.removeprefix("Next: aekeras ")))
    assert found.stdout.splitlines()[1] == "  l1_gray (blind to chroma)"


def test_every_part_of_the_objective_can_be_turned_off_and_run_json_says_so(
    few: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Three steps from scratch draw no picture yet, and that is not what this is about.
    monkeypatch.setattr(units, "best_constant", lambda *_: 9.0)
    (few / "deep" / "broken.png").write_bytes(b"no picture")
    (few / "cut.jpg").write_bytes(jpeg()[:300])
    off = ("--no-metamers", "--no-blends", "--no-closed-form", "--isometry", "0", "--encoder-input", "view")
    other = (
        "--seed",
        "7",
        "--patience",
        "3",
        "--validation-share",
        "0",
        "--learning-rate",
        "0.01",
        "--batch-size",
        "2",
    )
    places = ("--models", "my models", "--indexes", "my indexes", "--name", "plain", "--tensorboard", "logs")
    result = aekeras_("train", "photos", "--loss", "l1", *QUICK, *off, *other, *places, "--json")

    run = run_of("my models/plain/1")
    told = run["training"]
    assert told == {
        "image_size": 32,
        "code_dim": 4,
        "epochs": 1,
        "batch_size": 2,
        "learning_rate": 0.01,
        "seed": 7,
        "patience": 3,
        "validation_share": 0.0,
        "isometry": 0.0,
        "metamers": False,
        "blends": False,
        "closed_form": False,
        "encoder_input": "view",
    }
    assert len(run["history"]["loss"]) == 1
    printed = json.loads(result.stdout)
    assert {Path(entry["path"]).name for entry in printed["unreadable"]} == {"broken.png", "cut.jpg"}
    assert run["data"]["unreadable"] == printed["unreadable"]
    assert (run["data"]["count"], run["data"]["sources"]) == (6, ["photos"])
    assert printed["losses"][0]["model"] == "my models/plain/1"
    warning = next(line for line in result.stderr.splitlines() if line.startswith("Warning: "))
    assert "Skipped 2 unreadable files: " in warning
    assert "broken.png" in warning
    assert "cut.jpg" in warning
    assert list(Path("logs/plain/train").glob("events.*"))


def jpeg() -> bytes:
    path = Path("whole.jpg")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)).save(path)
    content = path.read_bytes()
    path.unlink()
    return content


def test_a_collapsed_training_leaves_no_model(few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "best_constant", lambda *_: 0.0)
    result = aekeras_("train", str(few), "--loss", "l1", *QUICK, code=1)
    assert result.stdout == ""
    error = result.stderr.splitlines()[-1]
    assert error.startswith("Error: Expected reconstructions better than one constant image under l1, whose loss is")
    assert not list(Path("models/l1").glob("[0-9]*"))
    assert not Path("indexes").exists()


def test_other_folders_are_named_in_the_next_step(few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aekeras.outcome import Outcome
    from aekeras.run import Run

    monkeypatch.setattr(
        Run,
        "train",
        lambda run: Outcome(loss=run.loss.text, model=run.parent, index=run.index, quality={}, epochs=1, seconds=1),
    )
    few.rename("my photos")
    result = aekeras_("train", "my photos", "--loss", "l1", "--models", "m", "--indexes", "my indexes", *QUICK)
    said = shlex.split(result.stderr.splitlines()[-1])
    assert said[:3] == ["Next:", "aekeras", "search"]
    assert Path(said[3]).parent.parts[0] == "my photos"
    assert said[4:] == ["--models", "m", "--indexes", "my indexes"]


def test_without_a_terminal_progress_is_plain_lines(few: Path) -> None:
    result = aekeras_("train", str(few), "--loss", "l1_red", *QUICK)
    lines = [re.sub(r"[0-9.]+", "#", line) for line in result.stderr.splitlines()]
    assert "\x1b" not in result.stderr
    assert "\r" not in result.stderr
    assert lines[:2] == ["reading pictures", "reading pictures: # pictures, # s"]
    assert lines[2] == "training l#_red"
    figures = "fidelity@# # (PCA #), loss # (PCA #, one image for all #), on pictures of the training, # s"
    assert f"training l#_red: {figures}" in lines
    assert not any(word in result.stderr for word in ("tensorflow", "retracing", "oneDNN"))
    assert len(result.stdout.splitlines()) == 2


def test_a_killed_run_goes_on_where_it_was(trained: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two losses; the process is killed in the second one."""
    monkeypatch.chdir(tmp_path)
    words = ("train", str(trained.pictures), "--loss", "l1", "--loss", "l1_gray", *LIKE_THE_PROJECT)
    kill_as_soon_as(Path("models/l1_gray/.training/checkpoint.npz"), words)
    assert sorted(str(path) for path in Path("models").glob("*/[0-9]*")) == ["models/l1/1"]
    first = Path("models/l1/1/assets.extra/run.json").stat()

    other = aekeras_(*words[:2], "--loss", "l1_gray", *LIKE_THE_PROJECT, "--seed", "1", "--resume", code=1)
    assert other.stderr.splitlines()[-1] == (
        "Error: Expected a checkpoint of this very training in models/l1_gray/.training/checkpoint.npz. Received: one "
        "of other pictures or another configuration. Repeat the command that was interrupted, or train without "
        "`--resume`."
    )
    result = aekeras_(*words, "--resume", "--json")
    l1, gray = json.loads(result.stdout)["losses"]
    assert (l1["seconds"], l1["epochs"], l1["model"]) == (0.0, 3, "models/l1/1")
    assert (gray["epochs"], gray["model"]) == (3, "models/l1_gray/1")
    assert Path("models/l1/1/assets.extra/run.json").stat() == first, "it is not trained again"
    assert sorted(path.name for path in Path("models/l1_gray").iterdir()) == ["1"]

    read = np.stack([images.read(path, 32) for path in sorted(trained.pictures.glob("*.png"))])
    for loss in ("l1", "l1_gray"):
        whole, resumed = trained.places.models / loss / "1", Path("models", loss, "1")
        for name, values in run_of(str(whole))["history"].items():
            np.testing.assert_allclose(run_of(str(resumed))["history"][name], values, rtol=1e-4, atol=1e-5)
        codes = [load_encoder(model).encode(read) for model in (whole, resumed)]
        np.testing.assert_allclose(codes[0], codes[1], atol=1e-5)


def kill_as_soon_as(checkpoint: Path, words: tuple[str, ...]) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(aekeras.__file__).parents[1])}
    command = [sys.executable, "-m", "aekeras", *words]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert checkpoint.exists()
