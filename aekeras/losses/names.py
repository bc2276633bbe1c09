"""Whether the names and arguments in an expression are known, as far as that can be said without loading a loss."""

from __future__ import annotations

from collections.abc import Iterable

from aekeras.errors import InputError, did_you_mean
from aekeras.losses import expression
from aekeras.losses.catalogue import ROWS, unknown
from aekeras.losses.expression import Call, Node
from aekeras.losses.installed import installed

_ROWS = {row.name: row for row in ROWS}


def check_names(node: Node, text: str) -> None:
    """Passes names of the catalogue with arguments that they take, entry points, and references.

    Args:
        node: The tree of an expression.
        text: What was written, for the error message to point at.

    Raises:
        InputError: An unknown name or argument, or a loss inside one that wraps none, and the reverse.
    """
    for call in expression.names(node):
        if call.name in _ROWS:
            row = _ROWS[call.name]
            check_call(call, row.knobs, row.wraps, place_of(call, text))
        elif ":" not in call.name and call.name not in installed():
            raise unknown(call.name, installed(), place_of(call, text))


def check_call(call: Call, knobs: Iterable[str], wraps: bool, place: str) -> None:
    """Passes a call with one loss inside where the loss wraps one, else none, and with arguments that are its knobs.

    Raises:
        InputError: Anything else; `place` is where the message says it stands.
    """
    knobs = list(knobs)
    if len(call.losses) != wraps:
        inside = ", ".join(map(str, call.losses)) or "none"
        expected = f"one loss inside, as in {call.name}(l1_gray)" if wraps else "no loss inside"
        raise InputError(
            f"Expected {call.name}{place} to have {expected}. Received: {inside}. Several are added: a + b."
        )
    for name, _ in call.arguments:
        if name not in knobs:
            takes = f"Expected one of: {', '.join(knobs)}." if knobs else "It takes none."
            raise InputError(f"Unknown argument `{name}` of {call.name}{place}. {takes}{did_you_mean(name, knobs)}")


def place_of(call: Call, text: str) -> str:
    """Where a call stands in the text; nothing where it is all there is."""
    return f" at column {call.column} of {text!r}" if call.column > 1 or "+" in text else ""
