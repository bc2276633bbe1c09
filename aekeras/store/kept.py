"""Small pictures beside the codes, for ranking by the loss itself: arrays of uint8, memory-mapped."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aekeras.artefacts import shown_path, sync
from aekeras.errors import InputError, StorageError
from aekeras.store.files import number_of
from aekeras.store.records import REBUILD

Images = npt.NDArray[np.uint8]
_FILE_BYTES = 32 * 1024 * 1024


def images_per_file(size: int) -> int:
    """How many pictures of size x size one file holds."""
    return max(1, _FILE_BYTES // (size * size * 3))


def checked_images(images: npt.ArrayLike, count: int, size: int) -> Images:
    """The pictures, shape (count, size, size, 3), uint8.

    Raises:
        InputError: They are others.
    """
    array = np.asarray(images)
    if array.shape != (count, size, size, 3) or array.dtype != np.uint8:
        raise InputError(
            f"Expected small pictures of shape ({count}, {size}, {size}, 3), uint8. Received: shape {array.shape}, "
            f"{array.dtype}. Read them at the model's size."
        )
    return array


def write_images(path: Path, images: Images) -> None:
    """Writes a new file of pictures, synced.

    Args:
        path: Where.
        images: Shape (N, S, S, 3), uint8.

    Raises:
        OSError: The disk is full, or the place cannot be written.
    """
    images = np.ascontiguousarray(images)
    with path.open("wb") as file:
        # np.save would write the array past Python, and tell of a full disk without the system's reason.
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(images))
        file.write(images.data)
    sync(path)


def open_images(path: Path) -> Images:
    """The pictures of a file, shape (N, S, S, 3), read when they are asked for.

    Raises:
        InputError: The file is damaged.
        StorageError: The system lets nobody open so many files.
    """
    try:
        images = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            raise StorageError(
                f"Expected to open {shown_path(path)}. Received: {error.strerror}. Raise the limit on open files "
                f"(`ulimit -n`), or open fewer indexes at once."
            ) from error
        raise _damaged(path, str(error)) from error
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
        raise _damaged(path, f"an array of {images.dtype}, shape {images.shape}")
    return images


class KeptImages:
    """The small pictures of an index."""

    def __init__(self, paths: list[Path]) -> None:
        """Opens the files.

        Raises:
            InputError: One is damaged.
        """
        # Opened now: a later generation may take the files away while this one is read.
        self._files: Mapping[int, Images] = {number_of(path.name): open_images(path) for path in paths}
        self._damaged = partial(_damaged, paths[0].parent if paths else Path())

    def at(self, places: list[tuple[int, int]]) -> Images:
        """The pictures at (number of the file, row in it), shape (len(places), S, S, 3).

        Raises:
            InputError: There is no such file or row.
        """
        for number, row in places:
            if number not in self._files or row >= len(self._files[number]):
                raise self._damaged(f"no picture {row} in images-{number}.npy")
        return np.stack([self._files[number][row] for number, row in places])

    @property
    def counts(self) -> dict[int, int]:
        """How many pictures each file holds, by its number."""
        return {number: len(images) for number, images in self._files.items()}


def _damaged(path: Path, reason: str) -> InputError:
    return InputError(
        f"Expected the small pictures of an index. Received: {shown_path(path)}, which is damaged ({reason}). {REBUILD}"
    )
