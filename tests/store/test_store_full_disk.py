"""A disk that is full, or refuses in another way, is one clear line, and the old index stays."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from disk import files_no_larger_than, small_disk
from numbered import ORIGIN, built, codes, contents, images, item, named, names, path, put

from aekeras.errors import StorageError
from aekeras.store import Change, Store, building, changing

OLD = range(150)
STRUCTURED = {"kind": "IVF2,SQ8"}

Verb = Callable[[Path], None]


def add(directory: Path) -> None:
    with changing(directory) as change:
        change.add([item(n, copy=n) for n in range(200, 320)], codes(range(200, 320)), images(range(200, 320)))
        change.commit()


def remove(directory: Path) -> None:
    with changing(directory) as change:
        change.remove([path(number) for number in range(50)])
        change.commit()


def rebuild(directory: Path) -> None:
    with changing(directory, **STRUCTURED) as change:
        change.rebuild()


def build(directory: Path) -> None:
    with building(directory, ORIGIN, **STRUCTURED) as change:
        put(change, range(100, 300))
        change.commit()


VERBS = [add, remove, rebuild, build]


def check_old(directory: Path, before: list[str], error: pytest.ExceptionInfo[StorageError]) -> None:
    """Passes when there is the old index and nothing else, and the error is one line that says what to do."""
    message = str(error.value)
    assert message.startswith("Expected to read and write ")
    assert ". Received: " in message
    assert message.endswith(".")
    assert "\n" not in message
    assert names(directory) == before
    store = Store.open(directory)
    store.verify()
    assert set(contents(store).values()) == set(OLD)


@pytest.mark.parametrize("verb", VERBS)
def test_files_that_outgrow_a_limit_leave_the_old_index(directory: Path, verb: Verb) -> None:
    store = built(directory, OLD, **STRUCTURED)
    largest = max(file.stat().st_size for file in directory.iterdir())
    before = names(directory)
    limits = [0, 1, 100, *np.random.default_rng(0).integers(200, largest, 12).tolist()]
    failed = 0
    for limit in limits:
        try:
            with pytest.raises(StorageError) as caught, files_no_larger_than(limit):
                verb(directory)
        except pytest.fail.Exception:  # it was enough for all that this verb writes
            built(directory, OLD, **STRUCTURED)
            before = names(directory)
            continue
        failed += 1
        check_old(directory, before, caught)
        assert "Raise the limit on the size of a file" in str(caught.value)
    assert failed >= 6
    store.close()
    verb(directory)
    assert names(directory) == named(Store.open(directory))


@pytest.mark.parametrize("verb", VERBS)
def test_a_disk_without_space_leaves_the_old_index(tmp_path: Path, verb: Verb) -> None:
    with small_disk(tmp_path / "disk", 2_000_000) as disk:
        directory = disk / "gray"
        built(directory, OLD, **STRUCTURED)
        before = names(directory)
        ballast = disk / "ballast"
        failed = 0
        for free in (0, 4096, 8192, 16384, 24576, 32768, 40960, 49152, 65536):
            status = os.statvfs(disk)
            with ballast.open("wb") as file:
                file.write(b"0" * (status.f_bavail * status.f_frsize - free))
            try:
                with pytest.raises(StorageError, match=r"No space left on device|database or disk is full") as caught:
                    verb(directory)
            except pytest.fail.Exception:
                break
            failed += 1
            assert "Free some space, then run it again." in str(caught.value)
            check_old(directory, before, caught)
            ballast.unlink()
        assert failed >= 3
        ballast.unlink(missing_ok=True)
        verb(directory)
        store = Store.open(directory)
        store.verify()
        assert names(directory) == named(store)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("verb", VERBS)
def test_a_disk_that_refuses_at_any_sync_leaves_the_old_index(
    directory: Path, monkeypatch: pytest.MonkeyPatch, verb: Verb, number: int
) -> None:
    built(directory, OLD, **STRUCTURED)
    before = names(directory)
    sync, calls = os.fsync, [0]
    last = 0
    while True:
        last += 1

        def failing(descriptor: int, last: int = last) -> None:
            calls[0] += 1
            if calls[0] == last:
                raise OSError(number, os.strerror(number))
            sync(descriptor)

        calls[0] = 0
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", failing)
            with pytest.raises(StorageError, match=os.strerror(number)) as caught:
                verb(directory)
        if names(directory) != before:
            break  # the manifest was there; only the list of names was not synced
        check_old(directory, before, caught)
    store = Store.open(directory)
    store.verify()
    contents(store)
    assert names(directory) == named(store)
    assert last >= 5


def test_a_change_that_the_disk_refused_is_not_committed_later(directory: Path) -> None:
    store = built(directory, OLD)
    before, limit = names(directory), store.manifest.items.size + 8192

    def too_much(change: Change) -> None:
        change.add([item(n, copy=n) for n in range(200, 900)], codes(range(200, 900)), images(range(200, 900)))
        change.commit()

    with changing(directory) as change:
        with files_no_larger_than(limit), pytest.raises(StorageError):
            too_much(change)
        with pytest.raises(ValueError, match="Begin it anew"):
            change.commit()
    assert names(directory) == before
    assert set(contents(Store.open(directory)).values()) == set(OLD)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user who may not write everywhere")
def test_a_folder_that_may_not_be_written_is_one_clear_line(directory: Path) -> None:
    built(directory, OLD)
    directory.chmod(0o555)
    try:
        with pytest.raises(StorageError, match=r"Received: Permission denied .* or change its permissions\.$"):
            add(directory)
        assert set(contents(Store.open(directory)).values()) == set(OLD)
    finally:
        directory.chmod(0o755)
