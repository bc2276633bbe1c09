"""What a loss cannot see, as random changes of images that it does not notice.

A loss's metamers are its changes, one after the other; what a sum is blind to are the meets of what its terms are
blind to. A new blindness is a class here and, if a word alone says all of it, an entry of `_OF_WORD`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

from aekeras.losses.blindness.blindness import Blindness
from aekeras.losses.blindness.colors import DIRECTIONS, IDENTITY, Colors
from aekeras.losses.blindness.light import Brightness, Contrast, Inversion
from aekeras.losses.blindness.own import OwnMetamers
from aekeras.losses.blindness.place import Arrangement, Border, Detail, Flip, Position
from aekeras.losses.blindness.seeds import Seed, seeds

__all__ = [
    "IDENTITY",
    "WORDS",
    "Arrangement",
    "Blindness",
    "Border",
    "Brightness",
    "Colors",
    "Contrast",
    "Detail",
    "Flip",
    "Inversion",
    "OwnMetamers",
    "Position",
    "Seed",
    "change",
    "colors_of",
    "common",
    "of_words",
    "words_of",
]

_OF_WORD: dict[str, Blindness] = {
    "contrast": Contrast(),
    "brightness": Brightness(),
    "inversion": Inversion(),
    "arrangement": Arrangement(),
    "position": Position(),
    "flip": Flip(),
    "detail": Detail(),
}

WORDS = (*DIRECTIONS, *_OF_WORD)
"""What a loss can say that it is blind to, without a parameter; a word stands behind those that imply it."""


def of_words(words: Sequence[str]) -> tuple[Blindness, ...]:
    """The blindnesses that words stand for; words that stand for none are left out."""
    colors = tuple(word for word in words if word in DIRECTIONS)
    others = tuple(_OF_WORD[word] for word in words if word in _OF_WORD)
    return (Colors.blind_to(colors), *others) if colors else others


def words_of(blindnesses: Iterable[Blindness]) -> tuple[str, ...]:
    """What the blindnesses are called, each word once."""
    return tuple(dict.fromkeys(word for blindness in blindnesses for word in blindness.words))


def colors_of(blindnesses: Iterable[Blindness]) -> Colors | None:
    """The blindness to colors among them."""
    return next((blindness for blindness in blindnesses if isinstance(blindness, Colors)), None)


def common(sets: Iterable[Sequence[Blindness]]) -> tuple[Blindness, ...]:
    """What several losses are all blind to."""
    return reduce(_meet, (tuple(blindnesses) for blindnesses in sets))


def _meet(some: tuple[Blindness, ...], others: tuple[Blindness, ...]) -> tuple[Blindness, ...]:
    met = (one.meet(other) or other.meet(one) for one in some for other in others)
    return tuple(dict.fromkeys(blindness for blindness in met if blindness))


def change(blindnesses: Iterable[Blindness], images: Any, seed: Seed) -> Any:
    """The images, changed by all of the blindnesses in turn."""
    draw = seeds(seed)
    for blindness in blindnesses:
        images = blindness.change(images, draw)
    return images
