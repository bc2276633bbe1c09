"""What a loss cannot see, as random changes of images that it does not notice.

A blindness has `words`, a `change(images, draw)` that stays in [0, 1], and a `meet(other)`: what two losses that are
blind to the one and to the other are both blind to, None where that is nothing. A loss's metamers are its changes, one
after the other; what a sum is blind to are the meets of what its terms are blind to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

from aekeras.losses.blindness.colors import DIRECTIONS, IDENTITY, Colors
from aekeras.losses.blindness.light import Brightness, Contrast, Inversion
from aekeras.losses.blindness.place import Arrangement, Border, Detail, Flip, Position
from aekeras.losses.blindness.seeds import Seed, seeds

__all__ = [
    "IDENTITY",
    "WORDS",
    "Arrangement",
    "Border",
    "Brightness",
    "Colors",
    "Contrast",
    "Detail",
    "Flip",
    "Inversion",
    "Position",
    "Seed",
    "change",
    "colors_of",
    "common",
    "of_words",
    "words_of",
]

_OF_WORD: dict[str, Any] = {
    "brightness": Brightness(),
    "contrast": Contrast(),
    "inversion": Inversion(),
    "position": Position(),
    "arrangement": Arrangement(),
    "flip": Flip(),
    "detail": Detail(),
}

WORDS = (*DIRECTIONS, *_OF_WORD)
"""What a loss can say that it is blind to, without a parameter."""


def of_words(words: Sequence[str]) -> tuple[Any, ...]:
    """The blindnesses that words stand for; words that stand for none are left out."""
    colors = tuple(word for word in words if word in DIRECTIONS)
    others = [_OF_WORD[word] for word in words if word in _OF_WORD]
    return tuple(([Colors.blind_to(colors)] if colors else []) + others)


def words_of(blindnesses: Iterable[Any]) -> tuple[str, ...]:
    """What the blindnesses are called, each word once."""
    return tuple(dict.fromkeys(word for blindness in blindnesses for word in blindness.words))


def colors_of(blindnesses: Iterable[Any]) -> Colors | None:
    """The blindness to colors among them."""
    return next((blindness for blindness in blindnesses if isinstance(blindness, Colors)), None)


def common(sets: Iterable[Sequence[Any]]) -> tuple[Any, ...]:
    """What several losses are all blind to."""
    return reduce(_meet, (tuple(blindnesses) for blindnesses in sets))


def _meet(some: tuple[Any, ...], others: tuple[Any, ...]) -> tuple[Any, ...]:
    met = (one.meet(other) or other.meet(one) for one in some for other in others)
    return tuple(dict.fromkeys(blindness for blindness in met if blindness))


def change(blindnesses: Iterable[Any], images: Any, seed: Seed) -> Any:
    """The images, changed by all of the blindnesses in turn."""
    draw = seeds(seed)
    for blindness in blindnesses:
        images = blindness.change(images, draw)
    return images
