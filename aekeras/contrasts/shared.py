"""The pictures that several indexes have in common."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from aekeras.artefacts import shown_path
from aekeras.contrasts.answers import ContrastResult, Match
from aekeras.contrasts.limits import Limits, chosen
from aekeras.equality.results import listed
from aekeras.equality.scale import Scale
from aekeras.errors import InputError
from aekeras.index import Index, names
from aekeras.shares import shown_percent

_SEED = 0  # of the random pairs
_BLOCK = 65_536  # codes at a time


class FewSharedWarning(UserWarning):
    """Most pictures are not in all the indexes that are asked, and so are not compared."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shared:
    """The pictures that are in all the indexes, with their codes.

    Attributes:
        paths: The N pictures, sorted.
        losses: What to call each index.
        count: How many of them, from the first, are asked to be equal.
        codes: Per index, shape (N, D).
        scales: Per index.
        models: Folder of the model of each.
    """

    paths: tuple[Path, ...]
    losses: tuple[str, ...]
    count: int
    codes: tuple[np.ndarray, ...]
    scales: tuple[Scale, ...]
    models: tuple[Path, ...]

    @classmethod
    def of(cls, opened: Sequence[Index], count: int) -> Self:
        ids = [index.store.items.id_by_path() for index in opened]
        paths = sorted(set(ids[0]).intersection(*ids[1:]))
        _check_shared(len(paths), opened)
        return cls(
            paths=tuple(map(Path, paths)),
            losses=tuple(names(opened)),
            count=count,
            codes=tuple(
                index.store.codes_of([of_index[path] for path in paths])
                for index, of_index in zip(opened, ids, strict=True)
            ),
            scales=tuple(index.scale(_SEED) for index in opened),
            models=tuple(index.encoder.directory for index in opened),
        )

    def ask(self, query: Path, codes: Sequence[np.ndarray], limits: Limits, k: int) -> ContrastResult:
        """The matches of one query by its codes, each of shape (D,)."""
        distances = np.stack([_distances(code, known) for code, known in zip(codes, self.codes, strict=True)])
        shares = np.stack([scale.share(row) for scale, row in zip(self.scales, distances, strict=True)])
        itself = np.array([path == Path(query).absolute() for path in self.paths])
        rows = chosen(shares[: self.count], shares[self.count :], limits)
        return ContrastResult(
            query=query,
            equal=self.losses[: self.count],
            different=self.losses[self.count :],
            neighbors=tuple(self._match(rank, row, distances[:, row]) for rank, row in enumerate(rows[:k].tolist(), 1)),
            models=dict(zip(self.losses, self.models, strict=True)),
            note="" if len(rows) else self._why_none(shares[:, ~itself], limits),
        )

    def _match(self, rank: int, row: int, distances: np.ndarray) -> Match:
        """A picture by its row, and its distance under each loss, shape (L,)."""
        known = list(zip(self.losses, self.scales, distances.tolist(), strict=True))
        return Match(
            rank=rank,
            path=self.paths[row],
            shares={loss: float(scale.share(distance)) for loss, scale, distance in known},
            percentiles={loss: float(scale.percentile(distance)) for loss, scale, distance in known},
            distances={loss: distance for loss, _, distance in known},
        )

    def _why_none(self, shares: np.ndarray, limits: Limits) -> str:
        """Which limit excluded how many of the other pictures; shares of shape (L, M)."""
        equal, different = self.losses[: self.count], self.losses[self.count :]
        if not shares.size:
            return "There is no other picture than the query."
        highest = shares[: self.count].max(axis=0)
        near = highest <= limits.equal_below
        if not near.any():
            least = highest.min()
            return (
                f"None of {len(highest)} pictures is equal under {_all(equal)}: the nearest is at {_percent(least)} "
                f"of a typical distance, and up to {100 * limits.equal_below:g} % is equal. Raise --equal-below."
            )
        most = shares[self.count :].min(axis=0)[near].max()
        subject, them = (
            (f"{near.sum()} pictures are", "none of them") if near.sum() > 1 else ("One picture is", "but not")
        )
        return (
            f"{subject} equal under {_all(equal)}, {them} different under {_all(different)}: the farthest is at "
            f"{_percent(most)} of a typical distance, and above {100 * limits.different_above:g} % is different."
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
