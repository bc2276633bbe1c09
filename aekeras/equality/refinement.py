"""Refinement: whatever one loss counts as equal, another one counts as equal, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any, ClassVar

import numpy as np

from aekeras.equality.invariance import Invariance
from aekeras.equality.results import Cell, Result, Table, listed
from aekeras.equality.scale import UNSEEN

_TINY = 1e-6
EXACT, MEASURED = "exact", "measured"


@dataclass(frozen=True, kw_only=True)
class Edge:
    """The finer loss refines the coarser: it is stricter.

    Attributes:
        finer: A loss.
        coarser: Another one, which counts as equal all that the first one does.
        how: "exact", by the null spaces of what they see; or "measured", for the transformations that were tried.
    """

    finer: str
    coarser: str
    how: str


@dataclass(frozen=True, kw_only=True, repr=False)
class Refinement(Result):
    """Which loss refines which.

    Attributes:
        losses: All that were compared.
        edges: Every pair of which one refines the other.
    """

    title: ClassVar[str] = "Which loss is stricter than which?"
    key: ClassVar[str] = "refinement"

    losses: tuple[str, ...]
    edges: tuple[Edge, ...]

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Losses that refine each other: they count the same pictures as equal, however far apart they put others."""
        pairs = {(edge.finer, edge.coarser) for edge in self.edges}
        found: dict[str, tuple[str, ...]] = {}
        for loss in self.losses:
            alike = tuple(one for one in self.losses if one == loss or {(one, loss), (loss, one)} <= pairs)
            found.setdefault(alike[0], alike)
        return tuple(found.values())

    @property
    def drawn(self) -> tuple[Edge, ...]:
        """The edges between groups, by the first loss of each, without those that others imply."""
        first = {group[0] for group in self.groups}
        between = [
            edge
            for edge in self.edges
            if {edge.finer, edge.coarser} <= first and not self._refines(edge.coarser, edge.finer)
        ]
        return tuple(
            edge
            for edge in between
            if not any(
                edge.finer == one.finer and other.coarser == edge.coarser and one.coarser == other.finer
                for one in between
                for other in between
            )
        )

    def _refines(self, finer: str, coarser: str) -> bool:
        return any((edge.finer, edge.coarser) == (finer, coarser) for edge in self.edges)

    def sentences(self) -> tuple[str, ...]:
        alike = {group[0]: group for group in self.groups}
        said = ["A loss refines another one when whatever it counts as equal the other one counts as equal, too."]
        for loss, group in alike.items():
            coarser = [one for one in alike if self._refines(loss, one) and one != loss]
            if coarser:
                said.append(
                    f"{_named(group)} {_plural(group, 'refines', 'refine')} {listed(f'`{one}`' for one in coarser)}."
                )
            if len(group) > 1:
                said.append(
                    f"{_named(group)} are zero for the same pairs of pictures, however far apart they put others."
                )
        if any(edge.how == MEASURED for edge in self.edges):
            said.append(
                "Of a loss that is no linear map of colors, this is known for the changes that were measured only."
            )
        return tuple(said) if len(said) > 1 else (*said, "None of these refines another one.")

    def tables(self) -> tuple[Table, ...]:
        rows = tuple((edge.finer, (Cell(text=edge.coarser), Cell(text=edge.how))) for edge in self.edges)
        if not rows:
            return ()
        columns = ("refines", "known by")
        return (Table(caption="Each loss that refines another one", corner="loss", columns=columns, rows=rows),)

    def plot(self, axes: Any) -> None:
        places = self._places()
        for edge in self.drawn:
            start, end = places[edge.finer], places[edge.coarser]
            style = "-" if edge.how == EXACT else "--"
            axes.annotate(
                "", end, start, arrowprops={"arrowstyle": "-|>", "linestyle": style, "shrinkA": 14, "shrinkB": 14}
            )
        for group in self.groups:
            x, y = places[group[0]]
            axes.text(
                x, y, "\n".join(group), ha="center", va="center", bbox={"boxstyle": "round", "fc": "none", "ec": "C0"}
            )
        rows = [y for _, y in places.values()]
        axes.set(xlim=(-0.1, 1.1), ylim=(min(rows) - 0.5, max(rows) + 0.5))
        axes.set_axis_off()

    def _places(self) -> dict[str, tuple[float, float]]:
        """Each group below all that refine it, evenly spread over its line."""
        above = {group[0]: {edge.finer for edge in self.drawn if edge.coarser == group[0]} for group in self.groups}
        depth: dict[str, int] = {}
        while len(depth) < len(above):
            left = [loss for loss in above if loss not in depth]
            ready = [loss for loss in left if above[loss] <= depth.keys()] or left[:1]  # were there a circle
            depth |= {loss: max((depth[one] + 1 for one in above[loss]), default=0) for loss in ready}
        lines = [[loss for loss in above if depth[loss] == line] for line in range(max(depth.values()) + 1)]
        return {
            loss: ((number + 0.5) / len(line), -float(row))
            for row, line in enumerate(lines)
            for number, loss in enumerate(line)
        }

    def to_dict(self) -> dict[str, Any]:
        return {
            "edges": [{"finer": edge.finer, "coarser": edge.coarser, "how": edge.how} for edge in self.edges],
            "groups": [list(group) for group in self.groups],
        }


def refinement(losses: Mapping[str, Any], invariance: Invariance | None = None) -> Refinement:
    """Compares every two losses.

    Exactly, where the finer one sees all of a linear map of the colors: it refines another one if the null space of its
    map lies in that of the other's. Else the other one must be blind to all that the finer one is declared blind to,
    and be zero for every transformation of pictures for which the finer one is.

    Args:
        losses: The losses, by name.
        invariance: The same losses under transformations; without it, only what is exact is found.
    """
    edges = []
    for finer, coarser in permutations(losses, 2):
        one, other = losses[finer], losses[coarser]
        if sees_all_of_its_colors(one):
            if null_space_inside(one.matrix, other.matrix):
                edges.append(Edge(finer=finer, coarser=coarser, how=EXACT))
        elif invariance and shares_all_blindness(one, other) and _zero_whenever(invariance, finer, coarser):
            edges.append(Edge(finer=finer, coarser=coarser, how=MEASURED))
    return Refinement(losses=tuple(losses), edges=tuple(edges))


def shares_all_blindness(finer: Any, coarser: Any) -> bool:
    """Whether a loss is declared blind to something, and another one to all of it."""
    others = coarser.blindness
    shared = [any(one in (one.meet(other), other.meet(one)) for other in others) for one in finer.blindness]
    return bool(shared) and all(shared)


def sees_all_of_its_colors(loss: Any) -> bool:
    """Whether a loss is 0 only where a linear map of the colors of all pixels is equal.

    So it is of the library's own losses that are blind to nothing else; of a person's own, nobody knows.
    """
    from aekeras.losses.blindness import Colors
    from aekeras.losses.deep import DeepFeatures

    if not all(isinstance(one, Colors) for one in loss.blindness):
        return False
    terms = [term for _, term in loss.terms()]
    return all(type(term).__module__.startswith("aekeras.") and not isinstance(term, DeepFeatures) for term in terms)


def null_space_inside(finer: Iterable[Iterable[float]], coarser: Iterable[Iterable[float]]) -> bool:
    """Whether the null space of one linear map, (C, 3), lies in that of another, (D, 3)."""
    rows, others = np.atleast_2d(np.array(finer)), np.atleast_2d(np.array(coarser))
    _, singular, right = np.linalg.svd(rows, full_matrices=True)
    unseen = right[int((singular > _TINY).sum()) :]
    return bool(np.allclose(others @ unseen.T, 0.0, atol=_TINY))


def _zero_whenever(invariance: Invariance, finer: str, coarser: str) -> bool:
    effects, others = invariance.effects[finer], invariance.effects[coarser]
    zero = [name for name, effect in effects.items() if effect.loss_share.high <= UNSEEN]
    return bool(zero) and all(others[name].loss_share.high <= UNSEEN for name in zero)


def _named(group: tuple[str, ...]) -> str:
    return listed(f"`{loss}`" for loss in group)


def _plural(group: tuple[str, ...], one: str, several: str) -> str:
    return one if len(group) == 1 else several
