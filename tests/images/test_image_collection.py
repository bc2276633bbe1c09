"""`load` reads many files into one array, in their order, and tells what it passed over."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import tempfile
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aekeras.errors import InputError, StorageError
from aekeras.images import MEMORY_BUDGET, Collection, Unreadable, load, read


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Forty pictures of noise."""
    random = np.random.default_rng(0)
    paths = [tmp_path / f"{number:02}.png" for number in range(40)]
    for path in paths:
        Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8)).save(path)
    return paths


def test_pictures_are_those_of_read_in_the_order_of_the_files(files: list[Path]) -> None:
    order = files[::-1]
    collection = load(order, 8)
    assert collection.paths == tuple(order)
    assert collection.unreadable == ()
    assert collection.images.dtype == np.uint8
    np.testing.assert_array_equal(collection.images, [read(path, 8) for path in order])


def test_the_files_are_told_as_they_were_when_they_were_read(files: list[Path]) -> None:
    files[1].write_bytes(b"")
    collection = load(files, 8)
    assert [file.path for file in collection.files] == list(collection.paths)
    for file in collection.files:
        assert (file.size, file.mtime_ns) == (file.path.stat().st_size, file.path.stat().st_mtime_ns)
        assert file.digest == hashlib.sha256(file.path.read_bytes()).hexdigest()


def test_unreadable_files_are_passed_over_and_recorded(files: list[Path]) -> None:
    files[3].write_bytes(b"")
    files[30].write_text("a text")
    files[31].unlink()
    collection = load(files, 8)
    good = [path for number, path in enumerate(files) if number not in (3, 30, 31)]
    assert collection.paths == tuple(good)
    assert len(collection) == len(collection.images) == 37
    np.testing.assert_array_equal(collection.images, [read(path, 8) for path in good])
    assert [fault.path for fault in collection.unreadable] == [files[3], files[30], files[31]]
    assert collection.unreadable[0] == Unreadable(files[3], "an empty file")
    assert collection.unreadable[2].reason == "No such file or directory"


def test_where_no_file_can_be_read_the_error_counts_them_and_tells_of_the_first(files: list[Path]) -> None:
    for path in files:
        path.write_bytes(b"")
    expected = f"Received: 40 files, none of them readable; the first is '{files[0]}' (an empty file)."
    with pytest.raises(InputError, match=re.escape(expected)):
        load(files, 8)


def test_no_file_at_all_is_an_error() -> None:
    with pytest.raises(InputError, match=r"^Expected at least one picture\. Received: no file\."):
        load([], 8)


def test_the_digest_is_the_sha256_of_the_pixels_in_order(files: list[Path]) -> None:
    collection = load(files, 8)
    assert collection.digest == hashlib.sha256(np.ascontiguousarray(collection.images)).hexdigest()
    assert load(files[::-1], 8).digest != collection.digest


def test_relative_paths_become_absolute(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files[0].parent)
    assert load([Path(files[0].name)], 8).paths == (files[0],)


def test_progress_is_told_after_each_file(files: list[Path]) -> None:
    files[5].write_bytes(b"")
    told: list[tuple[int, int]] = []
    load(files, 8, advance=lambda done, total: told.append((done, total)))
    assert told == [(done, 40) for done in range(1, 41)]


def test_above_the_budget_the_pictures_lie_in_a_file_that_has_no_name(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    files[7].write_bytes(b"")
    needed = 40 * 8 * 8 * 3
    within, above = load(files, 8, memory_budget=needed), load(files, 8, memory_budget=needed - 1)
    assert isinstance(above.images, np.memmap)
    assert not isinstance(within.images, np.memmap)
    np.testing.assert_array_equal(above.images, within.images)
    assert above.digest == within.digest
    assert list(scratch.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="only there is the room reserved")
def test_a_disk_without_room_is_told_before_anything_is_read(files: list[Path]) -> None:
    told: list[int] = []
    with pytest.raises(
        StorageError, match=r"^Expected room for [\d,]{15,} bytes of pictures in '.+'\. Received: .*TMPDIR"
    ):
        load(files * 10, 2_000_000, advance=lambda done, _: told.append(done))
    assert told == []


def test_a_collection_is_read_only_and_shows_itself_in_one_line(files: list[Path]) -> None:
    files[0].write_bytes(b"")
    collection = load(files, 8)
    with pytest.raises(ValueError, match="read-only"):
        collection.images[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        collection.digest = ""  # type: ignore[misc]
    assert repr(collection) == f"Collection(39 pictures of 8x8, 1 unreadable, sha256 {collection.digest[:12]})"


def test_memory_does_not_grow_with_the_number_of_files(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)

    def peak(times: int) -> int:
        tracemalloc.start()
        try:
            load(files * times, 64, memory_budget=0)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    pictures = 64 * 64 * 3
    # 320 more pictures; what may grow is the paths.
    assert peak(9) - peak(1) < 100 * pictures


def test_an_interruption_stops_the_reading_and_its_threads(files: list[Path]) -> None:
    def interrupt(done: int, _: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    read_before = len(files)
    with pytest.raises(KeyboardInterrupt):
        load(files * read_before, 8, advance=interrupt)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("aekeras-images")]


def test_the_budget_is_two_gibibytes() -> None:
    assert MEMORY_BUDGET == 2 * 1024**3
    assert Collection.__dataclass_params__.frozen  # type: ignore[attr-defined]
