"""The store as its readers know it: opened, asked for codes, items and neighbors, and verified."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from aekeras.artefacts import shown_path
from aekeras.errors import InputError, MismatchError, MissingError
from aekeras.store import searching
from aekeras.store.codes import Codes, CodeTable, Ids, Rows, checked_codes
from aekeras.store.files import check_file, unread_files
from aekeras.store.items import ItemTable
from aekeras.store.kept import Images, KeptImages
from aekeras.store.manifest import COMMITTED, MANIFEST, Manifest
from aekeras.store.records import REBUILD, StoredFile
from aekeras.store.searching import Found
from aekeras.store.structure import Structure


class Store:
    """An index on the disk, open for reading; one generation of it, whatever is written meanwhile.

    Attributes:
        directory: Its folder.
        manifest: What it says of itself.
        items: The files behind the codes.
    """

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        """Opens the generation that the manifest names; `Store.open` reads the manifest first."""
        self.directory = directory
        self.manifest = manifest
        for stored in manifest.files:
            check_file(directory / stored.name, stored)
        self._unread = unread_files(directory, manifest.codes)
        self._codes = CodeTable(self._paths(manifest.codes), manifest.code_dim)
        if len(self._codes) != manifest.count:
            raise InputError(
                f"Expected {manifest.count} codes in {shown_path(directory)}. Received: {len(self._codes)}: it is "
                f"damaged. {REBUILD}"
            )
        self._images = KeptImages(self._paths(manifest.images))
        self._structure = None
        if manifest.structure is not None:
            # What a damaged one would lead FAISS to is not to be foreseen: every byte is read before it is used.
            path = directory / manifest.structure.file.name
            check_file(path, manifest.structure.file, whole=True)
            self._structure = Structure(path, manifest.structure.facts)
        self.items = ItemTable(directory / manifest.items.name)

    @classmethod
    def open(cls, directory: str | Path) -> Self:
        """The store in a folder. Of a large one, neither codes nor items are read until they are asked for.

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
                # Somebody may have changed the index between the manifest and the files that it names.
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
        self.items.close()

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

    @property
    def ids(self) -> Ids:
        """The ids, shape (N,), ascending."""
        return self._codes.ids[self._codes.by_id]

    @property
    def codes(self) -> Codes:
        """A copy of all codes in the order of the ids, shape (N, D)."""
        return self._codes[self._codes.by_id]

    def codes_of(self, ids: Sequence[int] | Ids) -> Codes:
        """The codes of ids, shape (len(ids), D).

        Raises:
            InputError: There is no such id.
        """
        return self._codes[self._rows(ids)]

    def images_of(self, ids: Sequence[int]) -> Images | None:
        """The small pictures of ids, shape (len(ids), S, S, 3), uint8; None where one of them has none."""
        places = self.items.images(ids)
        found = [place for key in ids if (place := places.get(key)) is not None]
        return self._images.at(found) if found and len(found) == len(ids) else None

    def nearest(self, codes: npt.ArrayLike, k: int, among: Ids | None = None, *, exact: bool = False) -> list[Found]:
        """The k nearest codes of each query, nearest first; equally near ones in the order of their ids.

        Args:
            codes: The queries, shape (Q, D), finite.
            k: How many; above the size of the index, the whole index.
            among: Only these ids.
            exact: Measure every code, also where there is a search structure.

        Raises:
            InputError: `k` is below 1, or the codes have the wrong shape or a number that is not finite.
        """
        check_k(k)
        query = checked_codes(codes, self.manifest.code_dim)
        rows = self._rows_among(among)
        if self._structure is None or exact or rows is not None or not self._structure.suits(k):
            return searching.nearest(self._intact, query, k, rows)
        return self._by_structure(self._structure, query, k)

    def within(self, codes: npt.ArrayLike, distance: float, among: Ids | None = None) -> list[Found]:
        """All codes up to a distance from each query, in the units of the loss, nearest first.

        Raises:
            InputError: `distance` is negative, or the codes have the wrong shape or a number that is not finite.
        """
        check_distance(distance)
        query = checked_codes(codes, self.manifest.code_dim)
        return searching.within(self._intact, query, distance, self._rows_among(among))

    def farthest(self, codes: npt.ArrayLike, k: int, among: Ids | None = None) -> list[Found]:
        """The k farthest codes of each query, farthest first.

        Raises:
            InputError: `k` is below 1, or the codes have the wrong shape or a number that is not finite.
        """
        check_k(k)
        query = checked_codes(codes, self.manifest.code_dim)
        return searching.farthest(self._intact, query, k, self._rows_among(among))

    def verify(self) -> None:
        """Reads every byte of the index; passes when all are as they were written, and fit together.

        What somebody has changed since it was opened is verified as it is now.

        Raises:
            MissingError: A file is gone.
            InputError: A file has changed, or items, codes and small pictures do not fit together.
        """
        Manifest.read(self.directory)
        try:
            for stored in self.manifest.files:
                check_file(self.directory / stored.name, stored, whole=True)
        except MissingError:
            with Store.open(self.directory) as now:
                if now.manifest == self.manifest:
                    raise
                now.verify()
            return
        self._check_together()

    def _check_together(self) -> None:
        ids = self._codes.ids.tolist()
        if len(set(ids)) != len(ids) or (ids and not 0 <= min(ids) <= max(ids) < self.manifest.next_id):
            raise InputError(
                f"Expected an id of its own for every code in {shown_path(self.directory / MANIFEST)}. Received: "
                f"others: it is damaged. {REBUILD}"
            )
        self.items.check(set(ids), self._images.counts)

    def check_codes(self) -> None:
        """Passes when every byte of the codes is as it was written.

        Raises:
            InputError: A file has changed.
        """
        _ = self._intact

    @cached_property
    def _intact(self) -> CodeTable:
        """The codes, every byte of them as it was written: whoever reads them all can as well look."""
        for file in self._unread:
            file.check()
        return self._codes

    @cached_property
    def _later(self) -> Rows:
        """The rows that the search structure does not know."""
        below = 0 if self.manifest.structure is None else self.manifest.structure.below
        return np.flatnonzero(self._codes.ids >= below)

    def _by_structure(self, structure: Structure, query: Codes, k: int) -> list[Found]:
        """The nearest of the structure's candidates and of the codes that it does not know yet."""
        count = structure.facts.wanted(k)
        known = len(self) - len(self._later)
        # Of what is gone, the structure still knows; so many more candidates make up for it.
        asked = min(-(-count * structure.facts.count // max(known, 1)), structure.facts.count)
        near = [np.unique(row[row >= 0]) for row in self._codes.rows_of(structure.candidates(query, asked))]
        if len(self._later):
            later = searching.nearest(self._codes, query, k, self._later)
            near = [np.append(one, self._codes.rows_of(late.ids)) for one, late in zip(near, later, strict=True)]
        found = searching.all_ranked(self._codes, query, near, k)
        for i, one in enumerate(found):
            if len(one.ids) < min(k, len(self)):  # the lists that it looked into hold no more
                (found[i],) = searching.nearest(self._codes, query[i : i + 1], k)
        return found

    def _rows(self, ids: Sequence[int] | Ids) -> Rows:
        rows = self._codes.rows_of(ids)
        if (rows < 0).any():
            missing = np.asarray(ids)[rows < 0][0]
            raise InputError(
                f"Expected an id of {shown_path(self.directory)}. Received: {missing}. Its ids are in `ids`."
            )
        return rows

    def _rows_among(self, ids: Ids | None) -> Rows | None:
        return None if ids is None else np.unique(self._rows(ids))

    def _paths(self, files: Sequence[StoredFile]) -> list[Path]:
        return [self.directory / stored.name for stored in files]


def check_k(k: int) -> None:
    """Passes when so many neighbors can be asked for."""
    if not isinstance(k, int | np.integer) or k < 1:
        raise InputError(f"Expected `k` of at least 1. Received: {k}. Ask for one neighbor or more.")


def check_distance(distance: float) -> None:
    """Passes when neighbors can be asked for up to this distance."""
    if not isinstance(distance, int | float | np.number) or not 0 <= distance < np.inf:
        remedy = "Raise it." if isinstance(distance, int | float) and distance < 0 else "Name a finite number."
        raise InputError(f"Expected `max_distance` of at least 0. Received: {distance}. {remedy}")


def indexes_below(folder: Path) -> list[Path]:
    """The folders of the indexes below a folder, sorted, each once; also of one that has lost its manifest."""
    found = sorted({path.parent for name in (MANIFEST, COMMITTED) for path in folder.glob(f"[!.]*/{name}")})
    return list({os.path.realpath(path): path for path in reversed(found)}.values())[::-1]


def list_indexes(indexes: Path) -> list[Path]:
    """The same; one that there is at least.

    Raises:
        MissingError: The folder is not there, or holds none.
    """
    found = indexes_below(indexes)
    if not found:
        raise MissingError(f"Expected an index in `{shown_path(indexes)}`. Found none. Run `aekeras train` first.")
    return found
