"""Which files a loss of one's own came from, and that loss again, found by them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aekeras.artefacts import digest, shown_path, storage_errors
from aekeras.errors import MissingError
from aekeras.losses import construction, expression, own
from aekeras.losses.catalogue import ROWS
from aekeras.losses.expression import Node
from aekeras.losses.image_loss import ImageLoss

_KNOWN = {row.name for row in ROWS}


class ChangedLossWarning(UserWarning):
    """The file of a loss is not what it was when a model was trained under it."""


def sources_of(loss: ImageLoss) -> list[dict[str, str]]:
    """For each part of the loss that is not of the catalogue: its "reference", the "path" of its file, its "sha256"."""
    found = []
    for name in dict.fromkeys(call.name for call in expression.names(loss.expression) if call.name not in _KNOWN):
        made = own.load(name)
        file = getattr(sys.modules[getattr(made, "__module__", type(made).__module__)], "__file__", None)
        if file is not None:  # a notebook has none
            found.append({"reference": name, "path": file, "sha256": digest(Path(file).read_bytes())})
    return found


def restore(text: str, sources: Sequence[dict[str, str]]) -> ImageLoss:
    """The loss of a text that `sources_of` was asked about, from whatever folder.

    Raises:
        MissingError: A file is not where it was.
    """
    moved = {}
    for source in sources:
        path = Path(source["path"])
        if not path.is_file():
            raise MissingError(
                f"Expected the file of the loss {source['reference']} in {shown_path(path)}. Found none. "
                "Put it back there, or run `aekeras train` again."
            )
        with storage_errors(path):
            changed = digest(path.read_bytes()) != source["sha256"]
        if changed:
            warnings.warn(
                f"{shown_path(path)} has changed since a model was trained under {source['reference']}: distances of "
                "codes and values of the loss may no longer agree.",
                ChangedLossWarning,
                stacklevel=2,
            )
        place, _, name = source["reference"].rpartition(":")
        if place.endswith(".py"):
            moved[source["reference"]] = f"{path}:{name}"
    return construction.build(_renamed(expression.parse(text), moved))


def _renamed(node: Node, names: dict[str, str]) -> Any:
    if isinstance(node, expression.Sum):
        return replace(node, terms=tuple((weight, _renamed(term, names)) for weight, term in node.terms))
    return replace(node, name=names.get(node.name, node.name), losses=tuple(_renamed(x, names) for x in node.losses))
