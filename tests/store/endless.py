"""A process that starts writers which change an index without end, and kills each after a while.

It is told, line by line: the verb, a seed, and the seconds until the kill; it answers when the writer is dead. What a
writer is about to commit, it writes to a file beside the index before.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
from numbered import ORIGIN, contents, path, put, small_files

from aekeras.store import Change, Store, building, changing

MOST = 60
STRUCTURED = {"kind": "IVF2,SQ8"}


def next_state(verb: str, change: Change, state: dict[str, int], rng: np.random.Generator) -> dict[str, int]:
    """What there is after a change of one kind, which is made but not committed."""
    numbers = rng.permutation(100)[: rng.integers(1, 20)].tolist()
    out = rng.permutation(sorted(state))[: rng.integers(1, 20)].tolist()
    if verb == "rebuild":
        return state
    if verb == "build":
        put(change, numbers)
        return {path(number): number for number in numbers}
    if (verb == "remove" and len(state) > 20) or len(state) > MOST:
        change.remove(out)
        return {name: number for name, number in state.items() if name not in out}
    copy = int(rng.integers(2))
    if verb == "sync":
        change.remove(out)
        change.describe({name: {"seen": "again"} for name in state})
        change.put_unreadable([("/bad.png", 1, len(state), "no picture")])
        state = {name: number for name, number in state.items() if name not in out}
    put(change, numbers, copy)
    return state | {path(number, copy): number for number in numbers}


def write_forever(directory: Path, announced: Path, verb: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with Store.open(directory) as store:
        state = contents(store)
    with announced.open("w") as log:
        while True:
            context = building(directory, ORIGIN) if verb == "build" else changing(directory, **STRUCTURED)
            with context as change:
                state = next_state(verb, change, state, rng)
                log.write(json.dumps(state) + "\n")
                log.flush()
                change.rebuild() if verb == "rebuild" else change.commit()


def main() -> None:
    directory, announced = map(Path, sys.argv[1:])
    small_files()
    for line in sys.stdin:
        verb, seed, seconds = line.split()
        announced.unlink(missing_ok=True)
        writer = os.fork()
        if writer == 0:
            write_forever(directory, announced, verb, int(seed))
        while not announced.exists():
            time.sleep(0.001)
        time.sleep(float(seconds))
        os.kill(writer, signal.SIGKILL)
        _, status = os.waitpid(writer, 0)
        print(-status, flush=True)


if __name__ == "__main__":
    main()
