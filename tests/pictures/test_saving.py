"""A sheet as a file: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from disk import files_no_larger_than
from PIL import Image

from aekeras.errors import InputError, MissingError, StorageError
from aekeras.pictures import save


@pytest.fixture
def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))


@pytest.mark.parametrize("name", ["a.png", "a.webp", "A.PNG"])
def test_lossless_formats_give_the_same_pixels_back(picture: Image.Image, tmp_path: Path, name: str) -> None:
    save(picture, tmp_path / name)
    with Image.open(tmp_path / name) as back:
        assert np.array_equal(back.convert("RGB"), picture)


@pytest.mark.parametrize("name", ["a.jpg", "a.jpeg"])
def test_jpeg_keeps_colored_edges(tmp_path: Path, name: str) -> None:
    page = np.full((64, 64, 3), 255, dtype=np.uint8)
    page[20:41, 21:42] = (255, 0, 0)
    save(Image.fromarray(page), tmp_path / name)
    with Image.open(tmp_path / name) as back:
        assert back.format == "JPEG"
        assert np.abs(np.asarray(back).astype(int) - page).max() < 40


def test_a_pdf_has_one_page(picture: Image.Image, tmp_path: Path) -> None:
    save(picture, str(tmp_path / "a.pdf"))
    content = (tmp_path / "a.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") == 1


def test_nothing_but_the_file_is_left_with_the_usual_permissions(picture: Image.Image, tmp_path: Path) -> None:
    save(picture, tmp_path / "a.png")
    (tmp_path / "plain").touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "plain"]
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_full_disk_leaves_the_old_file_and_no_other(picture: Image.Image, tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    failure = r"Expected a file that can be written. Received: .*a\.png .*large"
    with files_no_larger_than(100), pytest.raises(StorageError, match=failure):
        save(picture, target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_interruption_before_the_renaming_leaves_the_old_file(
    picture: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"old")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(picture, target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("name", ["a", "a.txt", "a.gif", ".png"])
def test_an_unknown_suffix_is_refused_with_those_known(picture: Image.Image, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"Expected a file name ending in \.png, \.jpg, ") as error:
        save(picture, tmp_path / name)
    assert f"Received: {name!r}" in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(picture: Image.Image, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"Expected a folder for a\.png\. Received: .*nowhere.* Create it"):
        save(picture, tmp_path / "nowhere" / "a.png")


def test_a_folder_in_the_place_of_the_file_is_a_storage_error(picture: Image.Image, tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(StorageError, match="Expected a file that can be written"):
        save(picture, tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(("name", "side"), [("a.webp", 16_384), ("a.jpg", 65_501)])
def test_a_page_too_long_for_a_format_is_refused_with_its_limit(tmp_path: Path, name: str, side: int) -> None:
    with pytest.raises(InputError, match=rf"Expected at most {side - 1} pixels .* Received: 2 x {side}") as error:
        save(Image.new("RGB", (2, side)), tmp_path / name)
    assert "Save it as .png" in str(error.value)


@pytest.mark.parametrize(("name", "side"), [("a.webp", 16_383), ("a.jpg", 65_500)])
def test_a_page_as_long_as_a_format_allows_is_written(tmp_path: Path, name: str, side: int) -> None:
    save(Image.new("RGB", (2, side)), tmp_path / name)
    with Image.open(tmp_path / name) as back:
        assert back.size == (2, side)
