"""Output space: what do models that differ in nothing but their seed agree on when they rebuild a picture?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from itertools import combinations
from typing import Any, ClassVar, NamedTuple

import numpy as np

from aekeras.equality.displays import dots
from aekeras.equality.distances import losses_of_pairs
from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.results import Cell, Result, Table, listed
from aekeras.equality.scale import random_pairs
from aekeras.errors import InputError

_PAIRS = 2000  # of different pictures, which the unit is the mean of
_COLORLESS = 1 / 255  # mean difference below which pictures do not differ in what a loss does not see
_MORE = 0.5  # of the spread in what a loss sees: by more than that, beyond chance, the rest varies more with the seed
_COLUMNS = {
    "inside": "seen, between models",
    "outside": "the rest, between models",
    "error": "seen, to the original",
    "error_outside": "the rest, to the original",
}


@dataclass(frozen=True, kw_only=True)
class Apart:
    """How far apart several rebuilt versions of a picture are; 1 is as far as two different pictures.

    Attributes:
        inside: Two versions, under the loss.
        outside: Two versions, in what the loss does not see.
        excess: `outside` less `inside`, within the same pictures.
        error: A version and the original, under the loss.
        error_outside: A version and the original, in what the loss does not see.
    """

    inside: Estimate
    outside: Estimate
    excess: Estimate
    error: Estimate
    error_outside: Estimate

    @property
    def varies_more(self) -> bool:
        """Whether clearly more is left to chance in what the loss does not see."""
        return self.excess.low > _MORE * self.inside.value

    def to_dict(self) -> dict[str, Any]:
        """Figures and intervals."""
        figures: dict[str, Any] = {}
        for one in fields(self):
            found: Estimate = getattr(self, one.name)
            figures |= {one.name: round(found.value, 6), f"{one.name}_interval": found.interval}
        return figures | {"varies_more": self.varies_more}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Spread(Result):
    """What a loss leaves open to chance.

    Attributes:
        apart: By loss.
        plain: Likewise for models without the closed-form start, where there are any.
        blind_to: What each loss is blind to.
        seeds: Models per loss.
        pictures: N.
        seed: Of the intervals, and of the pairs that give the unit.
    """

    title: ClassVar[str] = "What does the loss leave open?"
    key: ClassVar[str] = "output_space"

    apart: Mapping[str, Apart]
    plain: Mapping[str, Apart] = field(default_factory=dict)
    blind_to: Mapping[str, tuple[str, ...]]
    seeds: int
    pictures: int
    seed: int

    def sentences(self) -> tuple[str, ...]:
        said = [
            f"{self.seeds} models per loss, which differ in their seed only, rebuild the same {self.pictures:,} "
            "pictures. In the figures, 1 is as far apart as two different pictures."
        ]
        said += [self._of(loss, found) for loss, found in self.apart.items()]
        if self.plain:
            said.append(
                "A training usually begins with layers in closed form, and these paint one even tint where the loss "
                "does not see. The same without that start:"
            )
            said += [self._of(loss, found) for loss, found in self.plain.items()]
        return tuple(said)

    def _of(self, loss: str, found: Apart) -> str:
        if not self.blind_to[loss]:
            return (
                f"Under `{loss}`, which is blind to nothing, versions of a picture are {found.inside.value:.2f} apart, "
                f"and {found.error.value:.2f} from the original."
            )
        more = "varies more with the seed" if found.varies_more else "does not vary more with the seed"
        return (
            f"Under `{loss}`, versions of a picture are {found.inside.value:.2f} apart in what the loss sees and "
            f"{found.outside.value:.2f} in the rest ({_rest(self.blind_to[loss])}), which {more}. From the original "
            f"they are {found.error.value:.2f} in what the loss sees and {found.error_outside.value:.2f} in the rest."
        )

    def tables(self) -> tuple[Table, ...]:
        rows = tuple(
            (name, tuple(_cell(getattr(found, column)) for column in _COLUMNS)) for name, found in self._rows().items()
        )
        caption = (
            f"How far apart {self.seeds} models rebuild a picture; 1 is as far as two different pictures. Of a loss "
            "that sees every color, the rest is the pixels themselves"
        )
        return (Table(caption=caption, corner="loss", columns=tuple(_COLUMNS.values()), rows=rows),)

    def plot(self, axes: Any) -> None:
        rows = self._rows()
        series = {
            "in what the loss sees": [found.inside for found in rows.values()],
            "in the rest": [found.outside for found in rows.values()],
        }
        dots(axes, list(rows), series)
        axes.set_xlim(left=0)
        axes.set_xlabel("apart, in % of the distance of two different pictures")

    def _rows(self) -> dict[str, Apart]:
        return {**self.apart, **{f"{loss}, plain": found for loss, found in self.plain.items()}}

    def to_dict(self) -> dict[str, Any]:
        return {
            loss: {
                **found.to_dict(),
                **({"plain": self.plain[loss].to_dict()} if loss in self.plain else {}),
                "seeds": self.seeds,
                "pictures": self.pictures,
                "seed": self.seed,
            }
            for loss, found in self.apart.items()
        }


def spread(
    losses: Mapping[str, Any],
    rebuilt: Mapping[str, np.ndarray],
    originals: np.ndarray,
    seed: int,
    *,
    plain: Mapping[str, np.ndarray] | None = None,
) -> Spread:
    """How far apart the reconstructions by several models are, under the loss and in what it does not see.

    What a loss does not see of a pixel is its part in the null space of the loss's `matrix`, |P (x - y)| averaged over
    pixels and channels with P = I - pinv(M) M; of a loss that sees every color, the whole pixel. Each distance is the
    mean over all pairs of models, divided by the mean of the same distance over pairs of different originals.

    Args:
        losses: The losses, by name.
        rebuilt: By the same names, float, shape (K, N, S, S, 3): the N originals by K models; clipped to [0, 1].
        originals: Float in [0, 1], shape (N, S, S, 3), N >= 2.
        seed: Of the intervals, and of the pairs of originals.
        plain: Like `rebuilt`, of models without the closed-form start, for some of the losses or for all.

    Raises:
        InputError: Fewer than two models or pictures, shapes that differ, or pictures that are equal under a loss.
    """
    plain = plain or {}
    seeds = _check(losses, [rebuilt, plain], originals)
    yards = {name: _Yard.of(losses[name], originals, seed) for name in rebuilt}
    return Spread(
        apart={name: _apart(yards[name], versions, originals, seed) for name, versions in rebuilt.items()},
        plain={name: _apart(yards[name], versions, originals, seed) for name, versions in plain.items()},
        blind_to={name: tuple(losses[name].blind_to) for name in rebuilt},
        seeds=seeds,
        pictures=len(originals),
        seed=seed,
    )


class _Yard(NamedTuple):
    """Distances in and outside what a loss sees, each in those of two different pictures."""

    loss: Any
    unseen: np.ndarray
    inside_unit: float
    outside_unit: float

    @classmethod
    def of(cls, loss: Any, originals: np.ndarray, seed: int) -> _Yard:
        rows, others = random_pairs(len(originals), seed, _PAIRS)
        pairs = originals[rows], originals[others]
        seen = float(losses_of_pairs(loss, *pairs).mean())
        if not seen > 0:
            raise InputError(
                f"Expected pictures that differ under {loss.text}. Received: {len(originals)} that are all equal. Add "
                "others."
            )
        unseen = unseen_part(loss.matrix)
        rest = float(_by_pixel(unseen, *pairs).mean())
        # Pictures without color do not differ in their colors: what models make of these is measured in whole pixels.
        return cls(loss, unseen, seen, rest if rest > _COLORLESS else float(_by_pixel(np.eye(3), *pairs).mean()))

    def inside(self, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        return losses_of_pairs(self.loss, some, others) / self.inside_unit

    def outside(self, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        return _by_pixel(self.unseen, some, others) / self.outside_unit


def _apart(yard: _Yard, rebuilt: np.ndarray, originals: np.ndarray, seed: int) -> Apart:
    versions = np.clip(rebuilt, 0.0, 1.0, dtype=np.float32)  # as they are shown
    pairs = list(combinations(versions, 2))
    inside = np.mean([yard.inside(*pair) for pair in pairs], axis=0)
    outside = np.mean([yard.outside(*pair) for pair in pairs], axis=0)
    return Apart(
        inside=estimate(inside, seed),
        outside=estimate(outside, seed),
        excess=estimate(outside - inside, seed),
        error=estimate(np.mean([yard.inside(originals, one) for one in versions], axis=0), seed),
        error_outside=estimate(np.mean([yard.outside(originals, one) for one in versions], axis=0), seed),
    )


def _rest(blind_to: tuple[str, ...]) -> str:
    """What is measured in the place of what a loss does not see: for other things than colors, whole pixels."""
    from aekeras.losses.blindness import DIRECTIONS

    return listed(blind_to) if set(blind_to) <= {*DIRECTIONS, "some colors"} else "the pixels as a whole"


def unseen_part(matrix: Any) -> np.ndarray:
    """The projection onto the null space of a map of colors, (C, 3) -> (3, 3); the identity where that is empty."""
    rows = np.array(matrix, np.float64)
    projection = np.eye(3) - np.linalg.pinv(rows) @ rows
    return np.eye(3) if np.allclose(projection, 0.0, atol=1e-6) else projection


def _by_pixel(part: np.ndarray, some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Mean absolute difference of a part of the pixels, (N, S, S, 3) -> (N,)."""
    return np.abs((some - others) @ part).mean(axis=(1, 2, 3))


def _check(losses: Mapping[str, Any], versions: list[Mapping[str, np.ndarray]], originals: np.ndarray) -> int:
    """How many models there are per loss."""
    names = {name for each in versions for name in each}
    if not versions[0] or not names <= losses.keys() or not versions[1].keys() <= versions[0].keys():
        raise InputError(
            f"Expected reconstructions of: {', '.join(losses)}. Received: {', '.join(sorted(names)) or 'none'}. Give "
            "a loss for each, and `rebuilt` for all of `plain`."
        )
    shapes = {one.shape for each in versions for one in each.values()}
    seeds = min(len(one) for each in versions for one in each.values())
    if shapes != {(seeds, *originals.shape)} or originals.ndim != 4:
        raise InputError(
            f"Expected reconstructions of shape (models, {', '.join(map(str, originals.shape))}), as many models for "
            f"every loss. Received: {', '.join(map(str, sorted(shapes)))}. Let as many models rebuild the originals."
        )
    if seeds < 2:
        raise InputError(f"Expected at least 2 models per loss, to compare. Received: {seeds}. Ask for more seeds.")
    return seeds


def _cell(found: Estimate) -> Cell:
    return Cell(text=f"{found.value:.3f}", interval=found.shown)
