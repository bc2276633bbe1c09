"""What has to be done so that an index holds what a folder holds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aekeras.artefacts import plain_path
from aekeras.store import PathState, Store

FileStates = Mapping[str, tuple[int, int]]
"""Size in bytes and mtime in nanoseconds of files, by their absolute paths."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What differs between files and what an index knows of them.

    Attributes:
        new: Files that it does not know.
        changed: Files of another size or time than it knows.
        vanished: Files that it knows and that are gone.
        described: What is known of files whose pixels stay; only where that is news.
        unreadable: Files that were no pictures, and have not changed since.
        known: What the index knows of files.
    """

    known: Mapping[str, PathState]
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    described: Mapping[str, dict[str, str]] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()

    @property
    def to_read(self) -> frozenset[str]:
        """The files that have to be read."""
        return frozenset((*self.new, *self.changed))


def planned(
    store: Store, files: FileStates, facts: Mapping[str, dict[str, str]], gone_below: Sequence[Path] = ()
) -> Plan:
    """What is to be done so that an index knows these files.

    Args:
        store: The index.
        files: The files as they are.
        facts: What else is known of them.
        gone_below: What the index knows below these folders and is not among the files has vanished.
    """
    known, refused = store.items.states(), store.items.unreadable()
    # What was added by its own name is found by it again, though a folder would not give it.
    files = dict(files) | _still_there(set(below((*known, *refused), gone_below)) - files.keys())
    unreadable = {path for path, state in refused.items() if files.get(path) == state}
    here = files.keys() & known.keys()
    changed = {path for path in here if files[path] != (known[path].size, known[path].mtime_ns)}
    vanished = set(below((*known, *refused), gone_below)) - files.keys()
    return Plan(
        known=known,
        new=_sorted(files.keys() - known.keys() - unreadable),
        changed=_sorted(changed),
        vanished=_sorted(vanished),
        described=_news(known, {path: facts[path] for path in facts.keys() & here - changed}),
        unreadable=_sorted(unreadable - known.keys()),
    )


def _still_there(paths: Iterable[str]) -> dict[str, tuple[int, int]]:
    found = {}
    for path in paths:
        with suppress(OSError):
            status = os.stat(path)  # noqa: PTH116 - a Path for each of very many names takes longer
            found[path] = (status.st_size, status.st_mtime_ns)
    return found


def below(paths: Iterable[str], places: Sequence[Path]) -> list[str]:
    """Those of the paths that are one of the places or lie below it."""
    roots = [plain_path(place) for place in places]
    prefixes = tuple(root.rstrip(os.sep) + os.sep for root in roots)
    return [path for path in paths if path.startswith(prefixes) or path in roots]


def merged(state: PathState | None, facts: dict[str, str] | None) -> dict[str, str] | None:
    """What is known of a file, with what has become known now."""
    before = {} if state is None or state.metadata is None else json.loads(state.metadata)
    return before | (facts or {}) or None


def _news(known: Mapping[str, PathState], facts: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    told = {path: merged(known[path], facts[path]) or {} for path in sorted(facts)}
    return {path: after for path, after in told.items() if after != (merged(known[path], None) or {})}


def _sorted(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(paths))
