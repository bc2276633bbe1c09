"""An index of pictures: its codes, the model that made them, and everything that one can ask of it or do to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from aekeras import images
from aekeras.artefacts import shown_path
from aekeras.encoding import Encoder, load_encoder
from aekeras.equality.verdict import Judge
from aekeras.errors import MissingError
from aekeras.index import updating, verifying
from aekeras.index.answers import Changes, IndexInfo, Neighbor, Verification
from aekeras.index.asking import Asking, Question, Reader, asked
from aekeras.index.criteria import Criteria
from aekeras.index.queries import Query, queries_of
from aekeras.index.tables import write_parquet
from aekeras.index.verdicts import code_ratio_of, picture_judge
from aekeras.judging import judge_of
from aekeras.places import Places
from aekeras.progress import Progress
from aekeras.shares import EQUAL_WITHIN
from aekeras.store import Codes, Ids, Item, Manifest, Origin, Store, rebuild

_MEASURED = 512  # pictures on which what is typical is measured, for models of which it is not known
REMEDY = "Run `aekeras index build` on your pictures, or `aekeras train`."


class Index:
    """An index of pictures under one loss.

    It stands for one state of the index, whatever others write meanwhile; its own changes it sees.

    Attributes:
        directory: Its folder, `indexes/<name>`.

    Examples:
        >>> import aekeras
        >>> with aekeras.Index.open("indexes/l1_gray") as index:
        ...     index.sync("photos")
        ...     for neighbor in index.search("cat.png", k=3)[0]:
        ...         print(neighbor.path, neighbor.distance)
    """

    def __init__(self, store: Store, models: Path) -> None:
        """An index of an opened store; `Index.open` opens it."""
        self.directory = store.directory
        self.store = store
        self._models = models

    @classmethod
    def open(cls, directory: str | Path, models: str | Path = Places.models) -> Self:
        """The index in a folder. Its model is loaded when it is needed.

        Args:
            directory: `indexes/<name>`.
            models: The folder of the models.

        Raises:
            MissingError: There is no index in the folder, or one of its files is gone.
            InputError: A file of the index is damaged.
        """
        return cls(Store.open(directory), Path(models))

    def __len__(self) -> int:
        """How many pictures of different content there are."""
        return len(self.store)

    def items(self) -> Iterator[tuple[int, Item]]:
        """Every (id, file) in the order of the ids; a content that two files have comes twice."""
        return iter(self.store.items)

    __iter__ = items

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Index {shown_path(self.directory)}: {len(self):,} codes under {self.loss}>"

    def close(self) -> None:
        """Closes the files."""
        self.store.close()

    @property
    def manifest(self) -> Manifest:
        """What the index says of itself."""
        return self.store.manifest

    @property
    def origin(self) -> Origin:
        """Where the codes come from: the loss and the model."""
        return self.store.manifest.origin

    @property
    def loss(self) -> str:
        """Canonical text of the loss."""
        return self.origin.loss

    @property
    def ids(self) -> Ids:
        """The ids, shape (N,), int64, ascending."""
        return self.store.ids

    @property
    def codes(self) -> Codes:
        """A copy of all codes, float32, shape (N, D), in the order of `ids`."""
        return self.store.codes

    @property
    def model(self) -> Path:
        """The folder of the model that made the codes."""
        return self._models / self.origin.model

    @cached_property
    def encoder(self) -> Encoder:
        """The model that made the codes.

        Raises:
            MissingError: It is gone.
            MismatchError: The one in its place made other codes.
        """
        if not self.model.is_dir():
            raise MissingError(
                f"Expected the model of {shown_path(self.directory)} in {shown_path(self.model)}. Found none. {REMEDY}"
            )
        encoder = load_encoder(self.model)
        self.store.check_model(encoder.fingerprint)
        return encoder

    def judge(self, within: float = EQUAL_WITHIN) -> Judge:
        """Who says which of its pictures are equal, within a share of what was typical under the loss at the training.

        Raises:
            MissingError: The model is gone, or was trained before that was kept and the index keeps no pictures.
            MismatchError: The model in its place made other codes.
            InputError: The model's record is damaged, or `within` is out of range.
        """
        return judge_of(self.encoder, self.some_images, within)

    def some_images(self, count: int = _MEASURED) -> np.ndarray | None:
        """The small pictures of up to so many of its pictures, drawn at random, uint8; None where it keeps none."""
        ids = np.random.default_rng(0).permutation(self.ids)[:count]
        return self.store.images_of(np.sort(ids).tolist()) if len(ids) else None

    def search(
        self, queries: str | Path | Sequence[str | Path] | np.ndarray, k: int | None = None, **criteria: Any
    ) -> list[list[Neighbor]]:
        """The neighbors of each query.

        Args:
            queries: Pictures, folders of them, `.npy` files of codes, indexed paths; or codes, shape (Q, D).
            k: How many neighbors; above the size of the index, all of it.
            **criteria: What else `Criteria` has: `max_distance`, `under`, `where`, `unique`, `equal_within`,
                `farthest`, `rerank`.

        Raises:
            MissingError: A query that is no file and not indexed.
            InputError: A query that is no picture, or criteria that make no sense.
        """
        wanted = Criteria(k=k, **criteria)
        if isinstance(queries, np.ndarray):
            return self.ask([Question(code=code, image=None) for code in np.atleast_2d(queries)], wanted)
        return self.ask(self.questions(queries_of(queries)), wanted)

    def ask(self, questions: Sequence[Question], criteria: Criteria) -> list[list[Neighbor]]:
        """The neighbors of each question; raises what `search` raises."""
        return Asking(self.store, lambda: self.encoder, partial(picture_judge, self), criteria).answers(questions)

    def questions(self, queries: Sequence[Query], read: Reader = images.read) -> list[Question]:
        """The queries as this index understands them.

        Args:
            queries: As `queries_of` gives them.
            read: Reads pictures.

        Raises:
            MissingError: A picture that is gone, and not indexed.
            InputError: A file that is no picture, or codes of another shape.
        """
        return asked(self.store, lambda: self.encoder, queries, read)

    def add(
        self,
        sources: str | Path | Sequence[str | Path],
        *,
        metadata: str | Path | Sequence[str | Path] = (),
        progress: Progress | None = None,
    ) -> Changes:
        """Adds pictures, or brings them up to date where they have changed.

        Args:
            sources: Pictures, and folders of them.
            metadata: CSV files with a column `path` and more of them.
            progress: Told how far it is.

        Raises:
            MissingError: A source does not exist, or the model is gone.
            InputError: A folder without pictures, or a damaged table.
            StorageError: Another process is changing the index, or the disk is full.
        """
        return self._updated(
            updating.Update(sources=images.as_paths(sources), tables=images.as_paths(metadata)), progress
        )

    def sync(
        self,
        sources: str | Path | Sequence[str | Path],
        *,
        metadata: str | Path | Sequence[str | Path] = (),
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Changes:
        """Makes the index hold what folders hold: adds what is new, brings up to date, drops what has vanished.

        Args:
            sources: Folders. What the index holds of other places stays.
            metadata: CSV files with a column `path` and more of them.
            dry_run: Only say what would be done.
            progress: Told how far it is.

        Raises:
            As `add`.
        """
        update = updating.Update(
            sources=images.as_paths(sources), tables=images.as_paths(metadata), drop=True, dry_run=dry_run
        )
        return self._updated(update, progress)

    def remove(self, paths: str | Path | Sequence[str | Path]) -> Changes:
        """Takes pictures out of the index, by their paths or a folder's; the files stay as they are.

        Raises:
            InputError: Nothing is indexed there.
            StorageError: Another process is changing the index, or the disk is full.
        """
        changes = updating.removed([self], images.as_paths(paths))[0]
        self.reopen()
        return changes

    def rebuild(self, *, kind: str | None = None, memory: int | None = None) -> IndexInfo:
        """Writes everything that is derived from the codes anew, such as the search structure; needs no pictures.

        Args:
            kind: A FAISS factory string such as "IVF4096,SQ8" or "HNSW32"; "flat"; or "auto", by size.
            memory: What the search structure may take, in bytes.

        Raises:
            InputError: FAISS knows no such kind, or it does not suit the codes.
            StorageError: Another process is changing the index, or the disk is full.
        """
        rebuild(self.directory, kind=kind, memory=memory)
        self.reopen()
        return self.info()

    def verify(self, sample: int = 16) -> Verification:
        """Reads every byte of the index, and encodes some of its pictures again.

        Args:
            sample: How many pictures.

        Raises:
            MissingError: A file of the index, or its model, is gone.
            MismatchError: The model made other codes.
            InputError: Something is damaged or does not fit together, or a picture has another code now.
        """
        return verifying.verified(self.store, self.encoder, sample)

    def to_parquet(self, path: str | Path) -> None:
        """Writes a table with one row per file: id, path, digest, size, mtime, metadata, code.

        Raises:
            MissingError: PyArrow is not installed (`pip install aekeras[parquet]`).
            StorageError: The disk is full, or the place cannot be written.
        """
        write_parquet(self.store, Path(path))

    def info(self) -> IndexInfo:
        """What the index is, in short."""
        return IndexInfo.of(self.store, self.model, code_ratio_of(self))

    def reopen(self) -> None:
        """Reads what has been written since."""
        former, self.store = self.store, Store.open(self.directory)
        former.close()
        self.__dict__.pop("encoder", None)

    def _updated(self, update: updating.Update, progress: Progress | None) -> Changes:
        changes = updating.updated([self], update, progress or Progress())[0]
        if not update.dry_run:
            self.reopen()
        return changes
