"""How a class or function of a loss is called in an expression: its name in the catalogue, or where it lies."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from aekeras.artefacts import shown_path
from aekeras.losses.catalogue import ROWS

OWN_PREFIX = "aekeras_own_losses_"
"""How the modules begin that a person's own files are loaded as."""

_NAME_OF_PATH = {row.path: row.name for row in ROWS}


def reference_of(kind: Any) -> str:
    """`l1_gray`, `package.module:Name` or `path/to/file.py:Name`."""
    module, name = kind.__module__, kind.__qualname__
    if module.startswith(OWN_PREFIX):
        return f"{shown_path(Path(str(sys.modules[module].__file__)))}:{name}"
    path = f"{module}:{name}"
    return _NAME_OF_PATH.get(path, path)
