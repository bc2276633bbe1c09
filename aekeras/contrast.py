"""Pictures that are near a query under some losses and far from it under others."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from aekeras import images
from aekeras.artefacts import shown_path
from aekeras.equality.results import listed
from aekeras.equality.scale import EQUAL, Scale
from aekeras.errors import InputError
from aekeras.explanation import check_percentile, shown_percent
from aekeras.places import Places
from aekeras.retrieval import Shelf, names, shelves

DIFFERENT = 0.02
"""Percentile above which two pictures count as different, unless one says otherwise.

Measured on the built-in samples, under `l1`: at most 0.018 for the same thing in the same color and a slightly other size,
above 0.02 for 97 % of the pairs that only differ in their color.
"""
_SEED = 0
_BLOCK = 65_536  # codes at a time


class FewSharedWarning(UserWarning):
    """Most pictures are not in all the indexes that are asked, and so are not compared."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """A picture that is equal to the query under some losses and different under others.

    Attributes:
        rank: 1 for the most equal.
        path: Absolute path of the picture.
        percentiles: Of its distance among random pairs of the index, in percent, loss by loss.
        distances: Of the codes, in the units of each loss.
    """

    rank: int
    path: Path
    percentiles: Mapping[str, float]
    distances: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """One entry of `neighbors`."""
        return {
            "rank": self.rank,
            "path": shown_path(self.path),
            "percentiles": {loss: round(value, 6) for loss, value in self.percentiles.items()},
            "distances": {loss: round(value, 6) for loss, value in self.distances.items()},
        }


@dataclass(frozen=True, kw_only=True)
class ContrastResult:
    """What is equal to one query under some losses and different under others.

    Attributes:
        query: The picture that was asked for.
        equal: Losses under which the matches are equal.
        different: Losses under which they are different.
        neighbors: The most equal first.
        note: Which limit left nothing; empty where there is something.
    """

    query: Path
    equal: tuple[str, ...]
    different: tuple[str, ...]
    neighbors: tuple[Match, ...]
    note: str

    @property
    def asked(self) -> str:
        """The question in words: "equal under l1_gray, different under l1"."""
        parts = (("equal", self.equal), ("different", self.different))
        return ", ".join(f"{word} under {listed(losses)}" for word, losses in parts if losses)

    def to_dict(self) -> dict[str, Any]:
        """One line of `aekeras search --equal ... --different ... --json`."""
        return {
            "query": shown_path(self.query),
            "equal": list(self.equal),
            "different": list(self.different),
            "neighbors": [match.to_dict() for match in self.neighbors],
            **({"note": self.note} if self.note else {}),
        }

    def __str__(self) -> str:
        losses = (*self.equal, *self.different)
        widths = [max(7, len(loss)) for loss in losses]
        lines = [
            shown_path(self.query),
            f"  {self.asked}; percentiles of the distances among random pairs",
            "    ".ljust(9) + "  ".join(map(str.rjust, losses, widths)),
        ]
        for match in self.neighbors:
            figures = map(str.rjust, map(shown_percent, match.percentiles.values()), widths)
            lines.append(f"    {match.rank:>3}  {'  '.join(figures)}  {shown_path(match.path)}")
        return "\n".join(lines if self.neighbors else [*lines[:1], f"  {self.asked}: none", f"    {self.note}"])


class ContrastResults(tuple[ContrastResult, ...]):
    """The results of several queries, in their order."""

    def __str__(self) -> str:
        return "\n".join(str(result) for result in self)

    __repr__ = __str__

    def to_dict(self) -> list[dict[str, Any]]:
        """The lines of `aekeras search --equal ... --different ... --json`."""
        return [result.to_dict() for result in self]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When pictures count as equal and as different, in percentiles of random pairs.

    Attributes:
        equal_below: At most this under each loss of `equal`.
        different_above: More than this under each loss of `different`.
    """

    equal_below: float = EQUAL
    different_above: float = DIFFERENT

    def __post_init__(self) -> None:
        check_percentile("equal_below", self.equal_below)
        check_percentile("different_above", self.different_above)


def contrast(
    queries: str | Path | Sequence[str | Path],
    *,
    equal: Sequence[str],
    different: Sequence[str] = (),
    k: int = 8,
    equal_below: float = Limits.equal_below,
    different_above: float = Limits.different_above,
    places: Places | None = None,
) -> ContrastResults:
    """The pictures that are equal to each query under all of some losses, and different under all of others.

    The most equal come first: by their highest percentile under `equal`, then by their lowest one under `different`,
    which is better the higher it is. Only pictures that are in the indexes of all these losses are compared.

    Args:
        queries: A picture file, or several.
        equal: At least one loss.
        different: Other losses.
        k: How many pictures per query, at most.
        equal_below: Percentile of random pairs up to which pictures are equal, [0, 100].
        different_above: Percentile above which they are different, [0, 100].
        places: Where models and indexes are.

    Raises:
        MissingError: No index yet, or a query that does not exist.
        InputError: A query that is no picture, an unknown loss, one that is asked to be equal and different, a limit out
            of range, a `k` below 1, or indexes without a common picture.

    Examples:
        >>> import aekeras
        >>> print(aekeras.contrast("cat.png", equal=["l1_gray"], different=["l1"]))
    """
    limits = Limits(equal_below=equal_below, different_above=different_above)
    if k < 1:
        raise InputError(f"Expected `k` of at least 1. Received: {k}. Ask for one picture or more.")
    if not equal:
        raise InputError(
            "Expected at least one loss in `equal`. Received: none. Name the loss that shall see no difference."
        )
    opened, count = _opened(equal, different, places)
    table = _Table.of(opened, count)
    paths = images.as_paths(queries)
    read = {
        size: np.stack([images.read(path, size) for path in paths])
        for size in {shelf.encoder.image_size for shelf in opened}
    }
    codes = [shelf.encoder.encode(read[shelf.encoder.image_size]) for shelf in opened]
    return ContrastResults(
        table.ask(path, [of_loss[i] for of_loss in codes], limits, k) for i, path in enumerate(paths)
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Table:
    """The pictures that are in all the indexes, with their codes.

    Attributes:
        paths: The N pictures, sorted.
        losses: What to call each index.
        count: How many of them, from the first, are asked to be equal.
        codes: Per index, shape (N, D).
        scales: Per index.
    """

    paths: tuple[Path, ...]
    losses: tuple[str, ...]
    count: int
    codes: tuple[np.ndarray, ...]
    scales: tuple[Scale, ...]

    @classmethod
    def of(cls, opened: Sequence[Shelf], count: int) -> _Table:
        rows = [{item.path: row for row, (_, item) in enumerate(shelf.index.items())} for shelf in opened]
        paths = sorted(reduce(lambda shared, more: shared & more, (set(of_index) for of_index in rows)))
        _check_shared(len(paths), opened)
        return cls(
            paths=tuple(paths),
            losses=tuple(names(opened)),
            count=count,
            codes=tuple(
                shelf.index.codes[[of_index[path] for path in paths]]
                for shelf, of_index in zip(opened, rows, strict=True)
            ),
            scales=tuple(shelf.scale(_SEED) for shelf in opened),
        )

    def ask(self, query: Path, codes: Sequence[np.ndarray], limits: Limits, k: int) -> ContrastResult:
        """The matches of one query by its codes, each of shape (D,)."""
        distances = np.stack([_distances(code, known) for code, known in zip(codes, self.codes, strict=True)])
        percentiles = np.stack([scale.percentile(row) for scale, row in zip(self.scales, distances, strict=True)])
        itself = np.array([path == Path(query).absolute() for path in self.paths])
        rows = chosen(percentiles[: self.count], percentiles[self.count :], limits)
        return ContrastResult(
            query=query,
            equal=self.losses[: self.count],
            different=self.losses[self.count :],
            neighbors=tuple(
                Match(
                    rank=rank,
                    path=self.paths[row],
                    percentiles=dict(zip(self.losses, percentiles[:, row].tolist(), strict=True)),
                    distances=dict(zip(self.losses, distances[:, row].tolist(), strict=True)),
                )
                for rank, row in enumerate(rows[:k].tolist(), 1)
            ),
            note="" if len(rows) else self._why_none(percentiles[:, ~itself], limits),
        )

    def _why_none(self, percentiles: np.ndarray, limits: Limits) -> str:
        """Which limit excluded how many of the other pictures."""
        equal, different = self.losses[: self.count], self.losses[self.count :]
        highest = percentiles[: self.count].max(axis=0)
        if not len(highest):
            return f"The query is the only picture that {_indexes(len(self.losses))}."
        near = highest <= limits.equal_below
        if not near.any():
            return (
                f"None of {len(highest)} pictures is equal under {_all(equal)} up to {limits.equal_below:g} %: the nearest "
                f"is at {shown_percent(highest.min())}. Raise --equal-below."
            )
        farthest = percentiles[self.count :].min(axis=0)[near].max()
        count = f"{near.sum()} pictures are" if near.sum() > 1 else "One picture is"
        remedy = "Lower --different-above." if farthest > 0 else "No limit would change that."
        return (
            f"{count} equal under {_all(equal)}, none of them different under {_all(different)} above "
            f"{limits.different_above:g} %: the farthest is at {shown_percent(farthest)}. {remedy}"
        )


def chosen(equal: np.ndarray, different: np.ndarray, limits: Limits) -> np.ndarray:
    """The columns that are within the limits, the most equal first, of equal ones the most different.

    Args:
        equal: Percentiles under the losses that shall be equal, shape (E, N), E >= 1.
        different: Under those that shall be different, shape (F, N).
        limits: What counts as equal and as different.
    """
    highest = equal.max(axis=0)
    lowest = different.min(axis=0) if len(different) else np.full(equal.shape[1], np.inf)
    rows = np.nonzero((highest <= limits.equal_below) & (lowest > limits.different_above))[0]
    return rows[np.lexsort((-lowest[rows], highest[rows]))]


def _opened(equal: Sequence[str], different: Sequence[str], places: Places | None) -> tuple[list[Shelf], int]:
    """The indexes of both, and how many of them are those of `equal`."""
    same = shelves(equal, places)
    others = shelves(different, places) if different else []
    both = {shelf.index.directory for shelf in same} & {shelf.index.directory for shelf in others}
    if both:
        name = next(shelf.loss for shelf in same if shelf.index.directory in both)
        raise InputError(
            f"Expected other losses in `different` than in `equal`. Received: {name!r} in both. Take it out of one."
        )
    return [*same, *others], len(same)


def _check_shared(count: int, opened: Sequence[Shelf]) -> None:
    where = listed(shown_path(shelf.index.directory) for shelf in opened)
    build = "Run `aekeras index build` on your pictures, to bring them into all."
    if not count:
        raise InputError(f"Expected pictures that are in all of {where}. Received: indexes that share none. {build}")
    largest = max(len(shelf.index) for shelf in opened)
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


def _indexes(count: int) -> str:
    return "the index holds" if count == 1 else "all the indexes hold"
