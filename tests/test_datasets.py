"""Keras's data sets as folders, with a small stand-in for what Keras downloads."""

from __future__ import annotations

import csv
import errno
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aekeras import datasets, images, metadata
from aekeras.artefacts import directories
from aekeras.errors import AekerasError, InputError, StorageError
from aekeras.progress import Progress

TRAIN, TEST = 5, 3
Parts = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


class Recorder(Progress):
    """Notes what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def begin(self, stage: str, total: int, *, part: int = 1, parts: int = 1) -> None:
        del part, parts
        self.told.append(("begin", stage, total))

    def advance(self, done: int, note: str = "") -> None:
        del note
        self.told.append(("advance", done))

    def end(self, summary: str = "") -> None:
        del summary
        self.told.append(("end",))


def parts(name: str) -> Parts:
    """Random pictures in the shapes of the data set: gray 28 x 28, or RGB 32 x 32 with a column of labels."""
    random = np.random.default_rng(0)
    colored = name.startswith("cifar")
    size = (32, 32, 3) if colored else (28, 28)
    train, test = (random.integers(0, 256, (count, *size), dtype=np.uint8) for count in (TRAIN, TEST))
    labels = random.integers(0, 10, TRAIN + TEST, dtype=np.uint8)
    labels = labels[:, None] if colored else labels
    return (train, labels[:TRAIN]), (test, labels[TRAIN:])


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a function in the place of Keras's `load_data`."""

    def put(name: str, load_data: Callable[[], Parts] | None = None) -> None:
        module = importlib.import_module(f"keras.datasets.{name}")
        monkeypatch.setattr(module, "load_data", load_data or (lambda: parts(name)))

    return put


@pytest.mark.parametrize("name", datasets.NAMES)
def test_every_picture_is_written_as_it_is_with_its_label(
    name: str, stand_in: Callable[..., None], tmp_path: Path
) -> None:
    stand_in(name)
    folder = datasets.write(name, tmp_path / "datasets")
    assert folder == tmp_path / "datasets" / name
    known = metadata.read([folder])
    assert sorted(known) == images.find([folder])
    for part, (pictures, labels) in zip(("train", "test"), parts(name), strict=True):
        for i, (picture, label) in enumerate(zip(pictures, np.ravel(labels), strict=True)):
            path = folder / part / f"{label}-{i:05d}.png"
            np.testing.assert_array_equal(Image.open(path), picture)
            assert known[path] == {"label": str(label)}


def test_the_table_lists_pictures_in_the_order_of_the_data_set(stand_in: Callable[..., None], tmp_path: Path) -> None:
    stand_in("mnist")
    with (datasets.write("mnist", tmp_path) / "factors.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"][-9:-4] for row in rows] == [f"{i:05d}" for i in (*range(TRAIN), *range(TEST))]
    assert [row["path"].split("/")[0] for row in rows] == ["train"] * TRAIN + ["test"] * TEST


def test_the_listener_hears_of_every_picture(stand_in: Callable[..., None], tmp_path: Path) -> None:
    stand_in("mnist")
    recorder = Recorder()
    datasets.write("mnist", tmp_path, recorder)
    count = TRAIN + TEST
    assert recorder.told == [
        ("begin", "writing mnist", count),
        *(("advance", done) for done in range(1, count + 1)),
        ("end",),
    ]


def test_a_folder_that_is_there_is_used_as_it_is(stand_in: Callable[..., None], tmp_path: Path) -> None:
    def never() -> Parts:
        raise AssertionError("asked for again")

    stand_in("mnist", never)
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "mine.txt").write_text("mine")
    assert datasets.write("mnist", tmp_path) == tmp_path / "mnist"
    assert [path.name for path in (tmp_path / "mnist").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("name", "hint"), [("cifar", r" Did you mean 'cifar10+'\?"), ("minst", r" Did you mean 'mnist'\?"), ("zzz", "")]
)
def test_an_unknown_name_is_refused_with_the_nearest_one(name: str, hint: str, tmp_path: Path) -> None:
    expected = rf"^Unknown data set '{name}'\. Expected one of: cifar10, cifar100, fashion_mnist, mnist\.{hint}$"
    with pytest.raises(InputError, match=expected):
        datasets.write(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_download_that_fails_is_one_clear_error_and_leaves_nothing(
    stand_in: Callable[..., None], tmp_path: Path
) -> None:
    def fail() -> Parts:
        raise Exception("URL fetch failure on https://example.org/mnist.npz: None -- timed out")

    stand_in("mnist", fail)
    expected = (
        r"^Expected to download the data set 'mnist'\. Received: URL fetch failure on .* timed out\. "
        r"Check the connection, or train on a folder\.$"
    )
    with pytest.raises(datasets.DownloadError, match=expected) as caught:
        datasets.write("mnist", tmp_path / "datasets")
    assert isinstance(caught.value, AekerasError)
    assert isinstance(caught.value, ConnectionError)
    assert not list(tmp_path.iterdir())


def test_what_keras_says_of_a_download_stays_out_of_the_results(
    stand_in: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def talk() -> Parts:
        print("Downloading data from https://example.org/mnist.npz")
        return parts("mnist")

    stand_in("mnist", talk)
    datasets.write("mnist", tmp_path)
    said = capsys.readouterr()
    assert said.out == ""
    assert "Downloading data" in said.err


def test_an_interruption_or_a_full_disk_leaves_no_half_a_data_set(
    stand_in: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("mnist")

    class Interrupted(Recorder):
        def advance(self, done: int, note: str = "") -> None:
            del note
            if done == 4:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        datasets.write("mnist", tmp_path, Interrupted())
    assert not list(tmp_path.iterdir())

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(directories, "sync", full)
        with pytest.raises(StorageError, match="No space left on device"):
            datasets.write("mnist", tmp_path)
    assert not list(tmp_path.iterdir())
    assert len(images.find([datasets.write("mnist", tmp_path)])) == TRAIN + TEST


def test_a_place_that_is_a_file_is_refused_in_one_line(stand_in: Callable[..., None], tmp_path: Path) -> None:
    stand_in("mnist")
    (tmp_path / "datasets").write_text("")
    with pytest.raises(StorageError, match=r"^Expected to read and write .*Choose a place that is a folder\.$"):
        datasets.write("mnist", tmp_path / "datasets")
