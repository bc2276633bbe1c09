"""Indexes in, the groups of equal pictures in each out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aekeras.duplication.answers import Duplicates, EqualGroup, EqualPicture, LossDuplicates, counted
from aekeras.duplication.grouping import Star, grouped
from aekeras.duplication.pairs import Limit, equal_pairs
from aekeras.errors import InputError
from aekeras.index import Criteria, Index, names, open_indexes, picture_judge
from aekeras.places import Places
from aekeras.progress import Progress
from aekeras.shares import EQUAL_WITHIN, check_share
from aekeras.store import Ids, check_distance


def duplicates(
    losses: Sequence[str] = (),
    max_distance: float | None = None,
    under: str | Path | None = None,
    places: Places | None = None,
    progress: Progress | None = None,
    *,
    equal_within: float = EQUAL_WITHIN,
) -> Duplicates:
    """The groups of pictures that are equal under each loss.

    Two pictures are equal by the one rule of `aekeras.equality.verdict`: within a share of what is typical under the
    loss, for the pictures or for both slightly smoothed, on the small pictures that the index keeps. With
    `max_distance`, when the loss itself is at most that. Where an index keeps no pictures, their codes decide. Files
    with the same bytes are equal in any case.

    Being nearly equal is not transitive, so chains of equal pictures make no group. In a group, all are equal to its
    first picture, and each picture is in one group at most. The first is the picture with most equals that are in no
    group yet; of several such, the one that has been in the index for longest. So the groups are always the same.

    Args:
        losses: Losses to ask; every index where none is named.
        max_distance: In the units of the loss, in the place of `equal_within`.
        under: Compare only pictures below this folder.
        places: Where models and indexes are.
        progress: Told how far it is.
        equal_within: Share of a typical loss up to which two pictures are equal.

    Raises:
        MissingError: There is no index yet, or the model of one is gone.
        InputError: An unknown loss, a limit out of range or one up to which nearly all is equal, or nothing is
            indexed below the folder.

    Examples:
        >>> import aekeras
        >>> print(aekeras.duplicates(["l1_gray"]))
    """
    if max_distance is not None:
        check_distance(max_distance)
        if equal_within != EQUAL_WITHIN:
            raise InputError(
                f"Expected `max_distance` or `equal_within`. Received: {max_distance:g} and {equal_within:g}. Leave "
                "one out."
            )
    check_share("equal_within", equal_within)
    progress = progress or Progress()
    criteria = Criteria(under=None if under is None else Path(under))
    opened = open_indexes(losses, places)
    found = []
    for part, (index, name) in enumerate(zip(opened, names(opened), strict=True), 1):
        files = _Files.of(index, criteria)
        progress.begin("Comparing pictures", len(files.ids), part=part, parts=len(opened))
        found.append(_of_index(index, name, files, (max_distance, equal_within), progress))
        progress.end(f"{counted(len(found[-1].groups), 'group')} under {name}")
    return Duplicates(found)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Files:
    """The files to compare.

    Attributes:
        ids: Of their contents, ascending, shape (N,).
        paths: The files of each content, sorted.
    """

    ids: Ids
    paths: dict[int, list[str]]

    @classmethod
    def of(cls, index: Index, criteria: Criteria) -> _Files:
        """All that are asked for."""
        items = index.store.items
        paths = criteria.selected(index.store) if criteria.filters else items.paths(index.ids.tolist())
        apart = {key: _apart(of_one) if len(of_one) > 1 else of_one for key, of_one in paths.items()}
        return cls(ids=np.sort(np.fromiter(paths, np.int64, len(paths))), paths=apart)

    @property
    def count(self) -> int:
        return sum(map(len, self.paths.values()))


def _of_index(
    index: Index, name: str, files: _Files, limits: tuple[float | None, float], progress: Progress
) -> LossDuplicates:
    max_distance, within = limits
    judge = picture_judge(index, within, files.ids)
    if len(files.ids) < 2:  # then nothing is to be judged, and what is typical need not be known
        max_distance = max_distance or 0.0
    limit = Limit(judge, max_distance)
    # What looks the same is compared once: a thousand blank pages would be half a million pairs.
    twins = _Twins(judge.twins(files.ids))
    pairs = equal_pairs(index.store, files.ids[twins.firsts], limit, progress)
    stars = grouped(twins.sums(np.array([len(files.paths[key]) for key in files.ids.tolist()], np.int64)), pairs)
    groups = [EqualGroup(pictures=tuple(_pictures(star, twins, files, limit))) for star in stars]
    return LossDuplicates(
        loss=index.loss,
        name=name,
        blind_to=index.origin.blind_to,
        model=index.model,
        index=index.directory,
        max_distance=limit.distance,
        equal_within=within if max_distance is None else None,
        judged_by=judge.name,
        count=files.count,
        groups=tuple(sorted(groups, key=lambda group: (-len(group.pictures), group.pictures[0].path))),
    )


def _apart(paths: Sequence[str]) -> list[str]:
    """Without further names of a file that is there already: who deletes one of two links deletes both or none."""
    kept, seen = [], set()
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116
            file = (status.st_dev, status.st_ino)
        except OSError:
            file = None
        if file is None or file not in seen:
            kept.append(path)
            seen.add(file)
    return kept


class _Twins:
    """Pictures that look exactly the same, as one node.

    Attributes:
        firsts: The place of the first picture of each node, ascending, shape (M,).
    """

    def __init__(self, first_of_each: npt.NDArray[np.int64]) -> None:
        self.firsts, self._node_of = np.unique(first_of_each, return_inverse=True)
        self._order = np.argsort(self._node_of, kind="stable")
        self._starts = np.searchsorted(self._node_of[self._order], np.arange(len(self.firsts) + 1))

    def sums(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Of the pictures of each node, shape (M,)."""
        return np.bincount(self._node_of, values, len(self.firsts)).astype(np.int64)

    def places(self, node: int) -> list[int]:
        """The places of its pictures, ascending."""
        return self._order[self._starts[node] : self._starts[node + 1]].tolist()


def _pictures(star: Star, twins: _Twins, files: _Files, limit: Limit) -> Iterator[EqualPicture]:
    """Those of a group: the first, then the nearest; files with the same bytes behind each other."""
    figures = dict(zip([star.first, *star.others.tolist()], [-1.0, *star.figures.tolist()], strict=True))
    known = [
        (figure, files.paths[key], key) for node, figure in figures.items() for key in files.ids[twins.places(node)]
    ]
    first, *others = known
    ids = np.array([key for _, _, key in (first, *sorted(others))], np.int64)
    for key, said in zip(ids.tolist(), limit.said(np.full(len(ids), ids[0]), ids), strict=True):
        for number, path in enumerate(files.paths[key]):
            yield EqualPicture(path=Path(path), identical=number > 0, **said)
