"""Keras's own image data sets as folders of pictures, so that they go the way that every folder goes."""

from __future__ import annotations

import csv
import importlib
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
from PIL import Image

from aekeras.artefacts import new_directory
from aekeras.errors import AekerasError, InputError, did_you_mean
from aekeras.places import FACTORS
from aekeras.progress import Progress

NAMES = ("cifar10", "cifar100", "fashion_mnist", "mnist")


class DownloadError(AekerasError, ConnectionError):
    """A data set that could not be downloaded."""


def write(name: str, directory: Path, progress: Progress | None = None) -> Path:
    """The folder `directory`/`name` with one PNG per picture, train and test, and their labels in `factors.csv`.

    Keras downloads the data set on first use (to ~/.keras/datasets). A folder that is there already is used as it is.

    Raises:
        InputError: No data set has this name.
        DownloadError: It could not be downloaded.
        StorageError: The disk is full, or the place cannot be written.
    """
    if name not in NAMES:
        raise InputError(f"Unknown data set {name!r}. Expected one of: {', '.join(NAMES)}.{did_you_mean(name, NAMES)}")
    folder = directory / name
    if folder.exists():
        return folder
    parts = _download(name)
    progress = progress or Progress()
    progress.begin(f"writing {name}", sum(len(images) for images, _ in parts))
    with new_directory(folder) as draft:
        rows = []
        for done, (path, image, label) in enumerate(_pictures(parts), start=1):
            (draft / path).parent.mkdir(exist_ok=True)
            Image.fromarray(image).save(draft / path)
            rows.append((path, label))
            progress.advance(done)
        with (draft / FACTORS).open("w", newline="") as file:
            csv.writer(file).writerows([("path", "label"), *rows])
    progress.end()
    return folder


def _download(name: str) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    module = importlib.import_module(f"keras.datasets.{name}")
    try:
        with redirect_stdout(sys.stderr):  # Keras shows the progress of a download on stdout, which is for results
            return module.load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise DownloadError(
            f"Expected to download the data set {name!r}. Received: {error}. "
            "Check the connection, or train on a folder."
        ) from error


def _pictures(parts: tuple[tuple[np.ndarray, np.ndarray], ...]) -> Iterator[tuple[str, np.ndarray, int]]:
    for part, (images, labels) in zip(("train", "test"), parts, strict=True):
        for i, (image, label) in enumerate(zip(images, np.ravel(labels), strict=True)):
            yield f"{part}/{int(label)}-{i:05d}.png", image, int(label)
