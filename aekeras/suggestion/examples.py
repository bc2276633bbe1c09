"""Pairs of pictures that someone calls equal or different, and pairs that nobody says anything about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np

from aekeras import images, samples
from aekeras.artefacts import shown_path
from aekeras.errors import InputError
from aekeras.samples.grounds import GROUNDS
from aekeras.samples.palette import COLORS, GROUND_COLORS
from aekeras.samples.shapes import SHAPES

Pair = tuple[int, int]
_FEW, _MANY = 64, 256  # unrelated pairs: where there are fewer, samples join; no more are compared


@dataclass(frozen=True)
class Example:
    """Two pictures and what is said of them.

    Attributes:
        a: The one file.
        b: The other.
        equal: Whether they are to be equal, or different.
    """

    a: Path
    b: Path
    equal: bool

    def __str__(self) -> str:
        return f"{shown_path(self.a)} {'=' if self.equal else '!='} {shown_path(self.b)}"

    def to_dict(self) -> dict[str, object]:
        """As JSON holds it."""
        return {"a": shown_path(self.a), "b": shown_path(self.b), "equal": self.equal}


@dataclass(frozen=True, kw_only=True, eq=False)
class Examples:
    """All pairs that the losses are asked about.

    Attributes:
        given: The examples, none twice.
        pictures: uint8, shape (M, S, S, 3).
        pairs: Rows of the two pictures of each example and, behind these, of unrelated pairs, shape (P, 2).
        with_samples: How many of the unrelated pairs have a built-in sample in them.
    """

    given: tuple[Example, ...]
    pictures: np.ndarray
    pairs: np.ndarray
    with_samples: int

    @property
    def equal(self) -> np.ndarray:
        """What is said of each example, bool."""
        return np.array([example.equal for example in self.given])

    @property
    def unrelated(self) -> int:
        """How many pairs are no examples."""
        return len(self.pairs) - len(self.given)


def gather(
    equal: Iterable[Sequence[str | Path]], different: Iterable[Sequence[str | Path]], size: int, seed: int
) -> Examples:
    """Reads the pictures of the examples, size x size, and finds pairs that are none.

    Raises:
        InputError: No example, examples that contradict each other, or a file that is no picture.
        MissingError: A file that is not there.
    """
    given = [Example(Path(a), Path(b), said) for said, pairs in ((True, equal), (False, different)) for a, b in pairs]
    if not given:
        raise InputError("Expected a pair of equal or of different pictures. Received: none. Name two files.")
    read = {path: images.read(path, size) for one in given for path in (one.a, one.b)}
    pictures = {picture.tobytes(): picture for picture in read.values()}  # copies of a file are one picture
    number = {content: row for row, content in enumerate(pictures)}
    by_pair = _consistent(given, {path: number[picture.tobytes()] for path, picture in read.items()}, size)
    others, with_samples = _unrelated(by_pair, len(pictures), np.random.default_rng(seed))
    drawn = _samples(size, np.random.default_rng(seed)) if with_samples else []
    return Examples(
        given=tuple(by_pair.values()),
        pictures=np.stack([*pictures.values(), *drawn]),
        pairs=np.array([*by_pair, *others]),
        with_samples=with_samples,
    )


def _consistent(given: Iterable[Example], rows: Mapping[Path, int], size: int) -> dict[Pair, Example]:
    """Each example once, by the rows of its pictures, the lower first."""
    found: dict[Pair, Example] = {}
    for example in given:
        pair = (min(rows[example.a], rows[example.b]), max(rows[example.a], rows[example.b]))
        if not example.equal and pair[0] == pair[1]:
            raise InputError(
                f"Expected two pictures that are different. Received: {example}, whose pixels are the same at "
                f"{size}x{size}. Leave this pair out, or choose a larger `size`."
            )
        if found.setdefault(pair, example).equal != example.equal:
            raise InputError(
                f"Expected each pair to be either equal or different. Received: {found[pair]} and {example}. "
                "Leave one of them out."
            )
    return found


def _unrelated(examples: Mapping[Pair, Example], count: int, draw: np.random.Generator) -> tuple[list[Pair], int]:
    """Pairs of given pictures that are no examples, nor equal by way of others; with samples where these are few.

    Samples have the rows behind `count`. Also how many of the pairs have one in them.
    """
    group = _groups(examples, count)
    own = [(a, b) for a, b in combinations(range(count), 2) if group[a] != group[b] and (a, b) not in examples]
    if len(own) >= _FEW:
        return [own[row] for row in draw.permutation(len(own))[:_MANY]], 0
    drawn = range(count, count + len(SHAPES))
    mixed = list(product(range(count), drawn))
    joined = [mixed[row] for row in draw.permutation(len(mixed))] + list(combinations(drawn, 2))
    joined = joined[: _FEW - len(own)]
    return own + joined, len(joined)


def _groups(examples: Mapping[Pair, Example], count: int) -> list[int]:
    """For each picture a number that it shares with what is said to be equal to it, directly or not."""
    group = list(range(count))
    for (a, b), example in examples.items():
        if example.equal:
            group = [group[a] if one == group[b] else one for one in group]
    return group


def _samples(size: int, draw: np.random.Generator) -> list[np.ndarray]:
    """One picture of each shape, with all else at random."""
    chosen = (
        samples.Sample(
            shape=shape,
            color=str(draw.choice(list(COLORS))),
            ground=str(draw.choice(list(GROUNDS))),
            ground_color=str(draw.choice(list(GROUND_COLORS))),
            x=float(draw.uniform(0.35, 0.65)),
            y=float(draw.uniform(0.35, 0.65)),
            size=float(draw.uniform(0.5, 0.9)),
        )
        for shape in SHAPES
    )
    return [np.asarray(samples.draw(sample, size)) for sample in chosen]
