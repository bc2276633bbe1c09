"""The losses: what each one counts as equal.

`catalogue` and `find` know their names and load nothing heavy; `get` gives the Keras loss itself.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from aekeras.errors import InputError, did_you_mean
from aekeras.losses.catalogue import DEFAULT_LOSSES, ROWS, Row

if TYPE_CHECKING:
    from aekeras.losses.view_loss import ViewLoss

__all__ = ["DEFAULT_LOSSES", "catalogue", "find", "get", "position"]


def catalogue() -> tuple[Row, ...]:
    """Every loss of the catalogue, in the order in which it is listed."""
    return ROWS


def find(name: str) -> Row:
    """The catalogue's row of a loss.

    Raises:
        InputError: No loss has this name; the message offers the nearest one.
    """
    for row in ROWS:
        if row.name == name:
            return row
    known = [row.name for row in ROWS]
    raise InputError(f"Unknown loss {name!r}. Expected one of: {', '.join(known)}.{did_you_mean(name, known)}")


def position(name: str) -> tuple[int, str]:
    """Sorts losses in the order of the catalogue, all others behind them by name."""
    names = [row.name for row in ROWS]
    return (names.index(name) if name in names else len(names), name)


def get(name: str, *, reduction: str | None = "none") -> ViewLoss:
    """The loss of this name, ready for `model.compile(loss=...)`.

    Examples:
        >>> loss = get("l1_gray")
        >>> loss(images, images).shape  # images of shape (N, H, W, 3)
        TensorShape([N])

    Args:
        name: As in the catalogue.
        reduction: Of the values of a batch. With "none", one value per image; in `model.compile`, Keras then follows
            the gradient of their sum. "sum_over_batch_size" gives the mean, as Keras's own losses do.

    Raises:
        InputError: No loss has this name.
    """
    module, _, attribute = find(name).path.partition(":")
    return getattr(importlib.import_module(module), attribute)(name=name, reduction=reduction)
