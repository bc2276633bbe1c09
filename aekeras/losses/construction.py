"""From the tree of an expression to the loss that it stands for."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import keras

from aekeras.errors import InputError
from aekeras.losses import own
from aekeras.losses.catalogue import ROWS
from aekeras.losses.expression import Call, Node, Sum, parse
from aekeras.losses.image_loss import ImageLoss, knobs_of
from aekeras.losses.names import check_call, check_names, place_of

_INSIDE = ("loss", "losses")  # what wrappers and sums are made of is no keyword in an expression
_PATHS = {row.name: row.path for row in ROWS}


def read(text: str) -> ImageLoss:
    """The loss that an expression stands for, with reduction "none".

    Raises:
        InputError: The text is no expression, a name or an argument is not known, or a value is not taken; where there
            is more than one loss in the text, the message says which column it is about.
        MissingError: A file or a module that is not there.
    """
    node = parse(text)
    check_names(node, text)
    return build(node, text)


def build(node: Node, text: str = "") -> ImageLoss:
    """The loss that the tree of an expression stands for, with reduction "none".

    Args:
        node: The tree.
        text: What was written, for error messages.

    Raises:
        InputError: An unknown name or argument, or a value that the loss does not take.
        MissingError: A file or a module that is not there.
    """
    if isinstance(node, Sum):
        from aekeras.losses.composite import weighted_sum  # which serializes its terms by this module

        return weighted_sum((weight, build(term, text)) for weight, term in node.terms)
    made = found(node.name)
    losses = [build(inner, text) for inner in node.losses]
    if not inspect.isclass(made):
        _expect_none(node)
        return own.adapted(made)
    place = place_of(node, text)
    knobs = knobs_of(made)
    check_call(node, [name for name in knobs if name not in _INSIDE], "loss" in knobs, place)
    try:
        return own.adapted(own.called(made, losses, dict(node.arguments)))
    except InputError as error:
        raise InputError(f"{error} It stands{place}.") if place else error from error


def found(name: str) -> Any:
    """The class or function that a name of the catalogue, an entry point or a reference stands for."""
    if name not in _PATHS:
        return own.load(name)
    module, _, attribute = _PATHS[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def serialize(loss: ImageLoss) -> dict[str, Any]:
    """The loss as JSON holds it: by structure where Keras knows its class, else by its text."""
    kind = keras.saving.get_registered_name(type(loss))
    return keras.saving.serialize_keras_object(loss) if kind.startswith("aekeras>") else {"expression": loss.text}


def deserialize(config: dict[str, Any]) -> ImageLoss:
    """The loss that `serialize` was given."""
    if "expression" in config:
        return read(config["expression"])
    return keras.saving.deserialize_keras_object(config)


def _expect_none(node: Call) -> None:
    if node.losses or node.arguments:
        raise InputError(
            f"Expected no arguments for {node.name}, which is a function. Received: {node}. "
            "Write a class to have knobs."
        )
