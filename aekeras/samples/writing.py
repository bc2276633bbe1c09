"""The samples as a folder of pictures, with a table of their factors beside them."""

from __future__ import annotations

import csv
import io
import os
import secrets
import shutil
from pathlib import Path

from aekeras.errors import InputError, StorageError
from aekeras.places import FACTORS
from aekeras.samples.collection import generate
from aekeras.samples.drawing import draw
from aekeras.samples.palette import luma_set
from aekeras.samples.sample import Sample

_COLUMNS = (
    "path",
    "shape",
    "color",
    "luma_set",
    "ground",
    "ground_color",
    "x",
    "y",
    "size",
    "mirrored",
    "image_size",
)


def write(directory: Path, count: int = 1200, size: int = 64, seed: int = 0) -> list[Path]:
    """The paths of the samples' pictures in `directory`, drawn unless they are already there.

    The folder holds one PNG per sample, named as `cat-ginger-0007.png`, and `factors.csv`, a row per picture.
    It is written under another name and renamed when it is whole.

    Args:
        directory: The folder to make; it may hold these very samples already.
        count: How many, as for `generate`.
        size: Width and height of a picture in pixels, as for `draw`.
        seed: Which collection, as for `generate`.

    Raises:
        InputError: A `directory` that holds anything else, which stays as it is; or a number out of range.
        StorageError: A disk that is full or cannot be written.
    """
    directory = Path(directory)
    samples = generate(count, seed)
    table = _table(samples, size)
    try:
        if _is_free(directory):
            _write_whole(directory.resolve(), samples, size, table)
        _check_holds(directory, samples, table)
    except OSError as error:
        raise StorageError(
            f"Expected a folder with room for {count} samples, which can be written. "
            f"Received: {str(directory)!r} ({error.strerror or error}). "
            "Free some space or choose another folder."
        ) from error
    return [directory / _name(number, sample) for number, sample in enumerate(samples)]


def _name(number: int, sample: Sample) -> str:
    return f"{sample.shape}-{sample.color}-{number:04d}.png"


def _table(samples: list[Sample], size: int) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for number, sample in enumerate(samples):
        name, values = _name(number, sample), (sample.x, sample.y, sample.size)
        words = (sample.shape, sample.color, luma_set(sample.color), sample.ground, sample.ground_color)
        rows.writerow((name, *words, *values, str(sample.mirrored).lower(), size))
    return text.getvalue()


def _is_free(directory: Path) -> bool:
    """Whether nothing is there, or an empty folder."""
    return not directory.exists() or (directory.is_dir() and not any(directory.iterdir()))


def _write_whole(directory: Path, samples: list[Sample], size: int, table: str) -> None:
    draft = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}.tmp")
    try:
        draft.mkdir(parents=True)
        for number, sample in enumerate(samples):
            draw(sample, size).save(draft / _name(number, sample))
        (draft / FACTORS).write_text(table, encoding="utf-8", newline="\n")
        _put_in_place(draft, directory)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _put_in_place(draft: Path, directory: Path) -> None:
    try:
        if directory.exists():
            directory.rmdir()
        draft.rename(directory)
    except OSError:
        # Another process may have been quicker; then the check that follows looks at what it wrote.
        if _is_free(directory):
            raise


def _check_holds(directory: Path, samples: list[Sample], table: str) -> None:
    found = _oddity(directory, {_name(number, sample) for number, sample in enumerate(samples)}, table)
    if found:
        raise InputError(
            f"Expected a folder that is new, empty, or holds just these {len(samples)} samples. "
            f"Received: {str(directory)!r} ({found}). Choose another folder, or remove this one first."
        )


def _oddity(directory: Path, names: set[str], table: str) -> str:
    """What is wrong with the folder, in words; hidden files, such as a file manager's, do not matter."""
    if not directory.is_dir():
        return "a file"
    sizes = {entry.name: entry.stat().st_size for entry in os.scandir(directory) if entry.name[0] != "."}
    if others := sorted(sizes.keys() - names - {FACTORS}):
        return f"it holds {others[0]!r}" + (f" and {len(others) - 1} more" if others[1:] else "")
    if FACTORS not in sizes or (directory / FACTORS).read_bytes() != table.encode():
        return f"its {FACTORS} is missing or of other samples"
    # After a loss of power a renamed folder may hold empty files.
    if lacking := sorted(name for name in names if not sizes.get(name)):
        return f"{lacking[0]!r} is missing or empty" + (f" and {len(lacking) - 1} more" if lacking[1:] else "")
    return ""
