"""`find` names every picture once, in an order that does not change; `scan` adds what the system tells of each."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aekeras.errors import InputError, MissingError
from aekeras.images import SUFFIXES, find, scan


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_folder_gives_the_pictures_below_it_whatever_the_case_of_their_suffix(tmp_path: Path) -> None:
    pictures = [tmp_path / "deep" / "er" / f"a{suffix}" for suffix in SUFFIXES] + [
        tmp_path / "B.JPG",
        tmp_path / "c.Tiff",
    ]
    touch(*pictures, tmp_path / "notes.txt", tmp_path / "png", tmp_path / "deep" / "a.png.bak")
    assert find([tmp_path]) == sorted(pictures, key=str)


def test_hidden_files_and_folders_and_the_remains_of_macos_archives_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path / "a.png", tmp_path / ".b.png", tmp_path / ".git" / "c.png", tmp_path / "__MACOSX" / "d.png")
    assert find([tmp_path]) == [tmp_path / "a.png"]


def test_a_folder_that_is_hidden_itself_is_searched_when_named(tmp_path: Path) -> None:
    touch(tmp_path / ".cache" / "a.png")
    assert find([tmp_path / ".cache"]) == [tmp_path / ".cache" / "a.png"]


def test_a_file_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    touch(tmp_path / "download", tmp_path / ".hidden")
    assert find([tmp_path / "download", tmp_path / ".hidden"]) == [tmp_path / ".hidden", tmp_path / "download"]


def test_a_file_named_twice_comes_once(tmp_path: Path) -> None:
    touch(tmp_path / "a.png", tmp_path / "sub" / "b.png")
    sources = [tmp_path / "a.png", tmp_path, tmp_path / "sub", tmp_path / "sub" / ".." / "a.png"]
    assert find(sources) == [tmp_path / "a.png", tmp_path / "sub" / "b.png"]


def test_relative_sources_give_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    assert find([Path()]) == find([Path("a.png")]) == [tmp_path / "a.png"]


def test_links_are_followed_and_loops_of_links_end(tmp_path: Path) -> None:
    touch(tmp_path / "photos" / "sub" / "a.png", tmp_path / "elsewhere" / "b.png")
    photos = tmp_path / "photos"
    (photos / "again").symlink_to(photos)
    (photos / "before").symlink_to(photos / "sub")
    (photos / "then").symlink_to(photos / "sub")
    (photos / "sub" / "up").symlink_to(photos)
    (photos / "outside").symlink_to(tmp_path / "elsewhere")
    (photos / "itself").symlink_to(photos / "itself")
    assert find([photos]) == [photos / "outside" / "b.png", photos / "sub" / "a.png"]


def test_a_link_to_nothing_is_named_so_that_the_reading_can_report_it(tmp_path: Path) -> None:
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing.png")
    assert find([tmp_path]) == [tmp_path / "gone.png"]


def test_a_scan_gives_the_same_files_in_the_same_order_with_their_size_and_time(tmp_path: Path) -> None:
    touch(
        tmp_path / "b" / "a.png", tmp_path / "b-c.JPG", tmp_path / "elsewhere" / "d.png", tmp_path / "photos" / "é.gif"
    )
    (tmp_path / "b" / "a.png").write_bytes(b"twelve bytes")
    os.utime(tmp_path / "b-c.JPG", ns=(0, 1_234_567_890_123_456_789))
    (tmp_path / "photos" / "link.png").symlink_to(tmp_path / "b" / "a.png")
    (tmp_path / "photos" / "folder").symlink_to(tmp_path / "elsewhere")
    sources = [tmp_path / "photos", tmp_path / "b-c.JPG", tmp_path / "b", tmp_path / "b" / "a.png"]
    found = scan(sources)
    assert [Path(name) for name in found] == find(sources)
    assert len(found) == 5
    for name, (size, mtime_ns) in found.items():
        assert (size, mtime_ns) == (Path(name).stat().st_size, Path(name).stat().st_mtime_ns)
    assert found[str(tmp_path / "photos" / "link.png")][0] == 12


def test_a_scan_names_a_link_to_nothing_without_size_and_time(tmp_path: Path) -> None:
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing.png")
    assert scan([tmp_path]) == {str(tmp_path / "gone.png"): (-1, -1)}


def test_a_name_that_is_no_text_is_found_and_scanned(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.png")
    try:
        touch(tmp_path / name)
    except OSError:
        pytest.skip("the file system takes no such name")
    assert list(scan([tmp_path])) == [str(tmp_path / name)] == [str(path) for path in find([tmp_path])]


@pytest.mark.parametrize("listing", [find, scan])
@pytest.mark.parametrize("name", ["absent", "file.png/inside.png"])
def test_a_source_that_does_not_exist_is_named(
    tmp_path: Path, name: str, listing: Callable[[list[Path]], object]
) -> None:
    touch(tmp_path / "file.png")
    with pytest.raises(
        MissingError, match=rf"^Expected a picture or a folder .* Received: '.*{name}', .* Check the path"
    ):
        listing([tmp_path / name])


@pytest.mark.parametrize("listing", [find, scan])
def test_a_folder_without_pictures_is_named_beside_one_that_has_some(
    tmp_path: Path, listing: Callable[[list[Path]], object]
) -> None:
    touch(tmp_path / "full" / "a.png", tmp_path / "empty" / "a.txt")
    with pytest.raises(
        InputError, match=r"^Expected a folder with pictures .*\.webp.* Received: '.*empty', which has none"
    ):
        listing([tmp_path / "full", tmp_path / "empty"])


@pytest.fixture
def stranger() -> Iterator[Path]:
    """A folder for a user who may be kept out: the superuser, whom no permission stops, becomes somebody else."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs permissions as Unix has them")
@pytest.mark.parametrize("source", ["", "locked"])
def test_a_folder_that_may_not_be_listed_is_an_error_and_not_an_empty_one(stranger: Path, source: str) -> None:
    touch(stranger / "a.png", stranger / "locked" / "b.png")
    (stranger / "locked").chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(InputError, match=r"that can be opened\. Received: '.*locked' \(Permission denied\)"):
            find([stranger / source])
    finally:
        os.seteuid(user)
        (stranger / "locked").chmod(0o700)
