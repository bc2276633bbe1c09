"""What a person's own loss says that it cannot see, by making metamers itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aekeras.losses.blindness.blindness import Blindness


@dataclass(frozen=True)
class OwnMetamers(Blindness):
    """The metamers of a loss that overrides `metamer`; only the same loss shares them.

    Attributes:
        loss: The loss.
        own_words: What it calls its blindness, of the words that have no change of their own.
    """

    loss: Any
    own_words: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return self.own_words

    def change(self, images: Any, draw: Iterator[Any]) -> Any:
        return self.loss.metamer(images, next(draw))
