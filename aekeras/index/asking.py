"""From codes of queries to the pictures that are wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aekeras.artefacts import shown_path
from aekeras.encoding import Encoder
from aekeras.errors import InputError, MissingError
from aekeras.index.answers import Neighbor
from aekeras.index.criteria import DEFAULT_K, Criteria, ids_of
from aekeras.index.queries import Query
from aekeras.index.verdicts import PictureJudge
from aekeras.store import Found, Ids, Store

Reader = Callable[[Path, int], np.ndarray]
"""Reads a picture at a size; raises MissingError where there is no such file."""

_KEEP = "Run `aekeras index build --keep-images` on its pictures."


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """A query as an index understands it.

    Attributes:
        code: Shape (D,), float32.
        image: The picture, uint8, shape (S, S, 3); None where there is only the code.
    """

    code: np.ndarray
    image: np.ndarray | None


def asked(store: Store, encoder: Callable[[], Encoder], queries: Sequence[Query], read: Reader) -> list[Question]:
    """The queries as an index understands them.

    Args:
        store: The index.
        encoder: Gives the encoder that made its codes; called where a picture must be encoded.
        queries: What is asked for.
        read: Reads pictures.

    Raises:
        MissingError: A picture that is gone, and not indexed.
        InputError: A file that is no picture, or codes of another shape.
    """
    found = [_code_and_image(store, query, read) for query in queries]
    to_encode = [row for row, (code, _) in enumerate(found) if code is None]
    pictures = [image for code, image in found if code is None and image is not None]
    encoded = dict(zip(to_encode, encoder().encode(np.stack(pictures)) if pictures else (), strict=True))
    return [
        Question(code=encoded[row] if code is None else code, image=image) for row, (code, image) in enumerate(found)
    ]


def _code_and_image(store: Store, query: Query, read: Reader) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The code, where it need not be computed, and the picture, where there is one."""
    if query.code is not None:
        if query.code.shape != (store.manifest.code_dim,):
            raise InputError(
                f"Expected codes of {store.manifest.code_dim} numbers for {shown_path(store.directory)}. "
                f"Received: {len(query.code)} in {query.shown}. Encode with the model that made the index."
            )
        return query.code, None
    try:
        return None, read(query.path, store.manifest.origin.image_size)
    except MissingError as error:
        key = store.items.id_of(str(query.path.absolute()))
        if key is None:
            raise MissingError(f"{error} Nor is it indexed in {shown_path(store.directory)}.") from error
        kept = store.images_of([key])
        return store.codes_of([key])[0], None if kept is None else kept[0]


@dataclass(frozen=True, eq=False)
class Asking:
    """An index that is asked.

    Attributes:
        store: Its codes.
        encoder: Gives the encoder that made them; only re-ranking needs it.
        judge: Gives who says which pictures are equal within a share; only `unique` needs it.
        criteria: Which neighbors are wanted.
    """

    store: Store
    encoder: Callable[[], Encoder]
    judge: Callable[[float], PictureJudge]
    criteria: Criteria

    def answers(self, questions: Sequence[Question]) -> list[list[Neighbor]]:
        """The neighbors of each question.

        Raises:
            InputError: A condition that is none, or re-ranking without pictures.
        """
        selected = self.criteria.selected(self.store) if self.criteria.filters else None
        if not len(self.store) or not questions or (selected is not None and not selected):
            return [[] for _ in questions]
        among = None if selected is None else ids_of(selected)
        found = self._distinct(questions, among) if self.criteria.unique else self._found(questions, among)
        return self._named(found, selected)

    def _found(self, questions: Sequence[Question], among: Ids | None, limit: int | None = None) -> list[Found]:
        """What is wanted, up to the limit of the criteria or another one."""
        wanted = self.criteria
        limit = limit or wanted.limit
        codes = np.stack([question.code for question in questions])
        if wanted.farthest:
            return self.store.farthest(codes, limit or DEFAULT_K, among)
        if wanted.rerank is not None:
            near = self.store.nearest(codes, max(wanted.rerank, limit or 0), among)
            found = [self._reranked(question, one) for question, one in zip(questions, near, strict=True)]
        elif limit is None:
            return self.store.within(codes, wanted.max_distance or 0.0, among)
        else:
            found = self.store.nearest(codes, limit, among)
        return [one.up_to(wanted.max_distance).first(limit) for one in found]

    def _reranked(self, question: Question, near: Found) -> Found:
        """The same in the order of the loss itself."""
        if not len(near.ids):
            return near
        if question.image is None:
            raise InputError(
                "Expected pictures, to rank by the loss itself. Received: a code. Leave out `rerank`, or name a "
                "picture."
            )
        images = self.store.images_of(near.ids.tolist())
        if images is None:
            raise InputError(
                f"Expected small pictures in {shown_path(self.store.directory)}, to rank by the loss itself. Found "
                f"none. {_KEEP}"
            )
        losses = self.encoder().loss(np.broadcast_to(question.image, images.shape), images).astype(np.float64)
        order = np.lexsort((near.ids, losses))
        return Found(near.ids[order], losses[order])

    def _distinct(self, questions: Sequence[Question], among: Ids | None) -> list[Found]:
        """Without what is equal to something nearer; more and more is looked at until enough is left."""
        judge = self.judge(self.criteria.equal_within)
        return [self._distinct_of(question, among, judge) for question in questions]

    def _distinct_of(self, question: Question, among: Ids | None, judge: PictureJudge) -> Found:
        limit = self.criteria.limit
        looked_at = None if limit is None else 4 * limit
        while True:
            (found,) = self._found([question], among, looked_at)
            kept = found.at(self._apart(found.ids, judge, limit))
            if limit is None or looked_at is None or len(kept.ids) >= limit or len(found.ids) < looked_at:
                return kept
            looked_at *= 4

    def _apart(self, ids: Ids, judge: PictureJudge, limit: int | None) -> list[int]:
        """The rows of pictures that are equal to none of those kept before."""
        codes, reach = self.store.codes_of(ids), judge.reach_of(judge.judge.within)
        kept: list[int] = []
        for row, code in enumerate(codes):
            near = np.array(kept, np.intp)[np.linalg.norm(codes[kept] - code, axis=1) <= reach]
            shares = judge.pairs(np.repeat(ids[row], len(near)), ids[near]).shares
            if not judge.judge.equal(shares).any():
                kept.append(row)
                if len(kept) == limit:
                    break
        return kept

    def _named(self, found: Sequence[Found], selected: dict[int, list[str]] | None) -> list[list[Neighbor]]:
        paths = self.store.items.paths(sorted({key for one in found for key in one.ids.tolist()}))
        return [
            [
                _neighbor(rank, key, distance, paths[key], None if selected is None else selected[key])
                for rank, (key, distance) in enumerate(zip(one.ids.tolist(), one.distances.tolist(), strict=True), 1)
            ]
            for one in found
        ]


def _neighbor(rank: int, key: int, distance: float, paths: list[str], fitting: list[str] | None) -> Neighbor:
    shown = (fitting or paths)[0]
    copies = tuple(Path(path) for path in paths if path != shown)
    return Neighbor(rank=rank, path=Path(shown), distance=distance, id=key, copies=copies)
