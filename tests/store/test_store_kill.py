"""A writer that is killed, at whatever moment, leaves the old index or the new one, and is in nobody's way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import endless
import numpy as np
import pytest
from numbered import ORIGIN, built, contents, named, names, path, put

from aekeras.store import Store, building, changing
from aekeras.store.lock import writing

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL and no fork")]

KILLS = 13  # of each verb

KILLED_AT_A_SYNC = """
import os, signal, sys
from pathlib import Path
from numbered import ORIGIN, path, put, small_files
from aekeras.store import building, changing
directory, verb, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
small_files()
sync, calls = os.fsync, []
def killing(descriptor):
    calls.append(descriptor)
    if len(calls) == last:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(descriptor)
os.fsync = killing
with building(directory, ORIGIN) if verb == "build" else changing(directory) as change:
    put(change, range(40, 60))
    if verb == "change":
        change.remove([path(number) for number in range(12)])
    change.commit()
"""


@contextmanager
def killer(directory: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, endless.__file__, str(directory), str(directory.parent / "announced")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def kill_one(process: subprocess.Popen[str], verb: str, seed: int, seconds: float) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    print(verb, seed, seconds, file=process.stdin, flush=True)
    assert process.stdout.readline() == "-9\n"


def announced(directory: Path) -> list[dict[str, int]]:
    """What the writer was about to commit, one after the other; the last line may be cut off."""
    lines = (directory.parent / "announced").read_text().split("\n")
    return [json.loads(line) for line in lines[:-1]]


def check_and_go_on(directory: Path) -> dict[str, int]:
    """What there is, and that the next change works and tidies up."""
    with writing(directory, patience=0):
        pass
    with Store.open(directory) as store:
        store.verify()
        state = contents(store)
    with changing(directory) as change:
        put(change, [500])
        change.commit()
    with Store.open(directory) as store:
        store.verify()
        assert contents(store) == state | {path(500): 500}
        assert names(directory) == named(store)
    return state


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("verb", ["add", "remove", "sync", "rebuild", "build"])
def test_a_writer_that_is_killed_at_any_moment_leaves_the_old_index_or_the_new(directory: Path, verb: str) -> None:
    rng = np.random.default_rng(len(verb))
    built(directory, range(70), **endless.STRUCTURED)
    with killer(directory) as process:
        for seed in range(KILLS):
            with Store.open(directory) as store:
                before = contents(store)
            kill_one(process, verb, seed, float(rng.uniform(0, 0.08)))
            assert check_and_go_on(directory) in [before, *announced(directory)][-2:]


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("verb", ["build", "change"])
def test_a_writer_that_is_killed_at_any_sync_leaves_the_old_index_or_the_new(directory: Path, verb: str) -> None:
    old = {path(number): number for number in range(40)}
    new = {path(number): number for number in range(40, 60)}
    if verb == "change":
        new |= {name: number for name, number in old.items() if number >= 12}
    seen = []
    for last in range(1, 100):
        with building(directory, ORIGIN) as change:
            put(change, range(40))
            change.commit()
        command = [sys.executable, "-c", KILLED_AT_A_SYNC, str(directory), verb, str(last)]
        ran = subprocess.run(command, cwd=Path(__file__).parent, check=False)
        if ran.returncode == 0:
            break
        assert ran.returncode == -9
        seen.append(check_and_go_on(directory))
    # Only when the manifest is replaced, and the list of names is about to be synced, is the new state there.
    assert seen == [old] * (len(seen) - 1) + [new]
    assert len(seen) >= 6
