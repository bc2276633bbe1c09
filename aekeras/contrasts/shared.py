"""The pictures that several indexes have in common."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from aekeras.artefacts import shown_path
from aekeras.contrasts.answers import ContrastResult, Match
from aekeras.contrasts.limits import Limits, chosen
from aekeras.equality.results import listed
from aekeras.errors import InputError
from aekeras.index import Index, PictureJudge, Words, names, picture_judge
from aekeras.shares import shown_percent
from aekeras.store import Ids

_BLOCK = 65_536  # codes at a time
_NEAREST = 16  # pictures that are judged where none is near enough by code: which limit is to be raised?


class FewSharedWarning(UserWarning):
    """Most pictures are not in all the indexes that are asked, and so are not compared."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Query:
    """A picture as each of several indexes knows it.

    Attributes:
        path: Its file.
        images: Per index, uint8, shape (S, S, 3).
        codes: Per index, shape (D,).
    """

    path: Path
    images: Sequence[np.ndarray]
    codes: Sequence[np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False)
class Shared:
    """The pictures that are in all the indexes.

    Attributes:
        paths: The N pictures, sorted.
        losses: What to call each index.
        count: How many of them, from the first, are asked to be equal.
        ids: Of the pictures in each index, shape (N,).
        indexes: The indexes.
    """

    paths: tuple[Path, ...]
    losses: tuple[str, ...]
    count: int
    ids: tuple[Ids, ...]
    indexes: tuple[Index, ...]

    @classmethod
    def of(cls, opened: Sequence[Index], count: int) -> Self:
        """Of indexes, the first `count` of which are asked to be equal.

        Raises:
            InputError: They share no picture.
        """
        known = [index.store.items.id_by_path() for index in opened]
        paths = sorted(set(known[0]).intersection(*known[1:]))
        _check_shared(len(paths), opened)
        return cls(
            paths=tuple(map(Path, paths)),
            losses=tuple(names(opened)),
            count=count,
            ids=tuple(np.array([of_index[path] for path in paths], np.int64) for of_index in known),
            indexes=tuple(opened),
        )

    @cached_property
    def codes(self) -> tuple[np.ndarray, ...]:
        """Of the pictures in each index, shape (N, D)."""
        return tuple(index.store.codes_of(ids) for index, ids in zip(self.indexes, self.ids, strict=True))

    @cached_property
    def judges(self) -> tuple[PictureJudge, ...]:
        """Who says which pictures are equal, index by index."""
        return tuple(picture_judge(index, ids=ids) for index, ids in zip(self.indexes, self.ids, strict=True))

    def ask(self, query: Query, limits: Limits, k: int) -> ContrastResult:
        """The matches of one query."""
        rows = self._candidates(query, limits.equal_below)
        words = [self._words(place, query, rows) for place in range(len(self.indexes))]
        shares = np.stack([word.shares for word in words])
        order = chosen(shares[: self.count], shares[self.count :], limits)
        matches = [self._match(rank, rows[place], place, words) for rank, place in enumerate(order[:k].tolist(), 1)]
        itself = np.array([self.paths[row] == Path(query.path).absolute() for row in rows], bool)
        return ContrastResult(
            query=query.path,
            equal=self.losses[: self.count],
            different=self.losses[self.count :],
            neighbors=tuple(matches),
            models={loss: index.model for loss, index in zip(self.losses, self.indexes, strict=True)},
            limits=limits,
            by_codes=tuple(loss for loss, judge in zip(self.losses, self.judges, strict=True) if not judge.by_loss),
            note="" if matches else self._why_none(shares[:, ~itself], limits, len(self.paths) - int(itself.any())),
        )

    def _candidates(self, query: Query, share: float) -> np.ndarray:
        """The rows that may be equal, by code; where there are few of them, the nearest ones, shape (M,)."""
        shares = []
        for place in range(self.count):
            distances = _distances(query.codes[place], self.codes[place])
            shares.append(distances / max(self.judges[place].reach_of(share), np.finfo(np.float64).tiny))
        highest = np.max(shares, axis=0)
        return np.union1d(np.flatnonzero(highest <= 1.0), np.argsort(highest, kind="stable")[:_NEAREST])

    def _words(self, place: int, query: Query, rows: np.ndarray) -> Words:
        return self.judges[place].of(query.images[place], query.codes[place], self.ids[place][rows])

    def _match(self, rank: int, row: int, place: int, words: Sequence[Words]) -> Match:
        """A picture by its row, and what each loss says of it."""
        named = list(zip(self.losses, self.judges, words, strict=True))
        return Match(
            rank=rank,
            path=self.paths[row],
            shares={loss: float(word.shares[place]) for loss, _, word in named},
            code_shares={loss: float(word.code_shares[place]) for loss, _, word in named},
            percentiles={loss: judge.percentile(word, place) for loss, judge, word in named},
            distances={loss: float(word.distances[place]) for loss, _, word in named},
        )

    def _why_none(self, shares: np.ndarray, limits: Limits, others: int) -> str:
        """Which limit excluded how many of the other pictures; shares of the M nearest of them, shape (L, M)."""
        equal, different = self.losses[: self.count], self.losses[self.count :]
        if not shares.size:
            return "There is no other picture than the query."
        highest = shares[: self.count].max(axis=0)
        near = highest <= limits.equal_below
        if not near.any():
            return (
                f"None of {others:,} pictures is equal under {_all(equal)}: the nearest is at "
                f"{_percent(highest.min())} of a typical loss, and within {100 * limits.equal_below:g} % is equal. "
                "Raise --equal-within."
            )
        most = shares[self.count :].min(axis=0)[near].max()
        subject, them = (
            (f"{near.sum()} pictures are", "none of them") if near.sum() > 1 else ("One picture is", "but not")
        )
        return (
            f"{subject} equal under {_all(equal)}, {them} different under {_all(different)}: the farthest is at "
            f"{_percent(most)} of a typical loss, and above {100 * limits.different_above:g} % is different."
            + (" Lower --different-above." if most > 0 else "")
        )


def _check_shared(count: int, opened: Sequence[Index]) -> None:
    where = listed(shown_path(index.directory) for index in opened)
    build = "Run `aekeras index build` on your pictures, to bring them into all."
    if not count:
        raise InputError(f"Expected pictures that are in all of {where}. Received: indexes that share none. {build}")
    largest = max(len(index) for index in opened)
    if 2 * count < largest:
        warnings.warn(
            f"Only {count} of {largest} pictures are in all of {where}: the others are not compared. {build}",
            FewSharedWarning,
            stacklevel=4,
        )


def _distances(code: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Of one code (D,) to each of (N, D), float64, shape (N,)."""
    blocks = (codes[start : start + _BLOCK].astype(np.float64) for start in range(0, len(codes), _BLOCK))
    return np.concatenate([np.linalg.norm(block - code, axis=1) for block in blocks])


def _all(losses: Sequence[str]) -> str:
    return listed(f"`{loss}`" for loss in losses)


def _percent(share: float) -> str:
    return shown_percent(100 * share)
