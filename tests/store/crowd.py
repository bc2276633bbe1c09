"""A process that reads or writes an index for a while, beside others that do.

    crowd.py DIRECTORY read|write SEED SECONDS

A writer has the numbers SEED, SEED + 10, SEED + 20, ...; it says in the end which of them are in the index, and a
reader how often it has looked.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from numbered import contents, digest, path, put, small_files

from aekeras.store import Store, changing


def write(directory: Path, seed: int, until: float) -> dict[str, int]:
    rng = np.random.default_rng(seed)
    mine = np.arange(seed, 1000, 10)
    state: dict[str, int] = {}
    while time.monotonic() < until:
        come = rng.choice(mine, 5, replace=False).tolist()
        gone = rng.permutation(sorted(state))[: rng.integers(0, 9)].tolist()
        copy = int(rng.integers(2))
        with changing(directory) as change:
            change.remove(gone)
            put(change, come, copy)
            assert change.holds(digest(come[0]))
            manifest = change.commit()
        state = {name: number for name, number in state.items() if name not in gone}
        state |= {path(number, copy): number for number in come}
        assert manifest is not None
        with Store.open(directory) as store:  # perhaps a later one: the other writer has other numbers
            assert store.manifest.generation >= manifest.generation
            assert {name: number for name, number in contents(store).items() if number % 10 == seed} == state
        time.sleep(rng.uniform(0, 0.1))  # so that the other one gets its turn
    return state


def read(directory: Path, seed: int, until: float) -> int:
    rng = np.random.default_rng(seed)
    looked, generation = 0, 0
    while time.monotonic() < until:
        with Store.open(directory) as store:
            assert store.manifest.generation >= generation
            generation = store.manifest.generation
            first = contents(store)
            time.sleep(rng.uniform(0, 0.2))  # others go on meanwhile
            store.verify()  # of what is there by now
            assert contents(store) == first, "one open store, one state"
            looked += 1
    return looked


def main() -> None:
    directory, role, seed, seconds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    small_files()
    until = time.monotonic() + seconds
    print(json.dumps(write(directory, seed, until) if role == "write" else read(directory, seed, until)))


if __name__ == "__main__":
    main()
