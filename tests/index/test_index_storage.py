"""An index comes back as it was written, or says which of its files is damaged."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aekeras.errors import InputError, MissingError
from aekeras.index import Index, Item, Manifest, Origin, generation

Build = Callable[..., Index]
Change = Callable[[bytes], bytes]

REBUILD = r"Rebuild the index by `aekeras index build`\.$"


def flip(position: int) -> Change:
    def flipped(data: bytes) -> bytes:
        at = position % len(data)
        return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]

    return flipped


def edit_manifest(directory: Path, **values: Any) -> None:
    path = directory / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_codes_and_items_come_back_as_they_went(tmp_path: Path, origin: Origin, codes: np.ndarray) -> None:
    items = [
        Item(path=tmp_path / "größe 100%?.png", size=3, mtime_ns=2**62, digest="0f" * 32),
        Item(path=tmp_path / "b.png", size=0, mtime_ns=-1, digest="f0" * 32, metadata={"née": "\udcff", "": ""}),
    ]
    Index.build(tmp_path / "a folder?#%41", codes[:2], items, origin)
    with Index.open(tmp_path / "a folder?#%41") as index:
        assert list(index.items()) == [(0, items[0]), (1, items[1])]
        assert index.ids.tolist() == [0, 1]
        np.testing.assert_array_equal(index.codes, codes[:2])
        assert index.manifest.origin == origin
        assert index.search(codes[:1], 1)[0][0].path == items[0].path


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are Unicode")
def test_a_file_name_that_is_not_unicode_comes_back(tmp_path: Path, origin: Origin) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.png"))
    path.write_bytes(b"picture")
    index = Index.build(tmp_path / "index", np.zeros((1, 2)), [Item.of(path)], origin)
    (neighbors,) = index.search(np.zeros((1, 2)), 1)
    assert neighbors[0].path.read_bytes() == b"picture"


def test_an_item_describes_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("abc.png").write_bytes(b"abc")
    os.utime("abc.png", ns=(5, 123_456_789_000))
    assert Item.of(Path("abc.png"), {"label": "cat"}) == Item(
        path=tmp_path / "abc.png",
        size=3,
        mtime_ns=123_456_789_000,
        digest="ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        metadata={"label": "cat"},
    )


def test_a_relative_path_is_refused() -> None:
    with pytest.raises(InputError, match=r"^Expected an absolute path\. Received: cat\.png\. "):
        Item(path=Path("cat.png"), size=1, mtime_ns=1, digest="")


def test_codes_and_items_of_different_number_are_refused(tmp_path: Path, origin: Origin) -> None:
    with pytest.raises(InputError, match=r"^Expected one code per item\. Received: 3 codes and 0 items\. "):
        Index.build(tmp_path / "index", np.zeros((3, 2)), [], origin)
    assert not (tmp_path / "index").exists()


def test_a_manifest_is_the_same_after_json(build: Build, codes: np.ndarray) -> None:
    manifest = build(codes).manifest
    assert Manifest.from_dict(json.loads(json.dumps(manifest.to_dict()))) == manifest
    assert Manifest.from_dict(manifest.to_dict() | {"added later": 1}) == manifest


@pytest.mark.parametrize("name", ["codes-1.faiss", "items-1.sqlite"])
@pytest.mark.parametrize(
    "change",
    [lambda data: data[:0], lambda data: data[:10], lambda data: data[:-1], lambda data: data + b"0"],
    ids=["empty", "ten bytes", "one byte less", "one byte more"],
)
def test_a_file_of_another_size_is_refused(build: Build, codes: np.ndarray, name: str, change: Change) -> None:
    path = build(codes).directory / name
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=rf"^Expected .*{name} as it was written\. Received: .*{REBUILD}"):
        Index.open(path.parent)


@pytest.mark.parametrize("name", ["codes-1.faiss", "items-1.sqlite"])
@pytest.mark.parametrize("position", [0, 20, 6000, -1])
def test_a_flipped_byte_of_a_small_file_is_refused(build: Build, codes: np.ndarray, name: str, position: int) -> None:
    path = build(codes).directory / name
    path.write_bytes(flip(position)(path.read_bytes()))
    with pytest.raises(InputError, match=rf"{name} as it was written\. Received: other bytes: .*{REBUILD}"):
        Index.open(path.parent)


@pytest.mark.parametrize("name", ["codes-1.faiss", "items-1.sqlite"])
def test_verify_finds_a_flipped_byte_of_a_large_file(
    build: Build, codes: np.ndarray, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "_READ_WHOLE", 0)
    index = build(codes)
    index.verify()
    path = index.directory / name
    path.write_bytes(flip(6000)(path.read_bytes()))
    with pytest.raises(InputError, match=rf"{name} as it was written\. Received: other bytes: .*{REBUILD}"):
        Index.open(path.parent).verify()


@pytest.mark.parametrize(
    ("name", "position"),
    [("codes-1.faiss", at) for at in (0, 4, 8, 12, 40, 45, -1, -2401)] + [("items-1.sqlite", 0)],
)
def test_a_damaged_head_of_a_large_file_is_refused(
    build: Build, codes: np.ndarray, name: str, position: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "_READ_WHOLE", 0)
    path = build(codes).directory / name
    path.write_bytes(flip(position)(path.read_bytes()))
    with pytest.raises(InputError, match=rf"{name}, which is damaged \(.*\)\. {REBUILD}"):
        Index.open(path.parent).search(codes, 300)


def test_a_count_that_is_not_the_codes_is_refused(build: Build, codes: np.ndarray) -> None:
    directory = build(codes).directory
    edit_manifest(directory, count=299)
    with pytest.raises(InputError, match=r"codes-1\.faiss, which is damaged .*\(300, 16\).*\(299, 16\)"):
        Index.open(directory)


def test_a_code_without_its_item_is_refused(build: Build, codes: np.ndarray) -> None:
    fewer, more = build(codes[:5], name="fewer"), build(codes[:6], name="more")
    items = (fewer.directory / "items-1.sqlite").read_bytes()
    (more.directory / "items-1.sqlite").write_bytes(items)
    edit_manifest(
        more.directory,
        files={
            "codes": more.manifest.to_dict()["files"]["codes"],
            "items": fewer.manifest.to_dict()["files"]["items"],
        },
    )
    with pytest.raises(InputError, match=rf"items-1\.sqlite, which is damaged \(no item has the id 5\)\. {REBUILD}"):
        Index.open(more.directory).search(codes[:1], 6)


@pytest.mark.parametrize("name", ["codes-1.faiss", "items-1.sqlite"])
def test_a_file_that_is_gone_is_named(build: Build, codes: np.ndarray, name: str) -> None:
    path = build(codes).directory / name
    path.unlink()
    with pytest.raises(MissingError, match=rf"^Expected a file at .*{name}\. Found none\. {REBUILD}"):
        Index.open(path.parent)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', "\x00"])
def test_a_damaged_manifest_is_refused(build: Build, codes: np.ndarray, text: str) -> None:
    directory = build(codes).directory
    (directory / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=rf"manifest\.json.*{REBUILD}"):
        Index.open(directory)


@pytest.mark.parametrize(
    ("key", "value"),
    [("count", "300"), ("loss", None), ("model", "l1"), ("files", {"codes": {}}), ("code_dim", 16.0)],
)
def test_a_value_of_the_wrong_type_is_named(build: Build, codes: np.ndarray, key: str, value: object) -> None:
    directory = build(codes).directory
    edit_manifest(directory, **{key: value})
    with pytest.raises(InputError, match=rf"manifest\.json: Expected `.*` of type .*\. Received: .*{REBUILD}"):
        Index.open(directory)


def test_a_manifest_cannot_point_out_of_its_folder(build: Build, codes: np.ndarray) -> None:
    index = build(codes)
    files = index.manifest.to_dict()["files"]
    files["codes"]["name"] = "../gray/codes-1.faiss"
    edit_manifest(index.directory, files=files)
    with pytest.raises(InputError, match=r"Expected the name of a file beside the manifest\. Received: '\.\./"):
        Index.open(index.directory)


def test_an_index_of_a_later_format_says_so(build: Build, codes: np.ndarray) -> None:
    directory = build(codes).directory
    edit_manifest(directory, format=2)
    with pytest.raises(InputError, match=r"Expected an index of format 1\. Received: format 2\. Use the version"):
        Index.open(directory)


def test_a_damaged_index_can_be_built_anew(build: Build, codes: np.ndarray) -> None:
    directory = build(codes).directory
    (directory / "manifest.json").write_text("{")
    (directory / "codes-1.faiss").write_bytes(b"")
    assert build(codes).search(codes[:1], 1)[0][0].distance == 0
