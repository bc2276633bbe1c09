"""Whether a loss keeps what every loss promises: a check that anyone runs on their own, and the catalogue passes.

Figures are shares of a typical loss, the median between two different pictures: what is small for one loss is large
for another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from aekeras import losses as door
from aekeras.errors import AekerasError
from aekeras.losses.conformance.registry import CHECKS, PROMISES, RELOAD, RELOAD_MEANING, Promise
from aekeras.losses.conformance.reloading import reloaded
from aekeras.losses.conformance.report import Check, Report
from aekeras.losses.conformance.subject import Finding, Subject
from aekeras.losses.explaining import own_code
from aekeras.progress import Progress

__all__ = ["CHECKS", "Check", "Report", "check"]


def check(*losses: Any, progress: Progress | None = None) -> tuple[Report, ...]:
    """What a loss promises, measured: one report per loss, in their order.

    What a loss's own code raises is a failed check, told with the line of code that raised it. All losses share the one
    fresh process in which they are loaded again, so many at once are checked faster than one by one.

    Examples:
        >>> (report,) = check("my_losses.py:Stripes")
        >>> report.passed
        False
        >>> print(report)
        my_losses.py:Stripes: 21 of 22 checks passed
          passed  text                       it is written my_losses.py:Stripes
          ...
          FAILED  identity           0.0611
            Expected 0 for equal pictures. Received: loss(x, x) = 0.013 for ...

    Args:
        losses: Whatever `aekeras.losses.get` takes.
        progress: Hears of each loss.

    Raises:
        InputError: A name that is not known, or a loss that cannot be loaded.
        MissingError: A file or module that is not there.
    """
    progress = progress or Progress()
    subjects = [Subject(door.get(loss)) for loss in losses]
    progress.begin("checking", len(subjects))
    found = []
    for number, subject in enumerate(subjects, 1):
        found.append(tuple(_measured(subject)))
        progress.advance(number, _name(subject))
    whole = [subject for subject, checks in zip(subjects, found, strict=True) if not _stopped(checks)]
    again = dict(zip(map(id, whole), reloaded(whole), strict=True))
    reports = tuple(
        Report(_name(subject), (*checks, _reload(again.get(id(subject)), checks)))
        for subject, checks in zip(subjects, found, strict=True)
    )
    progress.end(f"{sum(report.passed for report in reports)} of {len(reports)} passed")
    return reports


def _measured(subject: Subject) -> Iterator[Check]:
    """The checks within this process; none is measured any more once a fundamental one fails."""
    broken = ""
    for promise in PROMISES:
        if broken:
            yield _unmeasured(promise.name, broken)
            continue
        made = _made(promise.name, promise.meaning, _tried(promise, subject))
        if promise.fundamental and not made.passed:
            broken = promise.name
        yield made


def _tried(promise: Promise, subject: Subject) -> Finding:
    try:
        with own_code("no error"):
            return promise.measure(subject)
    except AekerasError as error:
        return Finding(fault=str(error))


def _made(name: str, meaning: str, finding: Finding) -> Check:
    figure = finding.figure if finding.figure is not None and math.isfinite(finding.figure) else None
    return Check(name, "failed" if finding.fault else "passed", figure, finding.fault or finding.note or meaning)


def _reload(finding: Finding | None, checks: tuple[Check, ...]) -> Check:
    return _made(RELOAD, RELOAD_MEANING, finding) if finding else _unmeasured(RELOAD, _stopped(checks))


def _unmeasured(name: str, broken: str) -> Check:
    return Check(name, "not measured", None, f"Not measured: mend {broken!r} first.")


def _stopped(checks: tuple[Check, ...]) -> str:
    """The fundamental check that failed, if one did."""
    fundamental = {promise.name for promise in PROMISES if promise.fundamental}
    return next((check.name for check in checks if check.name in fundamental and not check.passed), "")


def _name(subject: Subject) -> str:
    try:
        return subject.given.text
    except Exception:  # `text` is a check of its own, which tells it
        return type(subject.given).__name__
