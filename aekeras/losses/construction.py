"""From the tree of an expression to the loss that it stands for."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import keras

from aekeras.errors import InputError, did_you_mean
from aekeras.losses import own
from aekeras.losses.catalogue import ROWS
from aekeras.losses.expression import Call, Node, Sum, parse
from aekeras.losses.image_loss import ImageLoss, knobs_of

_INSIDE = ("loss", "losses")  # what wrappers and sums are made of is no keyword in an expression
_PATHS = {row.name: row.path for row in ROWS}


def build(node: Node) -> ImageLoss:
    """The loss that the tree of an expression stands for, with reduction "none".

    Raises:
        InputError: An unknown name or argument, or a value that the loss does not take.
        MissingError: A file or a module that is not there.
    """
    if isinstance(node, Sum):
        from aekeras.losses.composite import weighted_sum  # which serializes its terms by this module

        return weighted_sum((weight, build(term)) for weight, term in node.terms)
    made = found(node.name)
    losses = [build(inner) for inner in node.losses]
    if not inspect.isclass(made):
        _expect_none(node)
        return own.adapted(made)
    _check_losses(node, made)
    _check_arguments(node, made)
    return own.adapted(own.called(made, losses, dict(node.arguments)))


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
        return build(parse(config["expression"]))
    return keras.saving.deserialize_keras_object(config)


def _check_losses(node: Call, kind: type) -> None:
    """Passes one loss for a wrapper and none for any other loss."""
    wanted = 1 if "loss" in knobs_of(kind) else 0
    if len(node.losses) != wanted:
        inside = ", ".join(map(str, node.losses)) or "none"
        expected = f"one loss inside, as in {node.name}(l1_gray)" if wanted else "no loss inside"
        raise InputError(f"Expected {node.name} to have {expected}. Received: {inside}. Several are added: a + b.")


def _check_arguments(node: Call, kind: type) -> None:
    """Passes arguments that the constructor has names for."""
    known = [name for name in knobs_of(kind) if name not in _INSIDE]
    for name, _ in node.arguments:
        if name not in known:
            takes = f"Expected one of: {', '.join(known)}." if known else "It takes none."
            raise InputError(f"Unknown argument `{name}` of {node.name}. {takes}{did_you_mean(name, known)}")


def _expect_none(node: Call) -> None:
    if node.losses or node.arguments:
        raise InputError(
            f"Expected no arguments for {node.name}, which is a function. Received: {node}. "
            "Write a class to have knobs."
        )
