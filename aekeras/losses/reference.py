"""How a class or function of a loss is called in an expression: its name in the catalogue, or where it lies."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

from aekeras.artefacts import shown_path
from aekeras.losses.catalogue import ROWS

OWN_PREFIX = "aekeras_own_losses_"
"""How the modules begin that a person's own files are loaded as."""

_NAME_OF_PATH = {row.path: row.name for row in ROWS}


def as_written(value: Any, default: Any) -> Any:
    """The value of a knob as an expression holds it: numbers of the default's type where that changes none of them.

    Examples:
        >>> as_written(1, 0.9), as_written([2.0, 0.5], (1, 1))
        (1.0, (2, 0.5))
    """
    if hasattr(value, "tolist"):  # arrays and numbers of NumPy
        value = value.tolist()
    if isinstance(value, list | tuple):
        inner = default[0] if isinstance(default, list | tuple) and default else None
        return tuple(as_written(item, inner) for item in value)
    kind = type(default)
    if kind in (int, float) and type(value) in (int, float) and math.isfinite(value) and kind(value) == value:
        return kind(value)
    return value


_ASKED_FOR: dict[int, tuple[Any, str, str]] = {}


def remember(made: Any, place: str, name: str) -> None:
    """Keeps by which reference a class or function was asked for: by its own name it may not be found again.

    So it is with a lambda, and with what a file imports from another one beside it.
    """
    _ASKED_FOR.setdefault(id(made), (made, place, name))  # held, so that no other object gets its id


def reference_of(kind: Any) -> str:
    """`l1_gray`, `package.module:Name`, `path/to/file.py:Name` or an entry point, by which `losses.get` finds it.

    What has no name of its own, as a lambda in a function, has a reference that is its alone and leads nowhere.
    """
    module, name = kind.__module__, getattr(kind, "__qualname__", f"<{type(kind).__name__}>")
    if f"{module}:{name}" in _NAME_OF_PATH:
        return _NAME_OF_PATH[f"{module}:{name}"]
    if module.startswith("keras.") and getattr(sys.modules["keras"].losses, name, None) is kind:
        return f"keras.losses:{name}"  # and not where Keras happens to define it
    if id(kind) in _ASKED_FOR:
        _, module, name = _ASKED_FOR[id(kind)]
        return shown_reference(f"{module}:{name}" if module else name)
    if "<" in name:
        name = f"{name} {id(kind):x}"
    if module.startswith(OWN_PREFIX):
        module = str(sys.modules[module].__file__)
    return shown_reference(f"{module}:{name}")


def shown_reference(reference: str) -> str:
    """The reference with the path of a file as `shown_path` gives it; others as they are."""
    place, _, name = reference.rpartition(":")
    return f"{shown_path(Path(place).expanduser())}:{name}" if place.endswith(".py") else reference
