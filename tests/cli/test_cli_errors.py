"""Whatever is wrong with the input: one clear line on stderr, exit code 1, nothing half written."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from aekeras import retrieval
from aekeras.cli import main

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow


def invoke(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert isinstance(result.exception, SystemExit), result.exception
    return result


def error_of(*words: str | Path) -> str:
    """The one line of a command that fails; progress of the work before it may stand above."""
    result = invoke(*words)
    *others, line = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (1, "")
    assert all(other.startswith(("reading pictures", "training l1")) for other in others)
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def everything() -> list[Path]:
    return sorted(Path().rglob("*"))


def bomb(path: Path) -> None:
    """A PNG of a few bytes that says it has 900 million pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


def truncated(path: Path) -> None:
    Image.effect_noise((64, 64), 50).save(path)
    path.write_bytes(path.read_bytes()[:1500])


QUERIES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _: None, "which does not exist. Check the path."),
    "no picture": (lambda path: path.write_text("words"), "not a picture of these formats"),
    "empty": (lambda path: path.touch(), "an empty file"),
    "truncated": (truncated, "Replace it, or leave it out."),
    "bomb": (bomb, "pixels, the limit of Pillow"),
    "folder": (lambda path: path.mkdir(), "not a regular file"),
    "pipe": (os.mkfifo, "not a regular file"),
}
FOLDERS = {"search": "which has none. Name another folder, or the files themselves."}
"""A folder is a query for each of its pictures here."""


@pytest.mark.parametrize("kind", QUERIES)
@pytest.mark.parametrize("command", ["search", "reconstruct"])
def test_a_query_that_is_no_whole_picture(command: str, kind: str, own: Path) -> None:
    make, message = QUERIES[kind]
    message = FOLDERS.get(command, message) if kind == "folder" else message
    make(own / "query.png")
    before = everything()
    good = next((own / "pictures").glob("*.png"))
    line = error_of(command, good, "query.png", "--sheet", "sheet.png")
    assert line.startswith("Expected a ")
    assert "query.png" in line
    assert message in line
    assert everything() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("search", "pictures/x.png"), "Expected an index in `indexes`. Found none. Run `aekeras train` first."),
        (("index", "info"), "Expected an index in `indexes`. Found none. Run `aekeras train` first."),
        (("index", "build", "pictures"), "Expected a model in models. Found none. Run `aekeras train` first."),
        (("reconstruct", "pictures/x.png"), "Expected a model in models. Found none. Run `aekeras train` first."),
        (("train", "nowhere"), "which does not exist. Check the path."),
        (("train", "empty"), "which has none. Name another folder, or the files themselves."),
        (("train", "broken"), "Received: 1 files, none of them readable; the first is "),
        (("train", "pictures"), "Expected at least 2 pictures to train on. Received: 1. Add pictures."),
        (("train", "--loss", "l1_grey"), "Did you mean 'l1_gray'?"),
        (("train", "--dataset", "minst"), "Did you mean 'mnist'?"),
        (("train", "--image-size", "33"), "Expected `image_size` to be a multiple of 16. Received: 33."),
        (("train", "--seed", "-1"), "Expected `seed` to be a whole number from 0 to 2147483647. Received: -1."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_nothing_there_yet_or_nothing_to_train_on(
    words: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "broken", "pictures"):
        Path(folder).mkdir()
    Path("broken/x.png").touch()
    Image.new("RGB", (9, 9)).save("pictures/x.png")
    before = everything()
    line = error_of(*words)
    assert line.startswith(("Expected ", "Unknown "))
    assert message in line
    assert everything() == before


def test_an_index_without_its_own_model(own: Path) -> None:
    query = next((own / "pictures").glob("*.png"))
    shutil.rmtree("models/l1/1")
    shutil.copytree("models/l1_gray/1", "models/l1/1")
    assert error_of("search", query).endswith("Rebuild the index by `aekeras index build`.")
    shutil.rmtree("models")
    assert "Expected the model of indexes/l1 in models/l1/1. Found none." in error_of("search", query)


def test_other_values_that_cannot_be(own: Path) -> None:
    query = next((own / "pictures").glob("*.png"))
    assert "Expected `k` of at least 1. Received: 0." in error_of("search", query, "-k", "0")
    assert "Expected `max_distance` of at least 0." in error_of("search", query, "--max-distance", "-1")
    assert "Did you mean 'l1_gray'?" in error_of("search", query, "--loss", "l1_grey")
    assert "Did you mean 'l1_gray'?" in error_of("index", "build", "pictures", "--loss", "l1_grey")


@pytest.mark.parametrize("command", ["search", "reconstruct"])
@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ("nowhere/sheet.png", "Expected a folder for sheet.png. Received: nowhere, which is none. Create it first."),
        ("sheet.svg", "Expected a file name ending in .png, .jpg, .jpeg, .webp, .pdf. Received: 'sheet.svg'."),
    ],
)
def test_a_sheet_that_cannot_be_saved_is_told_of_before_the_work(
    command: str, sheet: str, message: str, here: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object, **__: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr(retrieval, "search", work)
    monkeypatch.setattr("aekeras.reconstruction.reconstruct", work)
    before = everything()
    assert error_of(command, next(here.pictures.glob("*.png")), "--sheet", sheet) == message
    assert everything() == before


def test_a_place_that_is_no_folder(here: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    result = invoke("index", "build", here.pictures, "--models", here.places.models, "--indexes", "file/indexes")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: Expected to read and write file/indexes/l1. Received: ")
    assert everything() == [Path("file")]


@pytest.mark.parametrize(
    "words",
    [
        ("search",),
        ("serch", "x.png"),
        ("search", "x.png", "-k", "many"),
        ("train", "--epochs", "x"),
        ("train", "--encoder-input", "pixels"),
        ("train", "--nonsense"),
        ("losses", "show"),
        ("index", "build"),
    ],
    ids=" ".join,
)
def test_wrong_usage_has_its_own_exit_code(words: tuple[str, ...]) -> None:
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: " in result.stderr
    assert "Error: " in result.stderr


@pytest.mark.parametrize("command", ["search", "reconstruct"])
def test_a_sheet_is_never_drawn_over_an_image(command: str, own: Path) -> None:
    picture = shutil.copy(next((own / "pictures").glob("*.png")), own / "query.png")
    before = Path(picture).read_bytes()
    line = error_of(command, "query.png", "--sheet", "./query.png")
    assert line == "Expected a new file for `--sheet`. Received: query.png, which is an image. Name another file."
    assert Path(picture).read_bytes() == before
