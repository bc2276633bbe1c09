"""A change of an index: written beside what is there, and made current in one step.

    items with codes and small pictures -> drafts -> new files -> manifest -> the files that nobody names go

Whoever reads, or comes after a crash, meets the state before or the state after a `commit`, never a mixture. The search
structure comes in a step of its own, when the codes are safe: until then they are found all the same, only slower.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy.typing as npt

from aekeras.artefacts import storage_errors, sync
from aekeras.errors import InputError, MissingError
from aekeras.store.codes import checked_codes
from aekeras.store.drafts import Drafts
from aekeras.store.files import Numbers, check_file, remove_others
from aekeras.store.items import Item, ItemTable
from aekeras.store.kept import Images, checked_images
from aekeras.store.kinds import check_kind
from aekeras.store.manifest import COMMITTED, MANIFEST, Manifest, current_manifest
from aekeras.store.records import Origin, Settings, StoredFile, Structured
from aekeras.store.structuring import StructurePlan


class Change:
    """A change in the making; `aekeras.store.beginning` begins one.

    Attributes:
        directory: The folder of the index.
        origin: Where the codes come from.
        settings: How the index shall be kept.
        manifest: What is current; None before the first commit of a new index.
    """

    def __init__(
        self, directory: Path, current: Manifest | None, origin: Origin, settings: Settings, *, anew: bool = False
    ) -> None:
        self.directory = directory
        self.origin = origin
        self.settings = settings
        self.manifest = current
        self._replaces = anew and current is not None
        self._begun_from = None if anew else current
        self._strict = anew or current is None or settings != current.settings
        self._held: ItemTable | None = None
        self._next_id = 0 if current is None else current.next_id
        self._numbers = Numbers(directory)
        self._former_ids = _former_items(directory, current) if anew else None
        self._drafts: Drafts | None = None
        self._broken = False

    @property
    def interim(self) -> bool:
        """Whether half of the change is of use, and whole in itself: then it may be committed before all is done."""
        return not (self._replaces or self._broken)

    @property
    def added(self) -> int:
        """How many contents have come since the last commit."""
        return 0 if self._drafts is None else self._drafts.added

    def add(self, items: Sequence[Item], codes: npt.ArrayLike, images: Images | None = None) -> None:
        """Adds pictures; of a content that is there already, only the path.

        Args:
            items: N files.
            codes: Shape (N, D), finite.
            images: Small pictures, shape (N, S, S, 3), uint8, with S of the origin; left out where none are kept.

        Raises:
            InputError: The codes or the small pictures do not fit, or codes are not finite.
            StorageError: The disk is full, or the place cannot be written.
        """
        array = checked_codes(codes, self._code_dim())
        if len(array) != len(items):
            raise InputError(
                f"Expected one code per item. Received: {len(array)} codes and {len(items)} items. "
                f"Encode the items anew."
            )
        if images is not None:
            images = checked_images(images, len(items), self.origin.image_size)
        kept = images if self.settings.keep_images else None
        with self._drafting(array.shape[1]) as drafts:
            drafts.add(items, array, kept, self._new_ids)

    def add_paths(self, items: Sequence[Item]) -> None:
        """Says that contents that are there already are found in these files, too.

        Raises:
            StorageError: The disk is full, or the place cannot be written.
        """
        if items:
            with self._drafting() as drafts:
                drafts.add_paths(items)

    def remove(self, paths: Collection[str]) -> None:
        """Forgets files; a content that no file has any more goes with its code.

        Raises:
            StorageError: The disk is full, or the place cannot be written.
        """
        if paths:
            with self._drafting() as drafts:
                drafts.remove(paths)

    def describe(self, metadata: Mapping[str, Mapping[str, str]]) -> None:
        """Says what else is known of files that are indexed.

        Raises:
            StorageError: The disk is full, or the place cannot be written.
        """
        if metadata:
            with self._drafting() as drafts:
                drafts.items.describe(metadata)

    def put_unreadable(self, files: Sequence[tuple[str, int, int, str]]) -> None:
        """Remembers files that are no pictures: (path, size, mtime_ns, reason). An empty new index remembers nothing.

        Raises:
            StorageError: The disk is full, or the place cannot be written.
        """
        if files and self._code_dim() is not None:
            with self._drafting() as drafts:
                drafts.items.put_unreadable(files)

    def holds(self, digest: str) -> bool:
        """Whether a content is in the index with what was changed so far."""
        if self._drafts is not None:
            with storage_errors(self.directory):
                return self._drafts.items.id_of_digest(digest) is not None
        if self._begun_from is None:
            return False
        if self._held is None:
            self._held = ItemTable(self.directory / self._begun_from.items.name)
        return self._held.id_of_digest(digest) is not None

    def commit(self, *, settle: bool = True) -> Manifest | None:
        """Makes the change so far the current state; then brings the search structure up to date.

        Args:
            settle: Whether to do the latter. Without it, later codes are searched one by one.

        Raises:
            InputError: The kind that was asked for does not suit the codes (all else is committed then), a file of the
                index is damaged, or the change broke off.
            StorageError: The disk is full, or the place cannot be written. What was there stays as it was.
        """
        if self._drafts is not None or self._broken:
            with self._drafting() as drafts:
                self._make_current(self._written(drafts, merge=False))
        if settle and self.manifest is not None:
            structure = self._wanted_structure()
            if structure != self.manifest.structure:
                self._make_current(replace(self.manifest, structure=structure))
        return self.manifest

    def rebuild(self) -> None:
        """Writes everything that is derived from the codes anew, and half-empty files together.

        Raises:
            InputError: The kind that was asked for does not suit the codes, or a file of the index is damaged.
            StorageError: The disk is full, or the place cannot be written. What was there stays as it was.
        """
        self._strict = True
        structure = self._structure(None)
        with self._drafting() as drafts:
            self._make_current(replace(self._written(drafts, merge=True), structure=structure))

    def close(self) -> None:
        """Throws away what is not committed."""
        if self._drafts is not None:
            self._drafts.items.close()
        if self._held is not None:
            self._held.close()
        # The manifest on the disk counts: an interruption may have come just after it was written.
        current = current_manifest(self.directory)
        with storage_errors(self.directory):
            # Where a manifest is damaged or lost, what it named stays: it may be put back.
            if current is not None or not (
                (self.directory / MANIFEST).exists() or (self.directory / COMMITTED).exists()
            ):
                remove_others(self.directory, {file.name for file in current.files} if current else ())

    def _wanted_structure(self) -> Structured | None:
        try:
            return self._structure(None if self.manifest is None else self.manifest.structure)
        except InputError as error:
            raise InputError(f"{error} The codes are committed, and searched exactly until then.") from error

    def _structure(self, former: Structured | None) -> Structured | None:
        """The search structure that the codes need; the former where it will do."""
        if self.manifest is None:
            return None
        plan = StructurePlan(
            settings=self.settings,
            code_dim=self.manifest.code_dim,
            below=self._next_id,
            former=former,
            strict=self._strict,
        )
        with storage_errors(self.directory):
            codes = [self.directory / file.name for file in self.manifest.codes]
            return plan.carried_out(codes, self._numbers.new("search", "faiss")[1])

    def _make_current(self, manifest: Manifest) -> None:
        with storage_errors(self.directory):
            sync(self.directory)
            manifest = replace(manifest, generation=1 if self.manifest is None else self.manifest.generation + 1)
            manifest.write(self.directory)
            self.manifest = self._begun_from = manifest
            self._drafts, self._replaces, self._former_ids = None, False, None
            if self._held is not None:
                self._held.close()
                self._held = None
            remove_others(self.directory, {file.name for file in manifest.files})

    def _written(self, drafts: Drafts, *, merge: bool) -> Manifest:
        last = self._begun_from
        codes, images, count = drafts.finish(merge=merge)
        known = {file.name: file for file in (() if last is None else last.files)}

        def stored(path: Path) -> StoredFile:
            return known.get(path.name) or StoredFile.of(path)

        return Manifest(
            origin=self.origin,
            settings=self.settings,
            generation=0,  # it gets its number with the step that makes it current
            count=count,
            code_dim=drafts.code_dim,
            next_id=self._next_id,
            items=StoredFile.of(drafts.items.path),
            codes=tuple(map(stored, codes)),
            images=tuple(map(stored, images)),
            structure=last.structure if last is not None and count else None,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    @contextmanager
    def _drafting(self, code_dim: int | None = None) -> Iterator[Drafts]:
        """The drafts, to be changed; when that does not go to its end, they fit together no more."""
        with storage_errors(self.directory):
            drafts = self._drafted(code_dim)
            self._broken = True
            yield drafts
            self._broken = False

    def _drafted(self, code_dim: int | None = None) -> Drafts:
        if self._broken:
            raise InputError("Expected a change that went well so far. Received: one that broke off. Begin it anew.")
        if self._drafts is None:
            last = self._begun_from
            dim = last.code_dim if last is not None else code_dim
            if dim is None:
                raise InputError("Expected codes before anything else in a new index. Received: none. Add pictures.")
            if self._strict:
                check_kind(self.settings.kind, dim)  # before hours of encoding
            self._drafts = Drafts(self.directory, last, self._numbers, self.origin.image_size, dim)
        return self._drafts

    def _code_dim(self) -> int | None:
        if self._drafts is not None:
            return self._drafts.code_dim
        return None if self._begun_from is None else self._begun_from.code_dim

    def _new_ids(self, digests: Sequence[str]) -> list[int]:
        """The ids of new contents; a content that the replaced index had keeps its own."""
        ids = []
        for content in digests:
            former = None if self._former_ids is None else self._former_ids.id_of_digest(content)
            ids.append(self._next_id if former is None else former)
            self._next_id += former is None
        return ids


def _former_items(directory: Path, manifest: Manifest | None) -> ItemTable | None:
    """The items of an index that is to be replaced; None where there is none, or it is damaged."""
    try:
        if manifest is None:
            return None
        check_file(directory / manifest.items.name, manifest.items, whole=True)
        return ItemTable(directory / manifest.items.name)
    except (MissingError, InputError):
        return None
