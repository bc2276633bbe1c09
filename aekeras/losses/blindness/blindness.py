"""What every blindness offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar


class Blindness:
    """Something that a loss cannot see: a random change of images that it does not notice.

    Attributes:
        word: What it is called, in `blind_to`.
        kept_by_fading: Whether a picture that fades to gray towards its border keeps it.
        of_place: Whether it leaves nothing of where things are.
    """

    word: ClassVar[str] = ""
    kept_by_fading: ClassVar[bool] = False
    of_place: ClassVar[bool] = False

    @property
    def words(self) -> tuple[str, ...]:
        """The word, and what it implies."""
        return (self.word,)

    def change(self, images: Any, draw: Iterator[Any]) -> Any:
        """Other images, in [0, 1], for images (N, H, W, 3); `draw` gives the seeds of random numbers."""
        raise NotImplementedError

    def meet(self, other: Blindness) -> Blindness | None:
        """What two losses are both blind to, of which one has this blindness and one the other; None for nothing.

        Of two different kinds, it is enough that one knows the other.
        """
        return self if other == self else None
