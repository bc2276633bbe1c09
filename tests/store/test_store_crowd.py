"""Readers and writers at once, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import crowd
import pytest
from numbered import built, contents, ids_of, named, names

from aekeras.store import Store

SECONDS = 30


@pytest.mark.slow
def test_readers_and_writers_at_once_see_whole_states_and_lose_no_update(directory: Path) -> None:
    built(directory, [999])  # of no writer
    roles = [("write", 1), ("write", 2), *(("read", 0) for _ in range(4))]
    processes = [
        subprocess.Popen(
            [sys.executable, crowd.__file__, str(directory), role, str(seed), str(SECONDS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for role, seed in roles
    ]
    answers = []
    for process in processes:
        out, error = process.communicate(timeout=20 * SECONDS)
        assert (process.returncode, error) == (0, "")
        answers.append(json.loads(out))
    *written, _, _, _, _ = answers
    store = Store.open(directory)
    store.verify()
    assert contents(store) == {"/photos/0/999.png": 999} | written[0] | written[1]
    assert ids_of(store)[999] == 0
    assert names(directory) == named(store)
    assert store.manifest.generation > 20
    assert min(answers[2:]) > 5
