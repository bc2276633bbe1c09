"""The small pictures of the next generation: files that stay, and new ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from aekeras.store.files import number_of
from aekeras.store.item_draft import ItemDraft
from aekeras.store.kept import Images, images_per_file, open_images, write_images


class ImageDraft:
    """Files of small pictures in the making.

    A file keeps the pictures that are in use no more, until they are half of it; then the others move.
    """

    def __init__(
        self,
        base: Sequence[Path],
        size: int,
        new_file: Callable[[], tuple[int, Path]],
        check: Callable[[Path], None],
    ) -> None:
        """Begins with the files of the last generation.

        Args:
            base: The files.
            size: Side of the pictures in pixels.
            new_file: Names a new file.
            check: Passes when a file is as it was written; asked before pictures of it move.
        """
        self._base = list(base)
        self._full = images_per_file(size)
        self._new_file = new_file
        self._check = check
        self._waiting: list[Images] = []
        self._number, self._path = -1, Path()
        self._written: list[Path] = []

    def add(self, images: Images) -> list[tuple[int, int]]:
        """Adds pictures, shape (N, S, S, 3); gives the file and the row of each.

        Raises:
            OSError: The disk is full, or the place cannot be written.
        """
        places = []
        for image in images:
            if not self._waiting:
                self._number, self._path = self._new_file()
            places.append((self._number, len(self._waiting)))
            self._waiting.append(image)
            if len(self._waiting) == self._full:
                self._write()
        return places

    def finish(self, items: ItemDraft) -> list[Path]:
        """The files of all pictures that the items name; tells the items of those that moved.

        Raises:
            InputError: A file of which pictures have to move is damaged.
            OSError: The disk is full, or the place cannot be written.
        """
        in_use = items.image_counts()
        files = [path for path in self._base if in_use.get(number_of(path.name))]
        poor = [path for path in files if 2 * in_use[number_of(path.name)] <= self._full]
        together = len(poor) > 1 or bool(poor and self._waiting)
        moving = [path for path in poor if together or 2 * in_use[number_of(path.name)] <= len(open_images(path))]
        for path in moving:
            self._move(path, items)
        if self._waiting:
            self._write()
        return [*(path for path in files if path not in moving), *self._written]

    def _move(self, path: Path, items: ItemDraft) -> None:
        self._check(path)
        images = open_images(path)
        rows = items.images_in(number_of(path.name))
        places = self.add(images[[row for row, _ in rows]])
        items.place_images({key: place for (_, key), place in zip(rows, places, strict=True)})

    def _write(self) -> None:
        write_images(self._path, np.stack(self._waiting))
        self._written.append(self._path)
        self._waiting = []
