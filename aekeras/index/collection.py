"""The index as one thing: built from codes and items, opened, asked for neighbors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from aekeras.artefacts import shown_path, storage_errors
from aekeras.errors import InputError, MismatchError, MissingError
from aekeras.index.answers import IndexInfo, Neighbor
from aekeras.index.codes import Codes, CodeTable, Ids, checked_codes
from aekeras.index.generation import check_file, remove_older, write_generation
from aekeras.index.items import Item, ItemTable
from aekeras.index.manifest import MANIFEST, REBUILD, Manifest, Origin


class Index:
    """An index on the disk, open for searching; one generation of it, whatever is written meanwhile.

    Attributes:
        directory: Its folder.
        manifest: What it says of itself.
    """

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        """Opens the generation that the manifest names; `Index.open` reads the manifest first."""
        self.directory = directory
        self.manifest = manifest
        for stored in (manifest.codes, manifest.items):
            check_file(directory / stored.name, stored)
        self._codes = CodeTable(directory / manifest.codes.name, manifest.count, manifest.code_dim)
        self._items = ItemTable(directory / manifest.items.name)

    @classmethod
    def build(cls, directory: Path, codes: npt.ArrayLike, items: Sequence[Item], origin: Origin) -> Self:
        """Writes an index of the items, in the place of one that is there, and opens it.

        Args:
            directory: The folder of the index.
            codes: Shape (N, D), float32, finite.
            items: The N items behind the codes; their ids are 0 to N - 1.
            origin: Where the codes come from.

        Raises:
            InputError: The codes and the items do not fit together, or a code is not finite.
            StorageError: The disk is full, or the place cannot be written. What was there stays as it was.
        """
        array = checked_codes(codes)
        if len(array) != len(items):
            raise InputError(
                f"Expected one code per item. Received: {len(array)} codes and {len(items)} items. "
                f"Encode the items anew."
            )
        with storage_errors(directory):
            directory.mkdir(parents=True, exist_ok=True)
            manifest = write_generation(directory, array, items, origin)
            remove_older(directory, manifest.generation)
        return cls.open(directory)

    @classmethod
    def open(cls, directory: str | Path) -> Self:
        """The index in a folder. Of a large one, neither codes nor items are read until they are asked for.

        Raises:
            MissingError: There is no index in the folder, or one of its files is gone.
            InputError: A file of the index is damaged.
        """
        directory = Path(directory)
        manifest = Manifest.read(directory)
        while True:
            try:
                return cls(directory, manifest)
            except (MissingError, InputError):
                # Somebody may have replaced the index between the manifest and the files that it names.
                newer = Manifest.read(directory)
                if newer == manifest:
                    raise
                manifest = newer

    def __len__(self) -> int:
        return self.manifest.count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the files; what is collected as garbage closes them by itself."""
        self._items.close()

    def check_model(self, fingerprint: str) -> None:
        """Passes when the codes of this index were made by the model with that fingerprint.

        Raises:
            MismatchError: They were made by another model.
        """
        origin = self.manifest.origin
        if fingerprint != origin.fingerprint:
            raise MismatchError(
                f"Expected the model that made {shown_path(self.directory)}: {origin.model}, fingerprint "
                f"{origin.fingerprint[:12]}. Received: a model with fingerprint {fingerprint[:12]}. {REBUILD}"
            )

    def search(self, codes: npt.ArrayLike, k: int, max_distance: float | None = None) -> list[list[Neighbor]]:
        """The nearest items of each query, nearest first; equal distances in the order of the ids.

        Args:
            codes: The queries, shape (Q, D), finite.
            k: How many neighbors; above the size of the index, the whole index.
            max_distance: Neighbors farther than this are left out.

        Raises:
            InputError: `k` is below 1, `max_distance` is negative, or the codes have the wrong shape or a
                number that is not finite.
        """
        if k < 1:
            raise InputError(f"Expected `k` of at least 1. Received: {k}. Ask for one neighbor or more.")
        if max_distance is not None and not max_distance >= 0:
            raise InputError(f"Expected `max_distance` of at least 0. Received: {max_distance}. Raise it.")
        query = checked_codes(codes, self.manifest.code_dim)
        if not len(self):
            return [[] for _ in query]
        limit = np.inf if max_distance is None else max_distance
        found = [(ids[near <= limit], near[near <= limit]) for ids, near in self._codes.search(query, k)]
        paths = self._items.paths(sorted({int(key) for ids, _ in found for key in ids}))
        return [
            [
                Neighbor(rank=rank, path=paths[key], distance=distance, id=key)
                for rank, (key, distance) in enumerate(zip(ids.tolist(), near.tolist(), strict=True), 1)
            ]
            for ids, near in found
        ]

    @property
    def ids(self) -> Ids:
        """The ids, shape (N,), ascending."""
        return self._codes.ids

    @property
    def codes(self) -> Codes:
        """A copy of all codes in the order of the ids, shape (N, D)."""
        return self._codes[np.arange(len(self))]

    def items(self) -> Iterator[tuple[int, Item]]:
        """All (id, item) in the order of the ids."""
        return iter(self._items)

    def info(self, model: str) -> IndexInfo:
        """What the index is, in short.

        Args:
            model: The path of its model as people shall read it; `manifest.origin.model` is its end.
        """
        return IndexInfo(
            index=shown_path(self.directory),
            loss=self.manifest.origin.loss,
            model=model,
            count=self.manifest.count,
            code_dim=self.manifest.code_dim,
            kind=self.manifest.kind,
        )

    def verify(self) -> None:
        """Reads every byte of the index; passes when all are as they were written.

        Raises:
            InputError: A file has changed.
        """
        for stored in (self.manifest.codes, self.manifest.items):
            check_file(self.directory / stored.name, stored, whole=True)


def list_indexes(indexes: Path) -> list[Path]:
    """The folders of the indexes below a folder, sorted.

    Raises:
        MissingError: The folder is not there, or holds none.
    """
    found = sorted(path.parent for path in indexes.glob(f"[!.]*/{MANIFEST}"))
    if not found:
        raise MissingError(f"Expected an index in `{shown_path(indexes)}`. Found none. Run `aekeras train` first.")
    return found
