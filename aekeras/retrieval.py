"""Queries in, the nearest pictures of every index out; without TensorFlow, and everything loaded once."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aekeras import images
from aekeras.artefacts import shown_path
from aekeras.errors import InputError
from aekeras.index import Criteria, Index, Neighbor, Query, open_indexes, queries_of
from aekeras.places import Places


class SkippedQueryWarning(UserWarning):
    """A file of a folder is no picture, and is not asked for."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The neighbors of one query under one loss.

    Attributes:
        loss: Canonical text of the loss.
        blind_to: What it cannot see.
        model: Folder of the model that encoded the query.
        index: Folder of the index.
        neighbors: Nearest first, distances in the loss's units.
    """

    loss: str
    blind_to: tuple[str, ...]
    model: Path
    index: Path
    neighbors: tuple[Neighbor, ...]

    def to_dict(self) -> dict[str, Any]:
        """One entry of `results` in `aekeras search --json`."""
        return {
            "loss": self.loss,
            "model": shown_path(self.model),
            "index": shown_path(self.index),
            "neighbors": [neighbor.to_dict() for neighbor in self.neighbors],
        }


@dataclass(frozen=True, kw_only=True)
class Result:
    """The answers to one query, one per loss.

    Attributes:
        query: The picture, or the file of codes.
        shown: It as people read it; of a code, with its row.
        answers: One per index.
    """

    query: Path
    shown: str
    answers: tuple[Answer, ...]

    def to_dict(self) -> dict[str, Any]:
        """One line of `aekeras search --json`."""
        return {"query": self.shown, "results": [answer.to_dict() for answer in self.answers]}

    def __str__(self) -> str:
        lines = [self.shown]
        for answer in self.answers:
            blind = f" (blind to {', '.join(answer.blind_to)})" if answer.blind_to else ""
            lines.append(f"  {answer.loss}{blind}")
            lines += [] if answer.neighbors else ["    none"]
            lines += [f"    {neighbor}" for neighbor in answer.neighbors]
        return "\n".join(lines)


class Results(tuple[Result, ...]):
    """The results of several queries, in their order."""

    def __str__(self) -> str:
        return "\n".join(str(result) for result in self)

    __repr__ = __str__

    def to_dict(self) -> list[dict[str, Any]]:
        """The lines of `aekeras search --json`."""
        return [result.to_dict() for result in self]


def search(
    queries: str | Path | Sequence[str | Path],
    *,
    losses: Sequence[str] = (),
    places: Places | None = None,
    **criteria: Any,
) -> Results:
    """The nearest pictures of each query, loss by loss.

    Args:
        queries: Pictures, folders of them, `.npy` files of codes, or paths of pictures that are gone but indexed.
        losses: Losses to ask; every index where none is named.
        places: Where models and indexes are.
        **criteria: Which neighbors are wanted, as in `Criteria`: `k` per loss (8, or all up to `max_distance`), `under`
            a folder, `where` a condition on metadata holds, `unique`, `equal_within`, `farthest`, `rerank`.

    Raises:
        MissingError: No index yet, or a query that does not exist.
        InputError: A query that is no picture, an unknown loss, or criteria that make no sense.

    Warns:
        SkippedQueryWarning: A file of a folder is no picture.

    Examples:
        >>> import aekeras
        >>> print(aekeras.search(["cat.png"], losses=["l1_gray"], k=3))
    """
    wanted = Criteria(**criteria)
    opened = open_indexes(losses, places)
    for index in opened:
        _ = index.encoder  # so that a model that is gone is told of before the work
    read = _Reading({index.origin.image_size for index in opened})
    asked = read.those_readable(queries_of(queries))
    answers = [_answers(index, asked, wanted, read) for index in opened]
    return Results(
        Result(query=query.path, shown=query.shown, answers=tuple(of_loss[i] for of_loss in answers))
        for i, query in enumerate(asked)
    )


def _answers(index: Index, queries: Sequence[Query], criteria: Criteria, read: _Reading) -> list[Answer]:
    found = index.ask(index.questions(queries, read), criteria)
    return [
        Answer(
            loss=index.loss,
            blind_to=index.origin.blind_to,
            model=index.model,
            index=index.directory,
            neighbors=tuple(neighbors),
        )
        for neighbors in found
    ]


class _Reading:
    """Reads each picture once, those of folders on all cores."""

    def __init__(self, sizes: set[int]) -> None:
        self._sizes = sorted(sizes)
        self._read: dict[tuple[Path, int], np.ndarray] = {}

    def __call__(self, path: Path, size: int) -> np.ndarray:
        key = (path, size)
        if key not in self._read:
            self._read[key] = images.read(path, size)
        return self._read[key]

    def those_readable(self, queries: Sequence[Query]) -> list[Query]:
        """Without those files of folders that are no pictures.

        Raises:
            InputError: None is left.
        """
        bad = []
        for outcome in images.stream([query.path for query in queries if query.listed], self._sizes):
            if isinstance(outcome, images.Unreadable):
                bad.append(outcome)
            else:
                self._read |= {(outcome.file.path, size): pixels for size, pixels in outcome.pixels.items()}
        if bad:
            _say(bad, len(queries))
        passed_over = {outcome.path for outcome in bad}
        return [query for query in queries if not (query.listed and query.path in passed_over)]


def _say(bad: Sequence[images.Unreadable], asked: int) -> None:
    first = f"{shown_path(bad[0].path)} ({bad[0].reason})"
    if len(bad) == asked:
        raise InputError(
            f"Expected at least one readable picture. Received: {asked:,} files, none of them readable; the first is "
            f"{first}. Name other files."
        )
    warnings.warn(f"Skipped {len(bad):,} that are no pictures, such as {first}.", SkippedQueryWarning, stacklevel=4)
