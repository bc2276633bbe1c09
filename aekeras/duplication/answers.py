"""What `aekeras.duplicates` gives."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aekeras.artefacts import shown_path
from aekeras.shares import shown_percent

_BY = {
    "loss": "by the loss, on the small pictures of the index",
    "rule": "by the loss of the small pictures in the index, or of both smoothed; `of typical` is the lower of the two",
    "codes": "by the distances of their codes, for the index keeps no pictures",
}


@dataclass(frozen=True, kw_only=True)
class EqualPicture:
    """A picture of a group.

    Attributes:
        path: Absolute path.
        distance: To the first of the group, by the loss itself or by codes, in the units of the loss.
        share: The figure of the verdict, in typical losses; None where up to a distance all are equal.
        contradicted: Whether the codes of the two say otherwise.
        identical: Whether its file has the same bytes as that of the picture before it.
    """

    path: Path
    distance: float
    share: float | None = None
    contradicted: bool = False
    identical: bool

    @property
    def figure(self) -> str:
        """How far it is from the first: of a typical loss where the one rule decides, else the distance."""
        if self.share is None:
            return f"{self.distance:.4f}"
        return f"{shown_percent(100 * self.share)}{'!' if self.contradicted else ''}"

    def to_dict(self) -> dict[str, Any]:
        """One entry of `pictures` in `aekeras duplicates --json`."""
        return {
            "path": shown_path(self.path),
            "distance": round(self.distance, 6),
            **({} if self.share is None else {"share": round(self.share, 6), "contradicted": self.contradicted}),
            "identical": self.identical,
        }


@dataclass(frozen=True, kw_only=True)
class EqualGroup:
    """Pictures that are all equal to the first of them.

    Attributes:
        pictures: Two or more: the first, then the nearest to it.
    """

    pictures: tuple[EqualPicture, ...]

    def to_dict(self) -> dict[str, Any]:
        """One entry of `groups` in `aekeras duplicates --json`."""
        return {"pictures": [picture.to_dict() for picture in self.pictures]}


@dataclass(frozen=True, kw_only=True)
class LossDuplicates:
    """The groups under one loss.

    Attributes:
        loss: Canonical text of the loss.
        name: What to call it: the loss, and also the index where several have this loss.
        blind_to: What it cannot see.
        model: Folder of the model.
        index: Folder of the index.
        max_distance: Up to this two pictures are equal; by the one rule, its limit in the units of the loss.
        equal_within: The share of a typical loss of the one rule; None where a distance decides.
        judged_by: "loss" or "codes".
        count: Files that were compared.
        groups: The largest first.
    """

    loss: str
    name: str
    blind_to: tuple[str, ...]
    model: Path
    index: Path
    max_distance: float
    equal_within: float | None
    judged_by: str
    count: int
    groups: tuple[EqualGroup, ...]

    @property
    def pictures(self) -> int:
        """How many pictures are in groups."""
        return sum(len(group.pictures) for group in self.groups)

    def to_dict(self) -> dict[str, Any]:
        """A line of `aekeras duplicates --json`."""
        return {
            "loss": self.loss,
            "index": shown_path(self.index),
            "max_distance": round(self.max_distance, 6) if self.equal_within is None else None,
            "equal_within": self.equal_within,
            "judged_by": self.judged_by,
            "groups": [group.to_dict() for group in self.groups],
        }

    @property
    def summary(self) -> str:
        """How many there are, in one sentence."""
        if self.count < 2:
            some = f"{shown_path(self.index)} holds {counted(self.count, 'picture')}"
            return f"Nothing to compare under {self.name}: {some}."
        if not self.groups:
            limit = (
                f"no two are {self._limit if self.equal_within is not None else f'as near as {self.max_distance:.4g}'}"
            )
            return f"No duplicates among {self.count:,} pictures under {self.name}: {limit}."
        spare = self.pictures - len(self.groups)
        groups, pictures = counted(len(self.groups), "group"), counted(self.pictures, "picture")
        return f"{groups}, {pictures}, {spare:,} of them more than one needs under {self.name}."

    def __str__(self) -> str:
        if not self.groups:
            return self.summary
        blind = f" (blind to {', '.join(self.blind_to)})" if self.blind_to else ""
        lines = [f"{self.name}{blind}: equal {self._limit}, {_BY[self._judge]}"]
        of_typical = "" if self.equal_within is None else "  of typical"
        lines.append(f"  {'group':>5}  {'distance':>8}{of_typical}  path")
        for number, group in enumerate(self.groups, 1):
            for place, picture in enumerate(group.pictures):
                label = f"{number:,}" if place == 0 else ""
                mark = "!" if picture.contradicted else " "
                share = "" if picture.share is None else f"  {shown_percent(100 * picture.share):>9}{mark}"
                lines.append(f"  {label:>5}  {picture.distance:>8.4f}{share}  {_named(picture)}")
        if any(picture.contradicted for group in self.groups for picture in group.pictures):
            lines.append("  !: the codes of the two say otherwise.")
        return "\n".join([*lines, self.summary])

    @property
    def _limit(self) -> str:
        if self.equal_within is None:
            return f"up to {self.max_distance:.4g}"
        return f"within {100 * self.equal_within:g} % of typical"

    @property
    def _judge(self) -> str:
        return "rule" if self.judged_by == "loss" and self.equal_within is not None else self.judged_by


class Duplicates(tuple[LossDuplicates, ...]):
    """What was found under each loss, in the order of the indexes."""

    def __str__(self) -> str:
        return "\n\n".join(str(one) for one in self)

    __repr__ = __str__

    def to_dict(self) -> list[dict[str, Any]]:
        """The lines of `aekeras duplicates --json`."""
        return [one.to_dict() for one in self]


def _named(picture: EqualPicture) -> str:
    # A name that is no text would stop the whole table at the terminal.
    path = os.fsencode(shown_path(picture.path)).decode(errors="backslashreplace")
    return f"{path}  (same bytes)" if picture.identical else path


def counted(count: int, what: str) -> str:
    """A number of things: "1 group", "2,000 groups"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
