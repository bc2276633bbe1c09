"""The groups as folders of copies or links; what is there already is never touched."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from aekeras.artefacts import new_directory, shown_path, storage_errors
from aekeras.artefacts.storage import partial_path
from aekeras.duplication.answers import Duplicates, EqualGroup
from aekeras.errors import InputError
from aekeras.index import open_indexes
from aekeras.places import Places

_ELSEWHERE = "Choose a folder elsewhere."
_LONGEST = 255  # bytes of a name


def check_free(directory: str | Path, losses: Sequence[str] = (), places: Places | None = None) -> str:
    """Passes when groups of these losses can be laid out there.

    Args:
        directory: The folder.
        losses: Losses whose pictures it is for; all where none is named.
        places: Where models and indexes are.

    Returns:
        What to beware of; empty for nothing.

    Raises:
        MissingError: There is no index.
        InputError: It is no folder or holds something, or lies among the pictures, the models or the indexes.
    """
    directory, places = Path(directory), places or Places()
    if os.path.lexists(directory) and not directory.is_dir():
        raise _refused(directory, "which is no folder", "Choose a new name.")
    if directory.is_dir() and any(directory.iterdir()):
        raise _refused(directory, "one that holds something", "Choose an empty one, or a new name.")
    place = directory.resolve()
    for kept in (places.models, places.indexes):
        if place.is_relative_to(kept.resolve()):
            raise _refused(directory, f"one in {shown_path(kept)}", _ELSEWHERE)
    folders = _picture_folders(losses, places)
    if above := folders & {place, *place.parents}:
        among = shown_path(max(above))
        raise _refused(
            directory,
            f"one among the pictures of {among}, so that `aekeras index sync` would index them, too",
            _ELSEWHERE,
        )
    if folders and place.is_relative_to(common := os.path.commonpath(folders)):
        return (
            f"{shown_path(directory)} lies below {shown_path(Path(common))}, as all pictures do: if that folder is "
            "indexed again, what is laid out there is, too."
        )
    return ""


def _picture_folders(losses: Sequence[str], places: Places) -> set[Path]:
    """The folders that hold indexed pictures, links resolved."""
    folders: set[str] = set()
    for index in open_indexes(losses, places):
        with index:
            folders |= {os.path.dirname(path) for path in index.store.items.states()}  # noqa: PTH120 - for the speed
    return {Path(folder).resolve() for folder in folders}


def _refused(directory: Path, what: str, remedy: str) -> InputError:
    return InputError(f"Expected a new or empty folder. Received: {shown_path(directory)}, {what}. {remedy}")


def lay_out(found: Duplicates, directory: str | Path, *, link: bool = False) -> list[str]:
    """Puts each group into a folder of its own: `group-001/NAME`, below a folder per loss where there are several.

    It appears whole or not at all.

    Args:
        found: The groups.
        directory: A new or an empty folder.
        link: Make symbolic links to the pictures instead of copies.

    Returns:
        The pictures that were left out, since their files cannot be read, each with the reason.

    Raises:
        InputError: The folder holds something.
        StorageError: The disk is full, or the place cannot be written.
    """
    left_out: list[str] = []
    with _whole(Path(directory)) as root:
        for one in found:
            parent = root / one.index.name if len(found) > 1 else root
            digits = max(3, len(str(len(one.groups))))
            for number, group in enumerate(one.groups, 1):
                left_out += _fill(parent / f"group-{number:0{digits}}", group, link=link)
    return left_out


@contextmanager
def _whole(directory: Path) -> Iterator[Path]:
    """A folder to fill, whose content lies in `directory` when the block ends well."""
    if not directory.is_dir():
        with new_directory(directory) as partial:
            yield partial
        return
    # One that is there stays: it may be a disk of its own, or somebody's working directory.
    with storage_errors(directory):
        if any(directory.iterdir()):
            raise _refused(directory, "one that holds something", "Choose an empty one, or a new name.")
        with partial_path(directory, "groups") as partial:
            partial.mkdir()
            yield partial
            for folder in sorted(partial.iterdir()):
                folder.rename(directory / folder.name)


def _fill(folder: Path, group: EqualGroup, *, link: bool) -> list[str]:
    left_out = []
    folder.mkdir(parents=True)
    taken: set[str] = set()
    for picture in group.pictures:
        try:
            source = picture.path.open("rb")
        except OSError as error:
            left_out.append(f"{shown_path(picture.path)} ({error.strerror})")
            continue
        with source:
            target = folder / _new_name(picture.path, taken)
            if link:
                target.symlink_to(picture.path)
            else:
                _copy(source, target)
    return left_out


def _copy(source: BinaryIO, target: Path) -> None:
    """The bytes, and the times of the file."""
    with target.open("xb") as file:
        shutil.copyfileobj(source, file)
    status = os.fstat(source.fileno())
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _new_name(path: Path, taken: set[str]) -> str:
    """The name of the file, numbered where the folder has it already, also where only the case differs."""
    number, name = 1, path.name
    while (key := unicodedata.normalize("NFC", name).casefold()) in taken:
        number += 1
        stem, end = path.stem, f"-{number}{path.suffix}"
        while len(os.fsencode(stem + end)) > _LONGEST:
            stem = stem[:-1]
        name = stem + end
    taken.add(key)
    return name
