"""The measurements that need further trainings: what seeds leave open, and how large a code must be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aekeras.encoding import Encoder
from aekeras.equality.budget import Budget, budget
from aekeras.equality.distances import as_floats, code_distances
from aekeras.equality.estimates import Estimate
from aekeras.equality.leakage import leakage
from aekeras.equality.spread import Spread, spread
from aekeras.errors import CollapseError, InputError
from aekeras.pictures import Block, Row, Tile
from aekeras.places import Places
from aekeras.progress import Progress
from aekeras.reconstruction import rebuild
from aekeras.study import trainings
from aekeras.study.shared import Shared
from aekeras.study.subjects import Subject

_REBUILT, _DRAWN = 60, 2


def output_space(shared: Shared, seeds: int, places: Places, progress: Progress) -> tuple[Spread, tuple[Block, ...]]:
    """What models that differ in their seed only rebuild, and some of it as pictures."""
    originals = as_floats(shared.sample.queries[:_REBUILT])

    def versions(subject: Subject, *, plain: bool) -> np.ndarray:
        encoders = trainings.of_seeds(subject, seeds, places, progress, plain=plain)
        return np.stack([np.clip(rebuild(encoder, originals), 0.0, 1.0) for encoder in encoders])

    rebuilt = {subject.name: versions(subject, plain=False) for subject in shared.subjects}
    example = chosen(shared, None)
    plain = {}
    if example.loss.blind_to:
        try:
            plain = {example.name: versions(example, plain=True)}
        except CollapseError as error:
            progress.warn(f"Without the closed-form start, {example.name} is left out: {error}")
    shown = rebuilt | {f"{name}, plain": several for name, several in plain.items()}
    result = spread(shared.losses, rebuilt, originals, shared.seed, plain=plain or None)
    return result, (_block(shared, originals, shown),)


def _block(shared: Shared, originals: np.ndarray, rebuilt: dict[str, np.ndarray]) -> Block:
    """A row per loss: every picture by every seed."""
    paths = shared.sample.query_paths
    seeds = len(next(iter(rebuilt.values())))
    shown = np.unique(np.linspace(0, len(originals) - 1, _DRAWN).round().astype(int)).tolist()  # unlike each other
    first = [Tile(image=originals[i], caption=paths[i].name if s == 0 else "") for i in shown for s in range(seeds)]
    rows = [Row(label="original", tiles=first)]
    for name, versions in rebuilt.items():
        tiles = [Tile(image=versions[s, i], caption=f"seed {s}") for i in shown for s in range(seeds)]
        rows.append(Row(label=name, tiles=tiles))
    return Block(rows=rows)


def code_budget(
    shared: Shared, asked: str | None, sizes: Sequence[int], k: int, places: Places, progress: Progress
) -> tuple[Budget, tuple[Block, ...]]:
    """Fidelity and leakage of one loss by the numbers of a code."""
    subject = chosen(shared, asked)
    encoders = trainings.of_sizes(subject, sizes, places, progress)
    sample, name = shared.sample, subject.name
    by_code = {
        "trained": {
            size: code_distances(encoder.encode(sample.queries), encoder.encode(sample.collection))
            for size, encoder in encoders.items()
        },
        "pca": {size: shared.principal(subject, size) for size in sizes},
        "mds": {size: shared.scaled(subject, size) for size in sizes},
    }
    leaks = {size: _leak(shared, subject, encoder) for size, encoder in encoders.items()}
    return budget(name, by_code, shared.by_loss[name], leaks, k, shared.seed), ()


def _leak(shared: Shared, subject: Subject, encoder: Encoder) -> Estimate | None:
    """R2 of the probe; None where there is nothing to probe for, or too little to probe with."""
    name = subject.name
    try:
        found = leakage({name: subject.loss}, {name: encoder.encode}, {}, shared.probed, shared.seed).trained
    except InputError:  # which the report says of the leakage of all losses
        return None
    return found[name].r2 if name in found else None


def chosen(shared: Shared, asked: str | None) -> Subject:
    """The loss that is asked for; else the first that is blind to something.

    Raises:
        InputError: It is not measured.
    """
    blind = [subject for subject in shared.subjects if subject.loss.blind_to] or list(shared.subjects)
    fitting = [subject for subject in shared.subjects if asked in (subject.name, subject.loss.text)] if asked else blind
    if not fitting:
        names = ", ".join(subject.name for subject in shared.subjects)
        raise InputError(f"Expected the loss for the budget to be one of: {names}. Received: {asked!r}. Name one.")
    return fitting[0]
