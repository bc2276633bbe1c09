"""An index comes back as it was written, and a manifest that is not as it should be says so."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numbered import ORIGIN, built, codes, digest, images, item

from aekeras.artefacts import digest as digest_of
from aekeras.errors import InputError, MismatchError, MissingError, StorageError
from aekeras.store import Item, Manifest, Settings, Store, building, list_indexes

REBUILD = r"Rebuild the index by `aekeras index build`\.$"


def edit_manifest(directory: Path, **values: Any) -> None:
    """Other values, with a checksum that fits to them."""
    path = directory / "manifest.json"
    content = json.loads(path.read_text()) | values
    del content["checksum"]
    checksum = digest_of(json.dumps(content, sort_keys=True).encode())
    path.write_text(json.dumps({**content, "checksum": checksum}))


def test_codes_items_and_small_pictures_come_back_as_they_went(tmp_path: Path) -> None:
    items = [
        Item(path=tmp_path / "größe 100%?.png", size=3, mtime_ns=2**62, digest=digest(1)),
        Item(path=tmp_path / "b.png", size=0, mtime_ns=-1, digest=digest(2), metadata={"née": "\udcff", "": ""}),
    ]
    with building(tmp_path / "a folder?#%41", ORIGIN, memory=10**9) as change:
        change.add(items, codes([1, 2]), images([1, 2]))
        change.commit()
    with Store.open(tmp_path / "a folder?#%41") as store:
        assert list(store.items) == [(0, items[0]), (1, items[1])]
        assert store.ids.tolist() == [0, 1]
        np.testing.assert_array_equal(store.codes, codes([1, 2]))
        np.testing.assert_array_equal(store.codes_of([1, 0, 1]), codes([2, 1, 2]))
        kept = store.images_of([1, 0, 1])
        assert kept is not None
        np.testing.assert_array_equal(kept, images([2, 1, 2]))
        assert (store.manifest.origin, store.manifest.settings) == (ORIGIN, Settings(memory=10**9))
        assert store.manifest.count == store.manifest.next_id == 2


def test_an_id_that_there_is_not_is_refused(directory: Path) -> None:
    store = built(directory, range(3))
    for ids in ([3], [0, -1]):
        with pytest.raises(
            InputError, match=rf"^Expected an id of .*gray\. Received: {ids[-1]}\. Its ids are in `ids`"
        ):
            store.codes_of(ids)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are Unicode")
def test_a_file_name_that_is_not_unicode_comes_back(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.png"))
    path.write_bytes(b"picture")
    with building(tmp_path / "index", ORIGIN) as change:
        change.add([Item.of(path)], codes([1]))
        change.put_unreadable([(f"{path}x", 1, 1, "no picture")])
        change.commit()
    store = Store.open(tmp_path / "index")
    ((_, known),) = store.items
    assert known.path.read_bytes() == b"picture"
    assert store.items.id_of(str(path)) == 0
    assert store.items.below(str(tmp_path)) == {0: [str(path)]}
    assert store.items.unreadable() == {f"{path}x": (1, 1)}


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
        replace(item(1), path=Path("cat.png"))


def test_a_manifest_is_the_same_after_json(directory: Path) -> None:
    rng = np.random.default_rng(0)
    with building(directory, ORIGIN, kind="IVF2,Flat", memory=5) as change:
        change.add([item(number) for number in range(100)], rng.normal(size=(100, 4)))
        manifest = change.commit()
    assert manifest is not None
    assert manifest.structure is not None
    assert Manifest.from_dict(json.loads(json.dumps(manifest.to_dict()))) == manifest
    assert Manifest.from_dict(manifest.to_dict() | {"added later": 1}) == manifest
    assert Manifest.read(directory) == manifest
    edit_manifest(directory, **{"added later": 1})
    assert Manifest.read(directory) == manifest


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 2}', "\x00", "null", "[" * 100_000])
def test_a_damaged_manifest_is_refused(directory: Path, text: str) -> None:
    built(directory, range(3))
    (directory / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=rf"manifest\.json.*{REBUILD}"):
        Store.open(directory)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("count", "300"),
        ("loss", None),
        ("model", "l1"),
        ("files", {"codes": {}}),
        ("code_dim", 16.0),
        ("settings", {}),
        ("structure", "IVF8"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(directory: Path, key: str, value: object) -> None:
    built(directory, range(3))
    edit_manifest(directory, **{key: value})
    with pytest.raises(InputError, match=rf"manifest\.json: Expected `.*` of type .*\. Received: .*{REBUILD}"):
        Store.open(directory)


def test_a_value_that_was_changed_by_hand_is_found(directory: Path) -> None:
    built(directory, range(3))
    path = directory / "manifest.json"
    path.write_text(path.read_text().replace("mirror(l1_gray)", "mirror(l1_grey)"))
    with pytest.raises(InputError, match=rf"^Expected .*manifest\.json as it was written\. .*{REBUILD}"):
        Store.open(directory)


def test_a_manifest_cannot_point_out_of_its_folder(directory: Path) -> None:
    store = built(directory, range(3))
    files = store.manifest.to_dict()["files"]
    files["codes"][0]["name"] = f"../gray/{files['codes'][0]['name']}"
    edit_manifest(directory, files=files)
    with pytest.raises(InputError, match=r"Expected the name of a file beside the manifest\. Received: '\.\./"):
        Store.open(directory)


def test_an_index_of_another_format_says_so(directory: Path) -> None:
    built(directory, range(3))
    edit_manifest(directory, format=3)
    with pytest.raises(InputError, match=r"Expected an index of format 2\. Received: format 3\. Use the version"):
        Store.open(directory)


def test_a_count_that_is_not_that_of_the_codes_is_refused(directory: Path) -> None:
    built(directory, range(3))
    edit_manifest(directory, count=4)
    with pytest.raises(InputError, match=rf"^Expected 4 codes in .*gray\. Received: 3: it is damaged\. {REBUILD}"):
        Store.open(directory)


@pytest.mark.parametrize("kind", ["items", "codes", "images"])
def test_files_that_do_not_fit_together_are_found_by_verify(directory: Path, tmp_path: Path, kind: str) -> None:
    other = built(tmp_path / "other", range(4))
    with building(directory, ORIGIN) as change:
        change.add([item(n) for n in (5, 6, 7, 8)], codes([5, 6, 7, 8]), images([5, 6, 7, 8]))
        change.remove(["/photos/0/6.png"])
        change.commit()
    files = Manifest.read(directory).to_dict()["files"] | {kind: other.manifest.to_dict()["files"][kind]}
    names = [files["items"], *files["codes"], *files["images"]]
    for file in names:
        source = other.directory / file["name"]
        if source.exists() and digest_of(source) == file["sha256"]:
            (directory / file["name"]).write_bytes(source.read_bytes())
    count = 4 if kind == "codes" else 3
    edit_manifest(directory, files=files, count=count)
    if kind == "images":  # they have no names of their own: only too few are found
        files["images"] = []
        edit_manifest(directory, files=files, count=count)
    with pytest.raises(InputError, match=rf"items-\d+\.sqlite, which is damaged \(.*\)\. {REBUILD}"):
        Store.open(directory).verify()


def test_ids_beyond_the_next_one_are_found_by_verify(directory: Path) -> None:
    built(directory, range(3))
    edit_manifest(directory, next_id=2)
    with pytest.raises(InputError, match=r"^Expected an id of its own for every code in .*manifest\.json"):
        Store.open(directory).verify()


def test_another_model_is_refused(directory: Path) -> None:
    store = built(directory, range(3))
    store.check_model("a1" * 32)
    with pytest.raises(MismatchError) as caught:
        store.check_model("b2" * 32)
    message = str(caught.value)
    assert "mirror-l1_gray-37811e05/3, fingerprint a1a1a1a1a1a1. Received: " in message
    assert "a model with fingerprint b2b2b2b2b2b2. Rebuild the index by `aekeras index build`." in message


def test_indexes_are_listed_in_order_and_unfinished_ones_are_not(tmp_path: Path) -> None:
    for name in ("l1_red", "l1", ".l1.partial"):
        built(tmp_path / "indexes" / name, range(2))
    with building(tmp_path / "indexes" / "unfinished", ORIGIN):
        assert list_indexes(tmp_path / "indexes") == [tmp_path / "indexes" / name for name in ("l1", "l1_red")]


def test_a_folder_without_an_index_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    message = r"^Expected an index in `indexes`\. Found none\. Run `aekeras train` first\.$"
    with pytest.raises(MissingError, match=message):
        list_indexes(Path("indexes"))
    Path("indexes").mkdir()
    for ask in (list_indexes, Store.open):
        with pytest.raises(MissingError, match=message):
            ask(Path("indexes"))
    assert list(Path("indexes").iterdir()) == []


@pytest.mark.usefixtures("small_files")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_too_many_open_files_are_no_damage(directory: Path) -> None:
    import resource

    built(directory, range(400)).close()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/dev/fd").iterdir())) + 20, hard))
    try:
        with pytest.raises(StorageError, match=r"Received: Too many open files\. Raise the limit on open files"):
            Store.open(directory)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    Store.open(directory).verify()


def test_threads_may_ask_for_items_at_once(directory: Path) -> None:
    store = built(directory, range(300))

    def ask(number: int) -> None:
        assert store.items.paths([number]) == {number: [f"/photos/0/{number}.png"]}
        assert store.items.id_of(f"/photos/0/{number}.png") == number
        assert store.items.matching(f"number = {number}") == (
            {number: [f"/photos/0/{number}.png"]} if number % 3 else {}
        )
        np.testing.assert_array_equal(store.images_of([number]), images([number]))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(300)))
