"""Groups laid out in folders: whole or not at all, and nothing that was there is touched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from disk import files_no_larger_than

from aekeras.duplication import Duplicates, EqualGroup, EqualPicture, LossDuplicates, lay_out
from aekeras.errors import InputError, StorageError


def made(folder: Path, groups: Sequence[Sequence[str]], losses: Sequence[str] = ("l1",)) -> Duplicates:
    """Groups of files, written with their own names in them."""
    for name in {name for names in groups for name in names}:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    found = tuple(
        EqualGroup(pictures=tuple(EqualPicture(path=folder / name, distance=0.0, identical=False) for name in names))
        for names in groups
    )
    return Duplicates(
        LossDuplicates(
            loss=loss,
            name=loss,
            blind_to=(),
            model=Path("models", loss, "1"),
            index=Path("indexes", loss),
            max_distance=0.1,
            equal_within=None,
            judged_by="loss",
            count=9,
            groups=found,
        )
        for loss in losses
    )


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_groups_are_copied_to_folders(tmp_path: Path) -> None:
    found = made(tmp_path / "in", [["a.png", "b.png"], ["c.png", "d.png"]])
    os.utime(tmp_path / "in" / "a.png", (5, 5))
    assert lay_out(found, tmp_path / "out" / "deeper") == []
    assert tree(tmp_path / "out" / "deeper") == {
        "group-001/a.png": "a.png",
        "group-001/b.png": "b.png",
        "group-002/c.png": "c.png",
        "group-002/d.png": "d.png",
    }
    assert (tmp_path / "out" / "deeper" / "group-001" / "a.png").stat().st_mtime == 5


def test_links_lead_to_the_pictures(tmp_path: Path) -> None:
    found = made(tmp_path / "in", [["a.png", "b.png"]], losses=["l1", "l1_gray"])
    lay_out(found, tmp_path / "out", link=True)
    for loss in ("l1", "l1_gray"):
        link = tmp_path / "out" / loss / "group-001" / "a.png"
        assert link.is_symlink()
        assert link.resolve() == tmp_path / "in" / "a.png"


def test_names_that_are_taken_get_numbers(tmp_path: Path) -> None:
    long = "x" * 251 + ".png"
    names = ["a/i.png", "b/i.png", "c/I.png", "c/i-2.png", f"a/{long}", f"b/{long}"]
    lay_out(made(tmp_path / "in", [names]), tmp_path / "out")
    assert tree(tmp_path / "out" / "group-001") == {
        "i.png": "a/i.png",
        "i-2.png": "b/i.png",
        "I-3.png": "c/I.png",
        "i-2-2.png": "c/i-2.png",
        long: f"a/{long}",
        "x" * 249 + "-2.png": f"b/{long}",
    }


def test_a_name_that_is_no_text_is_copied(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.png")
    (tmp_path / "in").mkdir()
    try:
        (tmp_path / "in" / name).touch()
    except OSError:
        pytest.skip("this file system takes no such name")
    found = made(tmp_path / "in", [["a.png"]])
    picture = EqualPicture(path=tmp_path / "in" / name, distance=0.0, identical=False)
    group = EqualGroup(pictures=(*found[0].groups[0].pictures, picture))
    one = LossDuplicates(**{**vars(found[0]), "groups": (group,)})
    assert lay_out(Duplicates([one]), tmp_path / "out") == []
    assert (tmp_path / "out" / "group-001" / name).is_file()


@pytest.mark.parametrize("link", [True, False])
def test_pictures_that_have_vanished_are_left_out_and_named(tmp_path: Path, *, link: bool) -> None:
    found = made(tmp_path / "in", [["a.png", "b.png", "c.png"]])
    (tmp_path / "in" / "b.png").unlink()
    (left_out,) = lay_out(found, tmp_path / "out", link=link)
    assert left_out.endswith("b.png (No such file or directory)")
    assert set(tree(tmp_path / "out")) == {"group-001/a.png", "group-001/c.png"}


def test_an_empty_folder_is_filled_and_stays_itself(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o700)
    before = (tmp_path / "out").stat()
    lay_out(made(tmp_path / "in", [["a.png", "b.png"]]), tmp_path / "out")
    after = (tmp_path / "out").stat()
    assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["group-001"]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    found = made(tmp_path / "in", [["a.png", "b.png"]])
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for place, what in (("in", "one that holds something"), ("in/a.png", "which exists"), ("nowhere", "which exists")):
        with pytest.raises(InputError, match=what):
            lay_out(found, tmp_path / place)
    assert tree(tmp_path / "in") == {"a.png": "a.png", "b.png": "b.png"}


@pytest.mark.parametrize("there", [True, False])
def test_of_a_disk_that_is_full_nothing_half_is_left(tmp_path: Path, *, there: bool) -> None:
    found = made(tmp_path / "in", [["a.png", "b.png"]])
    (tmp_path / "in" / "b.png").write_bytes(bytes(100_000))
    if there:
        (tmp_path / "out").mkdir()
    with files_no_larger_than(50_000), pytest.raises(StorageError, match="Expected to read and write"):
        lay_out(found, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if path.name != "in"] == (["out"] if there else [])
    assert not there or not any((tmp_path / "out").iterdir())
