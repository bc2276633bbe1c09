"""Makes Keras find the losses in files that it loads, whether or not they have been imported by then."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from aekeras.losses.catalogue import ROWS

_OTHERS = (
    "aekeras.losses.composite:Sum",
    "aekeras.losses.adapted:AdaptedLoss",
    "aekeras.losses.readings:Readings",
    "aekeras.losses.sources:OwnLoss",
)
OWN = "aekeras>OwnLoss"
"""What every class of a person's own is to Keras: its configuration says where it lies."""


class _Later:
    """Stands for a class until the class itself, when it is imported, takes its place."""

    def __init__(self, path: str) -> None:
        self._module, _, self._name = path.partition(":")

    def from_config(self, config: dict[str, Any]) -> Any:
        return getattr(importlib.import_module(self._module), self._name).from_config(config)


def register_own(kind: type, keras: ModuleType) -> None:
    """Tells Keras of a class of a person's own; a decorator of theirs may do so again, under another name."""
    keras.saving.register_keras_serializable(*OWN.split(">"))(kind)
    keras.saving.get_custom_objects()[OWN] = _Later(_OTHERS[-1])  # for which Keras has put the class


def register(keras: ModuleType) -> None:
    """Tells Keras of all classes of losses; loads none of them."""
    known = keras.saving.get_custom_objects()
    for path in (*(row.path for row in ROWS), *_OTHERS):
        known.setdefault(f"aekeras>{path.partition(':')[2]}", _Later(path))
