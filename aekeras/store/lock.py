"""One writer at a time: a lock that the system lets go of when its holder dies."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from aekeras.artefacts import shown_path, storage_errors
from aekeras.errors import StorageError

LOCK = ".lock"
_HOLDER = ".lock-holder"
PATIENCE = 10.0
"""Seconds that a writer waits for another one: a small change is over by then."""


@contextmanager
def writing(directory: Path, patience: float | None = None) -> Iterator[None]:
    """The right to change the index in a folder; readers need none.

    The lock belongs to the process (`flock`), so that a dead holder's is free at once.

    Raises:
        StorageError: Another process is changing it, or the place cannot be written.
    """
    with storage_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(directory / LOCK)
        try:
            lock.acquire(timeout=PATIENCE if patience is None else patience, poll_interval=0.02)
        except Timeout as error:
            raise StorageError(
                f"Expected to be alone in changing {shown_path(directory)}. Received: {_holder(directory)} is changing "
                f"it. Wait until that is over, then run it again."
            ) from error
    try:
        _sign(directory)
        yield
    finally:
        lock.release()


def _sign(directory: Path) -> None:
    """Leaves word of who holds the lock. It is for people only, so a full disk does not matter here."""
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    content = {"process": os.getpid(), "host": platform.node(), "since": since}
    with suppress(OSError):
        # Not through a link to somewhere else, and not waiting for who reads a pipe.
        guarded = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(directory / _HOLDER, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | guarded, 0o666)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)


def _holder(directory: Path) -> str:
    try:
        content = json.loads((directory / _HOLDER).read_text())
        return f"process {content['process']} on {content['host']} (since {content['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
