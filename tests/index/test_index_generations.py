"""Whoever reads meets the old index or the new one, whatever happens to the one who writes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from disk import files_no_larger_than

from aekeras.errors import StorageError
from aekeras.index import Index, Manifest

Build = Callable[..., Index]

# Codes, items, the folder's list of names, the manifest, and the list again.
SYNCS_OF_A_BUILD = 5

KILLED_BUILDER = """
import os, signal, sys
from pathlib import Path
import numpy as np
from aekeras.index import Index, Item, Manifest
directory, last = Path(sys.argv[1]), int(sys.argv[2])
sync, calls = os.fsync, []
def killing(descriptor):
    calls.append(descriptor)
    if len(calls) == last:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(descriptor)
os.fsync = killing
items = [Item(path=Path(f"/new/{row}.png"), size=1, mtime_ns=1, digest="") for row in range(20)]
Index.build(directory, np.ones((20, 16)), items, Manifest.read(directory).origin)
"""


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def paths(index: Index) -> set[str]:
    """The folders of all items, through a search and through the table: one index knows only one."""
    index.verify()
    (found,) = index.search(np.zeros((1, 16)), len(index))
    assert [neighbor.id for neighbor in sorted(found, key=lambda n: n.id)] == index.ids.tolist()
    listed = {str(item.path.parent) for _, item in index.items()}
    assert listed == {str(neighbor.path.parent) for neighbor in found}
    return listed


def test_a_rebuild_replaces_the_index_and_leaves_one_generation(build: Build, codes: np.ndarray) -> None:
    build(codes, folder="old")
    index = build(codes[:20], folder="new")
    assert names(index.directory) == ["codes-2.faiss", "items-2.sqlite", "manifest.json"]
    assert len(index) == index.manifest.next_id == 20
    assert paths(Index.open(index.directory)) == {"/new"}


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps files that are open")
def test_an_open_index_answers_as_before_while_it_is_replaced(build: Build, codes: np.ndarray) -> None:
    old = build(codes, folder="old")
    before = old.search(codes[:30], 300)
    build(codes[:20] + 1, folder="new")
    assert old.search(codes[:30], 300) == before


def test_a_reader_whose_files_go_away_meanwhile_reads_the_new_ones(
    build: Build, codes: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = build(codes, folder="old").directory
    read = Manifest.read

    def overtaken(folder: Path) -> Manifest:
        manifest = read(folder)
        monkeypatch.setattr(Manifest, "read", read)
        build(codes[:20], folder="new")
        return manifest

    monkeypatch.setattr(Manifest, "read", overtaken)
    assert paths(Index.open(directory)) == {"/new"}


def test_readers_during_rebuilds_meet_one_index_or_the_other(build: Build, codes: np.ndarray) -> None:
    directory = build(codes, folder="even").directory
    done = threading.Event()

    def rebuild() -> None:
        try:
            for turn in range(1, 31):
                build(codes[: 300 - turn], folder=("even", "odd")[turn % 2])
        finally:
            done.set()

    writer = threading.Thread(target=rebuild)
    writer.start()
    while not done.is_set():
        index = Index.open(directory)
        (found,) = index.search(codes[:1], 300)
        turn = 300 - len(found)
        assert {str(neighbor.path.parent) for neighbor in found} == {("/even", "/odd")[turn % 2]}
        assert len(index) == len(found)
    writer.join()
    assert len(Index.open(directory)) == 270


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("last", range(1, SYNCS_OF_A_BUILD))
def test_a_disk_that_fills_up_leaves_the_old_index(
    build: Build, codes: np.ndarray, monkeypatch: pytest.MonkeyPatch, last: int, number: int
) -> None:
    directory = build(codes, folder="old").directory
    before = names(directory)
    calls = []

    def failing(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == last:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StorageError, match=rf"gray.*\. Received: {os.strerror(number)}"):
        build(codes, folder="new")
    assert names(directory) == before
    assert paths(Index.open(directory)) == {"/old"}


@pytest.mark.parametrize(
    ("limit", "reason"), [(4_000, "File too large"), (21_000, r"disk I/O error \(.*items-2\.sqlite\)")]
)
def test_files_that_outgrow_a_limit_leave_the_old_index(
    build: Build, codes: np.ndarray, limit: int, reason: str
) -> None:
    directory = build(codes[:200], folder="old").directory
    before = names(directory)
    # The codes take some 15,300 bytes, the items more than 21,000.
    with files_no_larger_than(limit), pytest.raises(StorageError, match=rf"Received: {reason}"):
        build(codes[:200], folder="new" * 100)
    assert names(directory) == before
    assert paths(Index.open(directory)) == {"/old"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user who may not write everywhere")
def test_a_folder_that_may_not_be_written_is_one_clear_line(build: Build, codes: np.ndarray) -> None:
    directory = build(codes, folder="old").directory
    directory.chmod(0o555)
    try:
        with pytest.raises(StorageError, match=r"Received: Permission denied .* or change its permissions\.$"):
            build(codes, folder="new")
        assert paths(Index.open(directory)) == {"/old"}
    finally:
        directory.chmod(0o755)


def test_an_interruption_leaves_the_old_index(build: Build, codes: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = build(codes, folder="old").directory
    before = names(directory)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Manifest, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(codes, folder="new")
    assert names(directory) == before
    assert paths(Index.open(directory)) == {"/old"}


def test_an_interruption_after_the_manifest_keeps_the_new_index(
    build: Build, codes: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = build(codes, folder="old").directory
    write = Manifest.write

    def interrupted(self: Manifest, directory: Path) -> None:
        write(self, directory)
        raise KeyboardInterrupt

    monkeypatch.setattr(Manifest, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(codes, folder="new")
    assert paths(Index.open(directory)) == {"/new"}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("last", range(1, SYNCS_OF_A_BUILD + 1))
def test_a_build_that_is_killed_leaves_the_old_index_or_the_new(build: Build, codes: np.ndarray, last: int) -> None:
    directory = build(codes, folder="old").directory
    killed = subprocess.run([sys.executable, "-c", KILLED_BUILDER, str(directory), str(last)], check=False)
    assert killed.returncode == -9
    assert paths(Index.open(directory)) == ({"/new"} if last == SYNCS_OF_A_BUILD else {"/old"})
    build(codes[:3], folder="next")
    assert names(directory) == ["codes-3.faiss", "items-3.sqlite", "manifest.json"]
    assert paths(Index.open(directory)) == {"/next"}
