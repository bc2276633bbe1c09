"""How a change of an index begins: with the lock, and with what is there now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from aekeras.store.change import Change
from aekeras.store.lock import writing
from aekeras.store.manifest import Manifest, current_manifest
from aekeras.store.records import Origin, Settings


@contextmanager
def changing(directory: Path, **settings: Any) -> Iterator[Change]:
    """A change of the index in a folder; what is not committed in the end is thrown away.

    Args:
        directory: The folder of the index.
        **settings: What of its `Settings` shall be otherwise from now on.

    Raises:
        MissingError: There is no index.
        InputError: The settings make no sense.
        StorageError: Another process is changing it, or the place cannot be written.
    """
    Manifest.read(directory)  # before a lock file appears where there is no index
    with writing(directory):
        current = Manifest.read(directory)
        with closing(Change(directory, current, current.origin, current.settings.changed(**settings))) as change:
            yield change


@contextmanager
def building(directory: Path, origin: Origin, **settings: Any) -> Iterator[Change]:
    """A new index in a folder, in the place of one that is there; nothing of it counts before it is committed.

    The contents that the former one had keep their ids, and its other ids are not used again.

    Args:
        directory: The folder of the index.
        origin: Where the codes come from.
        **settings: What shall be otherwise than in the former one, or than the defaults of `Settings`.

    Raises:
        InputError: The settings make no sense.
        StorageError: Another process is changing it, or the place cannot be written.
    """
    with writing(directory):
        current = current_manifest(directory)
        before = Settings() if current is None else current.settings
        with closing(Change(directory, current, origin, before.changed(**settings), anew=True)) as change:
            yield change


def rebuild(directory: Path, **settings: Any) -> None:
    """Writes everything that is derived from the codes of an index anew, such as the search structure.

    Args:
        directory: The folder of the index.
        **settings: What of its `Settings` shall be otherwise from now on.

    Raises:
        MissingError: There is no index.
        InputError: The settings make no sense, their kind does not suit the codes, or a file of the codes is damaged.
        StorageError: Another process is changing it, or the disk is full.
    """
    with changing(directory, **settings) as change:
        change.rebuild()
