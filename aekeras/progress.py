"""What long work says while it goes on. This one is silent; the command line has one that draws."""

from __future__ import annotations


class Progress:
    """A listener to long work: overridden by whoever wants to show it."""

    def begin(self, stage: str, total: int, *, part: int = 1, parts: int = 1) -> None:
        """A stage begins that will handle `total` pictures; it is the `part`-th of `parts` alike."""

    def advance(self, done: int, note: str = "") -> None:
        """`done` pictures of the stage are handled; `note` says what else there is to see."""

    def end(self, summary: str = "") -> None:
        """The stage is over; `summary` says what came of it."""

    def warn(self, message: str) -> None:
        """Something to know that is no error."""
