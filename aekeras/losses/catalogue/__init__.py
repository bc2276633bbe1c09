"""The catalogue of losses: literal rows, so that listing them loads neither Keras nor TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable

from aekeras.errors import InputError, did_you_mean
from aekeras.losses.catalogue import arrangement, color, deep, pixel, structural, wrapper
from aekeras.losses.catalogue.row import Row

__all__ = ["DEFAULT_LOSSES", "FAMILIES", "ROWS", "Row", "position", "unknown"]

DEFAULT_LOSSES = ("l1", "l1_gray", "l1_red", "l1_green", "l1_blue")
_ALL = (*pixel.ROWS, *color.ROWS, *structural.ROWS, *arrangement.ROWS, *deep.ROWS, *wrapper.ROWS)
ROWS = tuple(sorted(_ALL, key=lambda row: row.name not in DEFAULT_LOSSES))
"""The five losses that are trained by default come first."""
FAMILIES = tuple(dict.fromkeys(row.family for row in ROWS))

_PLACES = {row.name: place for place, row in enumerate(ROWS)}


def unknown(name: str, others: Iterable[str] = (), place: str = "") -> InputError:
    """The error that says that no loss has this name, where it stands, and which name is nearest."""
    known = list(dict.fromkeys([*(row.name for row in ROWS), *others]))
    return InputError(f"Unknown loss {name!r}{place}. Expected one of: {', '.join(known)}.{did_you_mean(name, known)}")


def position(text: str) -> tuple[int, str]:
    """Sorts losses in the order of the catalogue, by the name they begin with; all others behind them, by text."""
    return (_PLACES.get(text.partition("(")[0], len(_PLACES)), text)
