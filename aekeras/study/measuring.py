"""A project measured: which pictures each trained loss counts as equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from aekeras import images
from aekeras.equality.calibration import calibration
from aekeras.equality.factors import factors
from aekeras.equality.fidelity import cross_fidelity
from aekeras.equality.invariance import Invariance, invariance
from aekeras.equality.leakage import leakage
from aekeras.equality.overlap import overlap
from aekeras.equality.refinement import refinement
from aekeras.equality.results import Result
from aekeras.equality.verified import verify
from aekeras.errors import AekerasError, InputError
from aekeras.pictures import Block
from aekeras.places import Places
from aekeras.progress import Progress
from aekeras.shares import EQUAL_WITHIN, check_share
from aekeras.study import disputes, facts, sample, subjects, trainings
from aekeras.study.examples import transformed
from aekeras.study.parts import Study
from aekeras.study.repeated import chosen, code_budget, output_space
from aekeras.study.sample import Extent
from aekeras.study.shared import Shared, share

_TRANSFORMED = 100  # pictures that are transformed


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a study measures, and on what.

    Attributes:
        places: Where models and indexes are.
        k: Neighbors that are compared.
        extent: How many pictures.
        equal_within: Share of a typical loss up to which two pictures are equal.
        labels: A table with a column `path` and more of them, each a factor.
        seeds: Models per loss that differ in their seed only, for the output space; 0 to leave it out.
        budget: Code sizes to compare; none to leave it out.
        budget_loss: The loss for that; by default the first that is blind to something.
        progress: Told of all that happens.
    """

    places: Places = field(default_factory=Places)
    k: int = 10
    extent: Extent = field(default_factory=Extent)
    equal_within: float = EQUAL_WITHIN
    labels: Path | None = None
    seeds: int = 0
    budget: tuple[int, ...] = ()
    budget_loss: str | None = None
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"Expected `k` of at least 1. Received: {self.k}. Ask for one neighbor or more.")
        check_share("equal_within", self.equal_within)
        if self.budget_loss and not self.budget:
            raise InputError(
                f"Expected code sizes with `budget_loss`. Received: {self.budget_loss!r} and no sizes. "
                "Give `budget`, such as 16,32,64."
            )
        trainings.check_seeds(self.seeds)
        trainings.check_sizes(self.budget)


def measure(
    pictures: str | Path | Sequence[str | Path] = (), *, losses: Sequence[str] = (), scope: Scope | None = None
) -> Study:
    """Measures what each trained loss counts as equal.

    What cannot be measured is left out, and `notes` of the result say why.

    Args:
        pictures: Folders and files to measure on; without any, what the indexes hold.
        losses: Losses, or names of models; every model where none is named.
        scope: How much, and where.

    Raises:
        MissingError: There is no model, or a picture that does not exist.
        InputError: Fewer than two pictures, pictures that are all equal, or a loss without a model.

    Examples:
        >>> study = aekeras.measure(losses=["l1", "l1_gray"])
        >>> print(study)
    """
    scope = scope or Scope()
    sources = images.as_paths(pictures) if pictures else ()
    found, left_out = subjects.subjects(losses, scope.places)
    drawn = sample.draw(found, sources, scope.places, scope.extent, scope.labels, scope.progress)
    scope.progress.begin("comparing pictures by the losses themselves", 0)
    shared, unmeasured = share(found, drawn, scope.extent.seed, scope.places, scope.equal_within)
    scope.progress.end(f"{len(drawn.queries):,} queries, {len(drawn.collection):,} pictures")
    notes = [*left_out, *drawn.notes, *unmeasured]
    if scope.budget_loss:
        chosen(shared, scope.budget_loss)  # so that a wrong name is told of before the work
    measured = list(_measured(shared, scope, notes))
    return Study(
        title=facts.title(shared),
        results=tuple(result for result, _ in measured),
        notes=tuple(notes),
        facts=facts.facts(shared, scope.k),
        losses=facts.losses(shared.subjects),
        disputes=disputes.most_disputed(shared, scope.k),
        galleries={result.key: blocks for result, blocks in measured if blocks},
        seed=scope.extent.seed,
        equal_within=scope.equal_within,
    )


Measured = tuple[Result, tuple[Block, ...]]


def _measured(shared: Shared, scope: Scope, notes: list[str]) -> Iterator[Measured]:
    """Every measurement that can be made, with the pictures that belong to it; the others are noted."""
    known: dict[str, Result] = {}
    for stage, work in _measurements(shared, scope, known):
        scope.progress.begin(f"measuring {stage}", 0)
        try:
            found = work()
        except AekerasError as error:
            notes.append(f"{stage.capitalize()} is left out: {error}")
            scope.progress.end("left out")
            continue
        result, blocks = found if isinstance(found, tuple) else (found, ())
        known[result.key] = result
        scope.progress.end()
        yield result, blocks


def _measurements(
    shared: Shared, scope: Scope, known: Mapping[str, Result]
) -> Iterator[tuple[str, Callable[[], Result | Measured]]]:
    """Name and work of each, in the order in which they are read; `known` fills with those that were made before."""
    seed, k, drawn = shared.seed, scope.k, shared.sample
    few = drawn.queries[:_TRANSFORMED]
    losses, encode = shared.losses, shared.encode
    yield "overlap", lambda: overlap(shared.by_code, _below(k, shared), seed)
    yield "fidelity", lambda: cross_fidelity(shared.by_code, shared.by_loss, shared.controls, _below(k, shared), seed)
    yield "invariance", lambda: (invariance(shared.judges, encode, few, seed), (transformed(drawn),))
    yield "blindness", lambda: verify(losses, encode, few, shared.code_scale, shared.loss_scale, seed, shared.within)
    yield "leakage", lambda: leakage(losses, encode, shared.other_encoders, shared.probed, seed)
    if drawn.query_factors:
        yield "factors", lambda: factors(shared.by_code, drawn.query_factors, drawn.collection_factors, k, seed)
    yield "calibration", lambda: calibration(shared.by_code, shared.by_loss, k, seed)
    yield "refinement", lambda: refinement(losses, cast("Invariance | None", known.get("invariance")))
    if scope.seeds:
        yield "output space", lambda: output_space(shared, scope.seeds, scope.places, scope.progress)
    if scope.budget:
        yield "budget", lambda: code_budget(shared, scope.budget_loss, scope.budget, k, scope.places, scope.progress)


def _below(k: int, shared: Shared) -> int:
    """k, where a list of k neighbors leaves something out.

    Raises:
        InputError: It would hold the whole collection.
    """
    count = len(shared.sample.collection)
    if k >= count:
        raise InputError(
            f"Expected more than {k} pictures to seek {k} neighbors among. Received: {count}. Add some, or lower `k`."
        )
    return k
