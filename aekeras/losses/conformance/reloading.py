"""The check that a loss is found again in a fresh process: one process for all losses, as starting it takes seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from aekeras.losses.conformance.subject import Finding, Subject
from aekeras.losses.explaining import explained
from aekeras.losses.image_loss import ImageLoss

RELOADED = 1e-4  # of a typical loss: the same code on the same machine, in another process
_SCRIPT = Path(__file__).with_name("fresh_process.py")
_SECONDS = 600


def reloaded(subjects: Sequence[Subject]) -> list[Finding]:
    """The same values in a fresh process: from the text and, of a class that Keras knows, from a saved model."""
    if not subjects:
        return []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = [_written(subject, folder / f"{number}.keras") for number, subject in enumerate(subjects)]
        (folder / "cases.json").write_text(json.dumps(cases))
        np.save(folder / "images.npy", np.stack(subjects[0].pairs)[:, :3])
        told = _run(folder)
        if told:
            return [Finding(fault=told) for _ in subjects]
        results = json.loads((folder / "results.json").read_text())
    return [_compared(*pair) for pair in zip(subjects, cases, results, strict=True)]


def _written(subject: Subject, path: Path) -> dict[str, Any]:
    """What the fresh process is told of a loss."""
    case: dict[str, Any] = {"text": subject.loss.text, "model": None}
    if not keras.saving.get_registered_name(type(subject.loss)).startswith("aekeras>"):
        return case
    try:
        _save(subject.loss, path)
    except Exception as error:  # whatever a person's own loss raises
        return case | {"error": f"{explained(error)}."}
    return case | {"model": path.name}


def _save(loss: ImageLoss, path: Path) -> None:
    """Writes a model that does nothing, compiled with the loss."""
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Activation("linear")])
    model.compile(loss=loss)
    with warnings.catch_warnings():  # Keras's own, under NumPy 2
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        model.save(path)


def _run(folder: Path) -> str:
    """Runs the script in the working directory, with the modules that this process finds; says what went wrong."""
    places = [str(Path(place).absolute()) for place in sys.path]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places), "KERAS_BACKEND": keras.backend.backend()}
    # -P: the folder of the script is none to import from.
    command = [sys.executable, "-P", str(_SCRIPT), str(folder)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"Expected a fresh process to end within {_SECONDS} s. It did not. Try it: python -c 'import aekeras'."
    if done.returncode == 0:
        return ""
    last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
    return f"Expected a fresh process to end well. Received: exit code {done.returncode}: {last}"


def _compared(subject: Subject, case: dict[str, Any], results: list[dict[str, Any]]) -> Finding:
    expected = subject.values(*(images[:3] for images in subject.pairs))
    figure = 0.0
    for result in ([{"way": "model.save", "error": case["error"]}] if "error" in case else []) + results:
        if "error" in result:
            return Finding(
                fault=f"Expected {result['way']} to give {subject.loss.text} in a fresh process, after `import "
                f"aekeras` alone. Received: {result['error']} A loss is found again where it is defined at the top of "
                "a file, my_losses.py:Name, or of an installed module."
            )
        figure = max(figure, float(np.abs(np.array(result["values"]) - expected).max()) / subject.typical)
        if not figure <= RELOADED:
            return Finding(
                figure,
                f"Expected the same values in a fresh process, by {result['way']}. Received: {result['values'][0]:.4g} "
                f"for {expected[0]:.4g}. Keep all that the values depend on as arguments of the constructor.",
            )
    return Finding(figure)
