"""Losses that other packages bring along, as entry points in the group `aekeras.losses`; nothing of them is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, distributions

GROUP = "aekeras.losses"


def installed() -> dict[str, EntryPoint]:
    """The entry points by name."""
    found = (point for distribution in distributions() for point in _points(distribution))
    return {point.name: point for point in sorted(found, key=lambda point: point.name)}


def _points(distribution: Distribution) -> Iterator[EntryPoint]:
    """Those of one package; none of a package whose list of entry points is malformed."""
    try:
        yield from distribution.entry_points.select(group=GROUP)
    except (TypeError, ValueError):  # one broken package must not hide the others
        return
