"""The next generation of an index: its items, codes and small pictures, which fit together at every step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from aekeras.errors import InputError
from aekeras.store.code_draft import CodeDraft
from aekeras.store.codes import Codes
from aekeras.store.files import Numbers, check_file
from aekeras.store.image_draft import ImageDraft
from aekeras.store.item_draft import ItemDraft
from aekeras.store.items import Item
from aekeras.store.kept import Images
from aekeras.store.manifest import Manifest

NewIds = Callable[[Sequence[str]], list[int]]
"""The ids of new contents by their digests."""


class Drafts:
    """The files of the next generation, in the making.

    Attributes:
        code_dim: Numbers per code.
        added: How many contents have come.
        items: The file of the items.
    """

    def __init__(self, directory: Path, last: Manifest | None, numbers: Numbers, size: int, code_dim: int) -> None:
        """Begins with the files of the last generation, or with none.

        Raises:
            InputError: The file of the items is damaged.
            OSError: The disk is full, or the place cannot be written.
        """
        codes, images = ((), ()) if last is None else (last.codes, last.images)
        stored = {} if last is None else {directory / file.name: file for file in last.files}

        def check(path: Path) -> None:
            # What is copied gets a checksum of its own, which would hide that it was damaged before.
            if path in stored:
                check_file(path, stored[path], whole=True)

        base = None if last is None else directory / last.items.name
        if base is not None:
            check(base)
        self.code_dim = code_dim
        self.added = 0
        self.items = ItemDraft(numbers.new("items", "sqlite")[1], base)
        self._codes = CodeDraft(
            [directory / file.name for file in codes], code_dim, lambda: numbers.new("codes", "faiss")[1], check
        )
        self._images = ImageDraft(
            [directory / file.name for file in images], size, lambda: numbers.new("images", "npy"), check
        )
        self._left: set[int] = set()

    def add(self, items: Sequence[Item], codes: Codes, images: Images | None, new_ids: NewIds) -> None:
        """Adds files with their codes and small pictures; of a content that is there already, only the path."""
        first = {item.digest: row for row, item in reversed(list(enumerate(items)))}
        rows = sorted(row for content, row in first.items() if self.items.id_of_digest(content) is None)
        if rows:
            digests = [items[row].digest for row in rows]
            ids = new_ids(digests)
            places = [(None, None)] * len(rows) if images is None else self._images.add(images[rows])
            self.items.put_contents(
                (key, content, *place) for key, content, place in zip(ids, digests, places, strict=True)
            )
            self._codes.add(codes[rows], np.array(ids, np.int64))
            self.added += len(rows)
        self.add_paths(items)

    def add_paths(self, items: Iterable[Item]) -> None:
        """Adds files of contents that are there already."""
        self._left |= self.items.put_paths((self._id(item), item) for item in items)

    def remove(self, paths: Iterable[str]) -> None:
        """Forgets files."""
        self._left |= self.items.remove_paths(paths)

    def finish(self, *, merge: bool) -> tuple[list[Path], list[Path], int]:
        """The files of codes and of small pictures, and how many contents there are."""
        gone = self.items.remove_orphans(self._left)
        codes = self._codes.finish(gone, merge=merge)
        images = self._images.finish(self.items)
        count = self.items.count()
        self.items.finish()
        return codes, images, count

    def _id(self, item: Item) -> int:
        key = self.items.id_of_digest(item.digest)
        if key is None:
            raise InputError(f"Expected a content that is indexed. Received: {item.path}, which is new. Encode it.")
        return key
