"""What a study is based on, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aekeras.artefacts import shown_path
from aekeras.losses.catalogue import ROWS
from aekeras.study.parts import LossFacts
from aekeras.study.shared import Shared
from aekeras.study.subjects import Subject

if TYPE_CHECKING:
    from aekeras.losses import ImageLoss

_SUMMARIES = {row.name: row.summary for row in ROWS}


def title(shared: Shared) -> str:
    """A line that says what was measured."""
    count = len(shared.subjects)
    return f"What {count} {'loss counts' if count == 1 else 'losses count'} as equal"


def facts(shared: Shared, k: int) -> tuple[tuple[str, str], ...]:
    """Pictures, models and settings."""
    sample = shared.sample
    queries = "held out from every training" if sample.held_out else "a random choice; trainings may have seen them"
    sizes = sorted({subject.encoder.code_dim for subject in shared.subjects})
    run = shared.subjects[0].encoder.run
    versions = ", ".join(f"{name} {version}" for name, version in run.get("versions", {}).items())
    return (
        ("Pictures to choose from", f"{sample.total:,}"),
        ("Queries", f"{len(sample.queries):,}, {queries}"),
        ("Collection in which neighbors are sought", f"{len(sample.collection):,}, without the queries"),
        ("Size of the pictures", f"{sample.queries.shape[1]} x {sample.queries.shape[2]} pixels"),
        ("Numbers per code", ", ".join(map(str, sizes))),
        ("MDS, the control", f"from all pairs of {shared.landmarks:,} pictures of the collection"),
        ("Probes for leakage", f"on metamers of {len(shared.probed):,} pictures"),
        ("Neighbors compared", str(min(k, len(sample.collection)))),
        ("Intervals", "95 %, by resampling the queries 1,000 times"),
        ("Seed", str(shared.seed)),
        ("Models", ", ".join(shown_path(subject.encoder.directory) for subject in shared.subjects)),
        ("Trained with", versions or "unknown versions"),
    )


def losses(subjects: Sequence[Subject]) -> tuple[LossFacts, ...]:
    """The losses, with the catalogue's summary where they are of the catalogue."""
    return tuple(
        LossFacts(
            name=subject.name,
            blind_to=tuple(subject.loss.blind_to),
            summary=_summary(subject.loss),
        )
        for subject in subjects
    )


def _summary(loss: ImageLoss) -> str:
    """What the catalogue says of it; of a person's own class, the first line that they wrote about it."""
    if type(loss).__module__.startswith("aekeras."):
        return _SUMMARIES.get(loss.text.partition("(")[0], "")
    return next(iter((type(loss).__doc__ or "").strip().splitlines()), "")
