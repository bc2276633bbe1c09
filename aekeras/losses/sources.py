"""Which files a loss of one's own came from, and that loss again, found by them."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aekeras.artefacts import digest, shown_path
from aekeras.errors import InputError, MissingError
from aekeras.losses import construction, expression, own
from aekeras.losses.catalogue import ROWS
from aekeras.losses.expression import Node
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.installed import installed

_KNOWN = {row.name for row in ROWS}


class ChangedLossWarning(UserWarning):
    """The file of a loss is not what it was when a model was trained under it."""


class OwnLoss:
    """What Keras loads in the place of any class of a person's own: the class, found by where it lay."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ImageLoss:
        loss = restore(config["expression"], config["sources"])
        return type(loss).from_config(config)


def sources_of(loss: ImageLoss) -> list[dict[str, str]]:
    """For each part of the loss that is not of the catalogue: its "reference", the "path" of its file, its "sha256".

    A file that is named in an argument, as that of a network, is its own reference.

    Raises:
        InputError: A part that has no name by which it could be found again.
    """
    names = dict.fromkeys(call.name for call in expression.names(loss.expression) if call.name not in _KNOWN)
    files = {name: _file(name) for name in names}
    files |= {file: Path(file).expanduser().absolute() for file in loss.files()}
    return [
        {"reference": name, "path": str(file), "sha256": digest(file)}
        for name, file in files.items()
        if file is not None
    ]


def restore(text: str, sources: Sequence[dict[str, str]]) -> ImageLoss:
    """The loss of a text that `sources_of` was asked about, from whatever folder.

    Raises:
        MissingError: A file is not where it was.
        InputError: A loss that was defined in a script itself, or a file that no longer holds it.
    """
    moved = {}
    for source in sources:
        reference, path = source["reference"], Path(source["path"])
        place, _, name = reference.rpartition(":")
        if place == "__main__":
            _check_running(reference, path)
        elif place.endswith(".py") or not _is_installed(reference):
            _check_there(reference, path)
            moved[reference] = f"{path}:{name}" if place else str(path)
        else:
            path = _file(reference) or path
        if digest(path) != source["sha256"]:
            warnings.warn(
                f"{shown_path(path)} has changed since a model was trained under {reference}: distances of codes and "
                "values of the loss may no longer agree.",
                ChangedLossWarning,
                stacklevel=2,
            )
    return construction.build(_renamed(expression.parse(text), moved))


def _file(reference: str) -> Path | None:
    """The file with the code that a reference leads to; None for what was typed into Python or a notebook."""
    place, _, name = reference.rpartition(":")
    if "<" in name:
        raise InputError(
            f"Expected a loss that can be found again by its name. Received: {reference}. Define it at the top of a "
            "file or a module, under a name of its own."
        )
    made = own.load(reference)
    if place.endswith(".py"):
        return own.path_of(place)
    module = made.__module__ if hasattr(made, "__qualname__") else place or installed()[reference].module
    file = getattr(sys.modules[module], "__file__", None)
    return Path(file).absolute() if file is not None and Path(file).is_file() else None


def _is_installed(reference: str) -> bool:
    """Whether Python finds the module, or a package brings the entry point along."""
    place, _, name = reference.rpartition(":")
    if not place:
        return name in installed()
    try:
        return place in sys.modules or importlib.util.find_spec(place) is not None
    except ModuleNotFoundError:  # of the package that it would lie in
        return False


def _check_there(reference: str, path: Path) -> None:
    if not path.is_file():
        raise MissingError(
            f"Expected the file of the loss {reference} in {shown_path(path)}. Found none. "
            "Put it back there, or run `aekeras train` again."
        )


def _check_running(reference: str, path: Path) -> None:
    """Passes the script that runs; to load another one would run it."""
    if getattr(sys.modules["__main__"], "__file__", None) != str(path):
        raise InputError(
            f"Expected the loss {reference} in a file of its own. Received: one of the script {shown_path(path)}. Move "
            "it into such a file, import it from there, and train again."
        )


def _renamed(node: Node, names: dict[str, str]) -> Any:
    if isinstance(node, expression.Sum):
        return replace(node, terms=tuple((weight, _renamed(term, names)) for weight, term in node.terms))
    return replace(
        node,
        name=names.get(node.name, node.name),
        losses=tuple(_renamed(loss, names) for loss in node.losses),
        arguments=tuple(
            (key, names.get(value, value) if isinstance(value, str) else value) for key, value in node.arguments
        ),
    )
