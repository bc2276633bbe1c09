"""Which files of a folder are pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from aekeras.artefacts import plain_path
from aekeras.errors import InputError, MissingError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


def as_paths(sources: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """One path or several, as paths."""
    return tuple(Path(source) for source in ([sources] if isinstance(sources, str | Path) else sources))


def find(sources: Sequence[Path]) -> list[Path]:
    """The picture files that the sources name: absolute, sorted, each once.

    A folder gives every file below it with one of `SUFFIXES` in any case. Names with a leading dot and `__MACOSX`
    are passed over, links to folders are followed, and each folder is visited once. A file is taken whatever its
    suffix.

    Raises:
        MissingError: A source does not exist.
        InputError: A folder without such a file, or one that cannot be listed.
    """
    return [Path(name) for name in _named_by(sources)]


def scan(sources: Sequence[Path]) -> dict[str, tuple[int, int]]:
    """The files that `find` gives, in its order, each with (bytes, time of the last writing in ns since 1970).

    (-1, -1) stands at a file of which the system tells neither, such as a link to nothing.

    Raises:
        As `find`.
    """
    return {name: _size_and_time(name) for name in _named_by(sources)}


def _named_by(sources: Sequence[Path]) -> list[str]:
    found: set[str] = set()
    for source in sources:
        path = Path(plain_path(source))
        found.update(_pictures_below(path) if _is_folder(path) else [str(path)])
    return sorted(found)


def _size_and_time(name: str) -> tuple[int, int]:
    try:
        status = os.stat(name)  # noqa: PTH116 - a Path for each of very many names takes longer than the system does
    except OSError:
        return -1, -1
    return status.st_size, status.st_mtime_ns


def _is_folder(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise MissingError(
            f"Expected a picture or a folder of pictures. Received: '{path}', which does not exist. Check the path."
        ) from None
    except OSError as fault:
        raise _locked(path, fault) from fault
    return path.is_dir()


def _pictures_below(folder: Path) -> list[str]:
    pictures = [name for name in _files_below(folder) if _suffix(name) in SUFFIXES]
    if not pictures:
        raise InputError(
            f"Expected a folder with pictures ({', '.join(sorted(SUFFIXES))}). "
            f"Received: '{folder}', which has none. Name another folder, or the files themselves."
        )
    return pictures


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - as above


def _files_below(folder: Path) -> Iterator[str]:
    """Every file, each folder visited once: by its real path first, by a link only where that is the only way."""
    seen: set[tuple[int, int]] = set()
    real, linked = [str(folder)], list[str]()
    while real or linked:
        here = Path(real.pop() if real else linked.pop())
        status = here.stat()
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        for entry in _entries(here):
            if not _leads_to_folder(entry):
                yield entry.path
            else:
                (linked if entry.is_symlink() else real).append(entry.path)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in the folder and not hidden; in order, so that of two links the same one always comes first."""
    try:
        with os.scandir(folder) as listing:
            shown = [entry for entry in listing if entry.name[0] != "." and entry.name != "__MACOSX"]
    except OSError as fault:
        raise _locked(folder, fault) from fault
    return sorted(shown, key=lambda entry: entry.name)


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return Path(entry.path).is_dir() if entry.is_symlink() else entry.is_dir()
    except OSError as fault:
        raise _locked(Path(entry.path), fault) from fault


def _locked(path: Path, fault: OSError) -> InputError:
    return InputError(
        f"Expected files and folders that can be opened. Received: '{path}' ({fault.strerror}). "
        "Change its permissions, or leave it out."
    )
