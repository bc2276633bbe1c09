"""Folders that appear whole: a named one, or the next number of a row of versions."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aekeras.artefacts.names import shown_path
from aekeras.artefacts.storage import partial_path, storage_errors, sync
from aekeras.errors import InputError

_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}


@contextmanager
def new_directory(final: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `final` when the block ends well and vanishes when it does not.

    Raises:
        InputError: `final` exists already.
        StorageError: The disk is full, or the place cannot be written.
    """
    with storage_errors(final), partial_path(final.parent, final.name) as partial:
        if os.path.lexists(final):
            raise InputError(_taken(final))
        partial.mkdir()
        yield partial
        _sync_tree(partial)
        if not _rename(partial, final):
            raise InputError(_taken(final))


@dataclass
class Draft:
    """A version in the making.

    Attributes:
        directory: The folder to fill.
        final: Where it lies once the block has ended well; None before.
    """

    directory: Path
    final: Path | None = None


@contextmanager
def new_version(parent: Path) -> Iterator[Draft]:
    """A folder to fill, which becomes the next number below `parent` when the block ends well.

    Two processes at once get two numbers. Only names made of digits count as versions.

    Raises:
        StorageError: The disk is full, or the place cannot be written.
    """
    with storage_errors(parent), partial_path(parent, "version") as partial:
        partial.mkdir()
        draft = Draft(partial)
        yield draft
        _sync_tree(partial)
        number = max(_numbers(parent), default=0) + 1
        while not _rename(partial, parent / str(number)):
            number += 1
        draft.final = parent / str(number)


def latest_version(parent: Path) -> Path | None:
    """The folder with the highest number below `parent`; None where there is none."""
    versions = {number: path for number, path in _numbers(parent).items() if path.is_dir()}
    return versions[max(versions)] if versions else None


def _numbers(parent: Path) -> dict[int, Path]:
    if not parent.is_dir():
        return {}
    return {int(path.name): path for path in parent.iterdir() if re.fullmatch(r"[0-9]+", path.name)}


def _sync_tree(directory: Path) -> None:
    for folder, _, names in os.walk(directory):
        for name in names:
            sync(Path(folder, name))
        sync(Path(folder))


def _rename(partial: Path, final: Path) -> bool:
    """Whether the folder got its final name; False where somebody else has taken it."""
    try:
        partial.rename(final)
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
        return False
    sync(final.parent)
    return True


def _taken(final: Path) -> str:
    return f"Expected a new folder. Received: {shown_path(final)}, which exists. Choose another name."
