"""One writer at a time, across processes; the lock of a dead one is free, and readers need none."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from numbered import ORIGIN, built, contents, item, names, path, put

from aekeras.errors import InputError, MissingError, StorageError
from aekeras.store import Store, beginning, building, changing
from aekeras.store.lock import writing

HOLDER = """
import os, sys
from pathlib import Path
from aekeras.store.lock import writing
with writing(Path(sys.argv[1])):
    has_worker = len(sys.argv) > 2  # which outlives its parent, and speaks for it as soon as it runs
    if has_worker and os.fork() == 0:
        print("held", flush=True)
        sys.stdin.readline()
        os._exit(0)
    if not has_worker:
        print("held", flush=True)
    sys.stdin.readline()
print("released", flush=True)
sys.stdin.readline()
"""


@contextmanager
def holder(directory: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it is told to let go."""
    command = [sys.executable, "-c", HOLDER, str(directory), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "released\n"


def is_free(directory: Path) -> bool:
    try:
        with writing(directory, patience=0):
            return True
    except StorageError:
        return False


def test_a_second_writer_is_told_who_the_first_is(directory: Path) -> None:
    built(directory, range(3))
    with holder(directory) as process:
        began = time.monotonic()
        with pytest.raises(StorageError) as caught, writing(directory, patience=0.2):
            raise AssertionError
        assert time.monotonic() - began >= 0.2
        message = str(caught.value)
        assert "\n" not in message
        assert message.startswith("Expected to be alone in changing ")
        assert f"gray. Received: process {process.pid} on {platform.node()} (since 20" in message
        assert message.endswith(") is changing it. Wait until that is over, then run it again.")
        let_go(process)
        assert is_free(directory)


@pytest.mark.parametrize("begin", [changing, lambda directory: building(directory, ORIGIN)])
def test_every_change_asks_for_the_lock(directory: Path, begin: object, monkeypatch: pytest.MonkeyPatch) -> None:
    built(directory, range(3))
    assert callable(begin)
    monkeypatch.setattr(beginning, "writing", partial(writing, patience=0.1))
    with (
        holder(directory) as process,
        pytest.raises(StorageError, match=rf"process {process.pid} "),
        begin(directory),
    ):
        raise AssertionError


def test_a_writer_that_waits_gets_its_turn(directory: Path) -> None:
    built(directory, range(3))
    with holder(directory) as process:
        timer = threading.Timer(0.3, let_go, [process])
        timer.start()
        with changing(directory) as begun:
            put(begun, [7])
            begun.commit()
        timer.join()
    assert set(contents(Store.open(directory)).values()) == {0, 1, 2, 7}


def test_readers_need_no_lock(directory: Path) -> None:
    built(directory, range(3))
    with holder(directory):
        store = Store.open(directory)
        store.verify()
        assert len(contents(store)) == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL and no fork")
@pytest.mark.parametrize("worker", [(), ("with a worker",)])
def test_the_lock_of_a_killed_writer_is_free_at_once(directory: Path, worker: tuple[str, ...]) -> None:
    built(directory, range(3))
    with holder(directory, *worker) as process:
        assert not is_free(directory)
        process.kill()
        process.wait()
        assert is_free(directory)


def test_threads_of_one_process_wait_for_each_other(directory: Path) -> None:
    built(directory, [0])
    inside = []

    def write(number: int) -> None:
        with changing(directory) as begun:
            inside.append(number)
            assert len(inside) == 1
            put(begun, [number])
            begun.commit()
            inside.remove(number)

    threads = [threading.Thread(target=write, args=[number]) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(contents(Store.open(directory)).values()) == set(range(9))


def test_a_writer_that_waited_does_not_hold_a_lock_that_nobody_else_sees(directory: Path) -> None:
    # Whoever removes the file of the lock lets two in: one with the file that is gone, one with the new one.
    built(directory, range(3))
    with holder(directory) as first:
        inside, leave = threading.Event(), threading.Event()

        def wait_for_it() -> None:
            with writing(directory):
                inside.set()
                leave.wait()

        second = threading.Thread(target=wait_for_it)
        second.start()
        let_go(first)
        assert inside.wait(10)
        assert not is_free(directory)
        leave.set()
        second.join()
    assert is_free(directory)


def test_the_lock_is_free_after_an_error(directory: Path) -> None:
    built(directory, range(3))

    def fail() -> None:
        with changing(directory) as begun:
            begun.remove([path(1)])
            begun.add_paths([item(9)])

    with pytest.raises(InputError, match="which is new"):
        fail()
    assert is_free(directory)
    assert len(contents(Store.open(directory))) == 3


def test_a_change_of_no_index_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(MissingError), changing(tmp_path):
        raise AssertionError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"process": 1}'])
def test_a_damaged_note_of_the_holder_does_not_matter(directory: Path, content: str) -> None:
    built(directory, range(3))
    with holder(directory):
        (directory / ".lock-holder").write_text(content)
        with pytest.raises(StorageError, match=r"Received: another process is changing it"), writing(directory, 0):
            raise AssertionError
    assert names(directory) == sorted(["codes-3.faiss", "images-2.npy", "items-1.sqlite", "manifest.json"])
