"""Small pictures beside the codes, for ranking by the loss itself: arrays of uint8, memory-mapped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aekeras.artefacts import shown_path, sync
from aekeras.errors import InputError
from aekeras.store.files import number_of
from aekeras.store.records import REBUILD

Images = npt.NDArray[np.uint8]
_FILE_BYTES = 32 * 1024 * 1024


def images_per_file(size: int) -> int:
    """How many pictures of size x size one file holds."""
    return max(1, _FILE_BYTES // (size * size * 3))


def write_images(path: Path, images: Images) -> None:
    """Writes a new file of pictures, synced.

    Args:
        path: Where.
        images: Shape (N, S, S, 3), uint8.

    Raises:
        OSError: The disk is full, or the place cannot be written.
    """
    with path.open("wb") as file:
        np.save(file, images, allow_pickle=False)
    sync(path)


def open_images(path: Path) -> Images:
    """The pictures of a file, shape (N, S, S, 3), read when they are asked for.

    Raises:
        InputError: The file is damaged.
    """
    try:
        images = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
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
