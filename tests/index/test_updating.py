"""Pictures come and go: an index holds what its folder holds, and reads only what it has to."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from watching import Telling, another, check_codes, ids, names

import aekeras
from aekeras import images
from aekeras.errors import InputError, MissingError, StorageError
from aekeras.index import Changes, Index, Update, build_indexes, remove_from_indexes, update_indexes
from aekeras.store import changing
from aekeras.store.lock import writing


def test_what_is_new_is_added_and_the_rest_keeps_its_ids(index: Index, photos: Path) -> None:
    before = ids(index)
    path = another(photos, "deep/new.png")
    changes = index.add(path)
    assert (changes.added, changes.updated, changes.removed, changes.count) == ((str(path),), (), (), 13)
    assert ids(index) == before | {"new.png": 120}  # the index of the training had ids up to 119
    check_codes(index)


def test_what_is_there_already_is_not_added_again(index: Index, photos: Path) -> None:
    generation = index.manifest.generation
    changes = index.add([photos, photos / names(index)[0]])
    assert changes == Changes(index=index.directory, loss="l1_gray", count=12)
    assert index.manifest.generation == generation


def test_the_same_bytes_under_two_paths_are_one_code_with_two_paths(index: Index, photos: Path) -> None:
    first = photos / names(index)[0]
    shutil.copy(first, photos / "copy.png")
    assert index.add(photos).count == 12
    assert len(index) == 12
    (found,) = index.search(first, k=1)
    assert {found[0].path, *found[0].copies} == {first, photos / "copy.png"}
    first.unlink()
    assert index.sync(photos).count == 12
    (found,) = index.search(photos / "copy.png", k=1)
    assert (found[0].path, found[0].copies, found[0].distance) == (photos / "copy.png", (), 0.0)
    (photos / "copy.png").unlink()
    assert index.sync(photos).count == 11
    check_codes(index)


def test_sync_brings_up_to_date_what_changed_and_drops_what_vanished(index: Index, photos: Path) -> None:
    before = ids(index)
    changed, gone, *_ = sorted(photos.glob("*.png"))
    shutil.copy(sorted((photos.parent / "pictures").glob("*.png"))[60], changed)
    gone.unlink()
    new = another(photos, "new.png")
    changes = index.sync(photos)
    assert (changes.added, changes.updated, changes.removed) == ((str(new),), (str(changed),), (str(gone),))
    after = ids(index)
    assert {after[changed.name], after["new.png"]} == {120, 121}
    assert {
        name: key for name, key in before.items() if name in after and name != changed.name
    }.items() <= after.items()
    check_codes(index)


def test_a_touched_picture_keeps_its_code_and_is_not_encoded_again(index: Index, photos: Path) -> None:
    path = sorted(photos.glob("*.png"))[3]
    os.utime(path, ns=(1, 1))
    before = ids(index)
    shutil.rmtree("models/l1_gray/1/assets.extra")  # so that nothing can be encoded
    with pytest.raises(MissingError, match="Expected a model in"):
        index.sync(photos)  # the model is asked for as soon as a file has to be read
    shutil.copytree(photos.parent / "models/l1/1/assets.extra", "models/l1_gray/1/assets.extra")
    with pytest.raises(InputError, match="Expected the model that made indexes/l1_gray"):
        index.sync(photos)
    assert ids(index) == before


def test_when_all_is_current_nothing_is_read_and_no_model_needed(index: Index, photos: Path) -> None:
    shutil.rmtree("models")
    telling = Telling()
    assert index.sync(photos, progress=telling).count == 12
    assert telling.totals == []


def test_a_dry_run_says_what_would_be_done_and_does_nothing(index: Index, photos: Path) -> None:
    first, second, *_ = sorted(photos.glob("*.png"))
    first.unlink()
    os.utime(second, ns=(1, 1))
    new = another(photos, "new.png")
    before = sorted((path.name, path.stat().st_mtime_ns) for path in index.directory.iterdir())
    changes = index.sync(photos, dry_run=True)
    assert (changes.added, changes.updated, changes.removed) == ((str(new),), (str(second),), (str(first),))
    assert changes.count is None
    assert str(changes).splitlines() == [
        "indexes/l1_gray: 1 added, 1 updated, 1 removed",
        "  + photos/new.png",
        f"  ~ photos/{second.name}",
        f"  - photos/{first.name}",
    ]
    assert sorted((path.name, path.stat().st_mtime_ns) for path in index.directory.iterdir()) == before


def test_sync_leaves_other_places_alone(index: Index, photos: Path) -> None:
    elsewhere = photos.parent / "photos-2"
    elsewhere.mkdir()
    shutil.copy(sorted((photos.parent / "pictures").glob("*.png"))[50], elsewhere / "other.png")
    index.add(elsewhere)
    sorted(photos.glob("*.png"))[0].unlink()
    assert index.sync(photos).count == 12
    assert "other.png" in names(index)


def test_a_folder_that_is_gone_or_empty_drops_nothing(index: Index, photos: Path) -> None:
    photos.rename(photos.parent / "away")
    with pytest.raises(MissingError, match="does not exist"):
        index.sync(photos)
    photos.mkdir()
    with pytest.raises(InputError, match="Expected a folder with pictures"):
        index.sync(photos)
    assert len(index) == 12


def test_pictures_and_folders_are_removed_and_their_files_stay(index: Index, photos: Path) -> None:
    deep = another(photos, "deep/new.png")
    index.add(photos)
    first = sorted(photos.glob("*.png"))[0]
    assert index.remove(first).removed == (str(first),)
    assert index.remove("photos/deep").removed == (str(deep),)
    assert (len(index), first.is_file(), deep.is_file()) == (11, True, True)
    assert index.remove(photos).count == 0
    assert index.search(first) == [[]]
    index.add(first)
    assert ids(index) == {first.name: 121}


def test_what_is_not_indexed_cannot_be_removed(index: Index, photos: Path) -> None:
    with pytest.raises(InputError, match=r"Received: photos/none\.png, of which nothing is in indexes/l1_gray\. Check"):
        index.remove([sorted(photos.glob("*.png"))[0], "photos/none.png"])
    assert len(index) == 12


def test_a_picture_that_becomes_unreadable_goes_and_is_not_tried_again(index: Index, photos: Path) -> None:
    path = sorted(photos.glob("*.png"))[0]
    path.write_bytes(b"no picture any more")
    telling = Telling()
    changes = index.sync(photos, progress=telling)
    assert (changes.updated, changes.removed, changes.unreadable) == ((), (str(path),), (str(path),))
    assert telling.warnings[0].startswith(f"Skipped 1 unreadable file: photos/{path.name} (not a picture")
    telling = Telling()
    assert index.sync(photos, progress=telling).unreadable == (str(path),)
    assert telling.totals == []
    shutil.copy(sorted((photos.parent / "pictures").glob("*.png"))[0], path)
    assert index.sync(photos).added == (str(path),)
    check_codes(index)


def test_what_becomes_known_of_pictures_is_written_without_reading_them(index: Index, photos: Path) -> None:
    first = sorted(photos.glob("*.png"))[0]
    Path("labels.csv").write_text(f"path,label\nphotos/{first.name},cat\n")
    telling = Telling()
    changes = index.sync(photos, metadata=[Path("labels.csv")], progress=telling)
    assert (changes.updated, telling.totals) == ((str(first),), [])
    assert {item.path: item.metadata for _, item in index if item.metadata} == {first: {"label": "cat"}}
    first.with_suffix(".png.json").write_text(json.dumps({"year": 2021}))
    index.sync(photos)
    assert {item.path: item.metadata for _, item in index if item.metadata} == {first: {"label": "cat", "year": "2021"}}
    assert index.sync(photos).updated == ()


def test_all_indexes_are_brought_up_to_date_together(photos: Path) -> None:
    new = another(photos, "new.png")
    telling = Telling()
    changes = update_indexes(Update(sources=(photos,), drop=True), progress=telling)
    assert [(one.loss, one.added, one.count) for one in changes] == [
        ("l1", (str(new),), 13),
        ("l1_gray", (str(new),), 13),
    ]
    assert telling.totals == [1]  # it was read once for both
    assert [one.count for one in remove_from_indexes(new)] == [12, 12]
    assert [one.loss for one in update_indexes(Update(sources=(photos,)), ["l1_gray"])] == ["l1_gray"]
    with Index.open("indexes/l1") as untouched:
        assert len(untouched) == 12


def test_a_model_without_an_index_gets_one(photos: Path) -> None:
    shutil.rmtree("indexes/l1")
    would = update_indexes(Update(sources=(photos,), dry_run=True))
    assert [(one.loss, len(one.added)) for one in would] == [("l1_gray", 0), ("l1", 12)]
    assert not Path("indexes/l1").exists()
    changes = update_indexes(Update(sources=(photos,)))
    assert [(one.loss, len(one.added), one.count) for one in changes] == [("l1_gray", 0, 12), ("l1", 12, 12)]


def test_a_build_keeps_the_ids_of_pictures_that_were_there(index: Index, photos: Path) -> None:
    before = ids(index)
    sorted(photos.glob("*.png"))[0].unlink()
    another(photos, "a-new.png")
    build_indexes(photos)
    index.reopen()
    after = ids(index)
    assert after.pop("a-new.png") == 120
    assert after.items() <= before.items()
    check_codes(index)


def test_a_build_without_a_readable_picture_leaves_the_index_as_it_was(index: Index) -> None:
    Path("bad").mkdir()
    Path("bad/one.png").write_bytes(b"none")
    with pytest.raises(InputError, match=r"Expected at least one readable picture\. Received: 1 files, none"):
        build_indexes("bad")
    index.reopen()
    assert len(index) == 12
    index.verify()


def test_whoever_comes_second_is_told_who_is_first(index: Index, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aekeras.store.lock.PATIENCE", 0.0)
    with (
        changing(index.directory),
        pytest.raises(StorageError, match=rf"indexes/l1_gray\. Received: process {os.getpid()}"),
    ):
        index.sync(photos)
    assert index.sync(photos).count == 12


def test_a_public_index_does_all_of_it(photos: Path) -> None:
    with aekeras.Index.open("indexes/l1") as index:
        another(photos, "new.png")
        assert index.sync("photos").count == len(index) == len(list(index)) == len(index.ids) == len(index.codes) == 13
        assert repr(index).startswith("<Index indexes/l1: 13 codes under l1>")


def test_a_picture_that_somebody_else_has_just_added_is_not_taken_for_vanished(
    index: Index, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is first: what the second sees of the folder must not be older than the index it compares with."""
    scan = images.scan

    def scanned(sources: list[Path]) -> dict[str, tuple[int, int]]:
        assert Path(index.directory, ".lock-holder").is_file()
        with pytest.raises(StorageError), writing(index.directory, patience=0.0):
            pass
        return scan(sources)

    monkeypatch.setattr(images, "scan", scanned)
    assert index.sync(photos).count == 12


def test_an_index_that_got_another_model_meanwhile_is_filled_by_that_one(index: Index, photos: Path) -> None:
    shutil.copytree("models/l1", "models/l1_gray/2")
    run = Path("models/l1_gray/2/1/assets.extra")
    shutil.move(run.parent, "moved")
    shutil.rmtree("models/l1_gray/2")
    shutil.move("moved", "models/l1_gray/2")
    build_indexes(photos, ["l1_gray"])  # by the second version, as another process would
    another(photos, "new.png")
    assert index.sync(photos).count == 13
    assert index.origin.model == "l1_gray/2"
    check_codes(index)


def test_what_was_added_by_its_own_name_stays_though_its_folder_would_not_give_it(index: Index, photos: Path) -> None:
    hidden = another(photos, ".hidden.png")
    assert index.add(hidden).count == 13
    assert index.sync(photos).count == 13
    shutil.copy(sorted((photos.parent / "pictures").glob("*.png"))[60], hidden)
    assert index.sync(photos).updated == (str(hidden),)
    hidden.unlink()
    assert index.sync(photos).removed == (str(hidden),)


def test_two_dots_behind_a_link_lead_where_the_system_says(index: Index, photos: Path) -> None:
    elsewhere = photos.parent / "elsewhere" / "inner"
    elsewhere.mkdir(parents=True)
    shutil.copy(sorted((photos.parent / "pictures").glob("*.png"))[70], elsewhere.parent / "other.png")
    (photos / "link").symlink_to(elsewhere)
    index.add([photos, elsewhere.parent])
    removed = index.remove(photos / "link" / "..").removed
    assert removed == (str(elsewhere.parent / "other.png"),)
