"""What is asked for: a picture, a code, all pictures of a folder, or what is indexed under a path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aekeras import images
from aekeras.artefacts import shown_path, storage_errors
from aekeras.errors import InputError, MissingError, StorageError

CODES = ".npy"


@dataclass(frozen=True, kw_only=True, eq=False)
class Query:
    """One question.

    Attributes:
        path: The picture, or the file of codes.
        row: Of the code in its file; None for a picture.
        code: Shape (D,); None for a picture.
        listed: It comes from a folder: where it turns out to be no picture, the others are asked for all the same.
    """

    path: Path
    row: int | None = None
    code: npt.NDArray[np.float32] | None = None
    listed: bool = False

    @property
    def shown(self) -> str:
        """The path as people read it; of a code, with its row: `codes.npy[3]`."""
        row = "" if self.row is None else f"[{self.row}]"
        return f"{shown_path(self.path)}{row}"


def queries_of(sources: str | Path | Sequence[str | Path]) -> list[Query]:
    """The questions that pictures, folders, files of codes and indexed paths are.

    Args:
        sources: A picture; a folder, for every picture below it; a `.npy` file of codes, shape (D,) or (N, D); or the
            path of a picture that is gone but indexed.

    Raises:
        InputError: A folder without pictures, or a file without codes.
    """
    return [query for source in images.as_paths(sources) for query in _of(source)]


def _of(source: Path) -> Iterable[Query]:
    if source.is_dir():
        return [Query(path=path, listed=True) for path in images.find([source])]
    if source.suffix.lower() == CODES:
        return _codes(source)
    return [Query(path=source)]


def _codes(path: Path) -> Iterator[Query]:
    codes = np.atleast_2d(_array(path))
    if codes.ndim != 2 or codes.dtype.kind not in "fiu" or not len(codes):
        raise InputError(
            f"Expected codes of shape (D,) or (N, D) in {shown_path(path)}. Received: {codes.dtype} of shape "
            f"{codes.shape}. Save codes as `load_encoder(...).encode` gives them."
        )
    with np.errstate(over="ignore"):
        numbers = codes.astype(np.float32)
    if not np.isfinite(numbers).all():
        row = int(np.argmin(np.isfinite(numbers).all(axis=1)))
        raise InputError(f"Expected finite codes in {shown_path(path)}. Received: others in row {row}. Save them anew.")
    return (Query(path=path, row=row, code=code) for row, code in enumerate(numbers))


def _array(path: Path) -> np.ndarray:
    """What a file holds; mapped, for its header may promise more than there is."""
    if not path.is_file():
        raise MissingError(f"Expected codes in {shown_path(path)}. Found no such file. Check the path.")
    try:
        with storage_errors(path):
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(array, np.ndarray):
            return array
    except StorageError:
        raise
    except Exception as error:  # NumPy's parser raises whatever odd bytes lead it to.
        raise _no_codes(path) from error
    raise _no_codes(path)


def _no_codes(path: Path) -> InputError:
    return InputError(
        f"Expected codes in {shown_path(path)}, as `numpy.save` writes them. Received: no array of numbers. Save them "
        "anew."
    )
