"""The losses: what each one counts as equal.

`catalogue`, `find` and `canonical` know names and expressions and load nothing heavy; `get` gives the loss itself.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from aekeras.errors import InputError, did_you_mean
from aekeras.losses.catalogue import DEFAULT_LOSSES, FAMILIES, ROWS, Row, position, unknown
from aekeras.losses.installed import installed
from aekeras.losses.names import check_names
from aekeras.losses.reference import as_written, shown_reference
from aekeras.stderr import held_back

if TYPE_CHECKING:
    from aekeras.losses.conformance import check
    from aekeras.losses.expression import Node
    from aekeras.losses.image_loss import ImageLoss
    from aekeras.losses.view_loss import ViewLoss

__all__ = [
    "DEFAULT_LOSSES",
    "FAMILIES",
    "ImageLoss",
    "Row",
    "ViewLoss",
    "canonical",
    "catalogue",
    "check",
    "find",
    "get",
    "installed",
    "position",
]

_REDUCTIONS = ("none", "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight")
_HEAVY = {"ImageLoss": "image_loss", "ViewLoss": "view_loss", "check": "conformance"}


def __getattr__(name: str) -> Any:
    if name not in _HEAVY:
        raise AttributeError(f"module 'aekeras.losses' has no attribute {name!r}")
    with held_back():  # TensorFlow's greetings
        return getattr(importlib.import_module(f"aekeras.losses.{_HEAVY[name]}"), name)


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
    raise unknown(name)


def canonical(text: str) -> str:
    """The text that all ways to write an expression have in common.

    Examples:
        >>> canonical("0.3*ssim(filter_size=11) + l1_gray*0.7")
        '0.7*l1_gray + 0.3*ssim'

    Raises:
        InputError: The text is no expression, in which case the message names the column, or a name is not known.
    """
    from aekeras.losses import expression

    node = expression.parse(text)
    check_names(node, text)
    return str(expression.ordered(_without_defaults(node), lambda term: position(str(term))))


def get(loss: Any, *, reduction: str | None = None) -> ImageLoss:
    """The loss that an expression stands for, ready for `model.compile(loss=...)`.

    Examples:
        >>> loss = get("0.7*l1_gray + 0.3*l1_edges")
        >>> loss(images, images).shape  # images of shape (N, H, W, 3), float, in [0, 1]
        TensorShape([N])

    Args:
        loss: A name of the catalogue, an expression, `my_losses.py:Name`, `package.module:Name`, the name of an
            entry point in the group `aekeras.losses`; or a Keras loss or a function `(y_true, y_pred)`, which is
            given what it lacks.
        reduction: Of the values of a batch. With "none", the default for text, one value per image; in
            `model.compile`, Keras then follows the gradient of their sum. "sum_over_batch_size" gives the mean, as
            Keras's own losses do. Without it, a loss that is given keeps its own.

    Raises:
        InputError: An unknown name or argument, text that is no expression, or a loss that cannot be loaded.
        MissingError: A file or module that is not there.
    """
    if reduction not in (None, *_REDUCTIONS):
        shown = ", ".join(map(repr, _REDUCTIONS))
        raise InputError(
            f"Expected `reduction` to be one of {shown}. Received: {reduction!r}."
            + did_you_mean(str(reduction), _REDUCTIONS)
        )
    with held_back():  # TensorFlow's greetings
        from aekeras.losses import construction, own

    found = construction.read(loss) if isinstance(loss, str) else own.adapted(loss)
    if reduction is None or found.reduction == reduction:
        return found
    return type(found).from_config(found.get_config() | {"reduction": reduction})


def _without_defaults(node: Node) -> Node:
    """The tree without the arguments that say what is so anyway."""
    from aekeras.losses import expression

    if isinstance(node, expression.Sum):
        return expression.weighted_sum((weight, _without_defaults(term)) for weight, term in node.terms)
    knobs = next((row.knobs for row in ROWS if row.name == node.name), {})
    values = {name: as_written(value, knobs.get(name)) for name, value in node.arguments}
    arguments = tuple((name, value) for name, value in values.items() if name not in knobs or knobs[name] != value)
    losses = tuple(_without_defaults(loss) for loss in node.losses)
    return expression.Call(shown_reference(node.name), losses, arguments)
