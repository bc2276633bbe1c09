"""`stream` reads each file once, in order and a few ahead, and says what the file was when it was read."""

from __future__ import annotations

import hashlib
import os
import threading
import tracemalloc
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from damage import encoded, wholes
from PIL import Image

from aekeras.errors import InputError
from aekeras.images import Picture, Unreadable, read, stream

CHANGED = "it changed while it was read"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A hundred pictures of noise."""
    random = np.random.default_rng(0)
    paths = [tmp_path / f"{number:03}.png" for number in range(100)]
    for path in paths:
        Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8)).save(path)
    return paths


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pictures(outcomes: list[Picture | Unreadable]) -> list[Picture]:
    assert all(isinstance(outcome, Picture) for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, Picture)]


def test_every_file_has_an_outcome_in_the_order_of_the_files(files: list[Path]) -> None:
    files[3].write_bytes(b"")
    files[50].unlink()
    order = [*files[::-1], files[7]]
    paths = [outcome.file.path if isinstance(outcome, Picture) else outcome.path for outcome in stream(order, (8,))]
    assert paths == order


def test_the_state_of_a_file_is_what_the_system_tells_and_the_sha256_of_its_content(files: list[Path]) -> None:
    for path, picture in zip(files, pictures(list(stream(files, (8,)))), strict=True):
        status = path.stat()
        assert (picture.file.size, picture.file.mtime_ns) == (status.st_size, status.st_mtime_ns)
        assert picture.file.digest == sha256(path)


def test_the_pixels_are_those_of_read_in_every_size_and_format(tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(len(wholes()))]
    for path, contents in zip(files, wholes(), strict=True):
        path.write_bytes(contents)
    for path, picture in zip(files, pictures(list(stream(files, (7, 32)))), strict=True):
        assert list(picture.pixels) == [7, 32]
        for size, pixels in picture.pixels.items():
            np.testing.assert_array_equal(pixels, read(path, size))


def test_relative_paths_become_absolute(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files[0].parent)
    (picture,) = pictures(list(stream([Path(files[0].name)], (8,))))
    assert picture.file.path == files[0]


def test_without_a_size_a_file_is_only_digested(tmp_path: Path) -> None:
    file = tmp_path / "text.png"
    file.write_text("no picture")
    (picture,) = pictures(list(stream([file], ())))
    assert (picture.file.digest, picture.pixels) == (sha256(file), {})


def test_a_size_below_one_is_refused_before_anything_is_read(files: list[Path]) -> None:
    with pytest.raises(InputError, match=r"^Expected `size` >= 1, .* Received: 0\."):
        stream(files, (8, 0))


# What is known


def test_a_known_file_is_not_decoded(files: list[Path]) -> None:
    files[1].write_text("no picture")
    known = {sha256(files[1]), sha256(files[2])}
    found = pictures(list(stream(files[:4], (8,), known.__contains__)))
    assert [list(picture.pixels) for picture in found] == [[8], [], [], [8]]
    assert found[1].file.digest == sha256(files[1])


def test_what_is_known_is_asked_where_the_file_is_read(files: list[Path]) -> None:
    asked: set[str] = set()

    def known(_: str) -> bool:
        asked.add(threading.current_thread().name.rpartition("_")[0])
        return True

    list(stream(files, (8,), known))
    assert asked == {"aekeras-images"}


def test_a_fault_of_the_one_who_is_asked_is_no_fault_of_the_file(files: list[Path]) -> None:
    with pytest.raises(ZeroDivisionError):
        list(stream(files, (8,), lambda _: bool(1 / 0)))


def test_what_is_decoded_is_what_was_digested_also_where_another_file_takes_the_name(files: list[Path]) -> None:
    path, other = files[:2]
    digest, pixels = sha256(path), read(path, 8)

    def known(_: str) -> bool:
        other.replace(path)
        return False

    (picture,) = pictures(list(stream([path], (8,), known)))
    assert picture.file.digest == digest != sha256(path)
    np.testing.assert_array_equal(picture.pixels[8], pixels)


# Faults


@pytest.mark.parametrize("change", ["longer", "shorter", "later"])
def test_a_file_that_changes_while_it_is_read_is_unreadable(files: list[Path], change: str) -> None:
    path = files[0]

    def known(_: str) -> bool:
        if change == "later":
            os.utime(path, ns=(0, 1))
        else:
            os.truncate(path, path.stat().st_size + (1 if change == "longer" else -100))
        return False

    (outcome,) = stream([path], (8,), known)
    assert outcome == Unreadable(path, CHANGED)
    assert (outcome.size, outcome.mtime_ns) == (-1, -1)


def test_where_the_content_is_at_fault_its_size_and_time_are_told(files: list[Path]) -> None:
    files[0].write_bytes(b"")
    files[1].write_text("no picture")
    files[2].write_bytes(encoded("PNG")[:60])
    for path, outcome in zip(files[:3], stream(files[:3], (8,)), strict=True):
        assert isinstance(outcome, Unreadable)
        assert (outcome.size, outcome.mtime_ns) == (path.stat().st_size, path.stat().st_mtime_ns)


def test_where_the_system_is_at_fault_they_are_not_so_that_the_file_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    absent, link, long = tmp_path / "absent", tmp_path / "link", tmp_path / ("x" * 300)
    outcomes = list(stream([absent, link, long], (8,)))
    assert outcomes[:2] == [Unreadable(path, "No such file or directory") for path in (absent, link)]
    assert outcomes[2].reason == "File name too long"
    assert {(outcome.size, outcome.mtime_ns) for outcome in outcomes} == {(-1, -1)}


def test_a_pipe_and_a_folder_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    odd = [tmp_path, tmp_path / "pipe.png"]
    assert list(stream(odd, (8,))) == [Unreadable(path, "not a regular file") for path in odd]


def test_an_unreadable_file_unpacks_to_its_path_and_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    ((path, reason),) = stream([tmp_path / "a.png"], (8,))
    assert (path, reason) == (tmp_path / "a.png", "an empty file")


# Few at once


def reading_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("aekeras-images")]


@pytest.mark.usefixtures("two_cores")
def test_only_a_few_files_are_read_ahead(files: list[Path]) -> None:
    asked: list[str] = []
    outcomes = stream(files, (8,), lambda digest: bool(asked.append(digest)))
    for given, _ in enumerate(outcomes, start=1):
        assert len(asked) <= given + 16


@pytest.mark.usefixtures("two_cores")
def test_closing_ends_the_reading_and_drops_what_has_not_begun(files: list[Path]) -> None:
    asked: list[str] = []
    released = threading.Event()

    def known(digest: str) -> bool:
        asked.append(digest)
        return digest == sha256(files[0]) or released.wait(60)

    with closing(stream(files, (8,), known)) as outcomes:
        next(outcomes)
        threading.Timer(1, released.set).start()  # when the closing has long begun: it waits for the two that go on
    assert len(asked) <= 3
    assert not reading_threads()


def test_what_was_never_begun_has_no_threads(files: list[Path]) -> None:
    stream(files, (8,)).close()
    assert not reading_threads()


def test_a_file_is_never_whole_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "long.png"
    file.write_bytes(encoded("PNG"))
    os.truncate(file, 64 * 1024**2)
    tracemalloc.start()
    try:
        (picture,) = pictures(list(stream([file], (8,))))
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024**2
    finally:
        tracemalloc.stop()
    assert picture.file.size == 64 * 1024**2
