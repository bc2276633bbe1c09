"""aekeras: image retrieval in which the loss function says which images are equal.

    >>> import aekeras
    >>> aekeras.train("photos", losses=["l1", "l1_gray"])
    >>> aekeras.search(["cat.png"])

Importing this loads nothing heavy; each name loads what it needs when it is first used.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from wrapt import when_imported

if TYPE_CHECKING:
    from aekeras import callbacks, errors, losses, report
    from aekeras.configuration import Training
    from aekeras.contrasts import contrast
    from aekeras.duplication import duplicates
    from aekeras.encoding import load_encoder
    from aekeras.errors import AekerasError
    from aekeras.experiment import Options, train
    from aekeras.explanation import explain
    from aekeras.index import Criteria, Index, build_indexes
    from aekeras.metamers import metamer
    from aekeras.places import Places
    from aekeras.reconstruction import reconstruct
    from aekeras.retrieval import search
    from aekeras.study import Extent, Scope, measure
    from aekeras.suggestion import suggest

__all__ = [
    "AekerasError",
    "Criteria",
    "Extent",
    "Index",
    "Options",
    "Places",
    "Scope",
    "Training",
    "build_indexes",
    "callbacks",
    "contrast",
    "duplicates",
    "errors",
    "explain",
    "load_encoder",
    "losses",
    "measure",
    "metamer",
    "reconstruct",
    "report",
    "search",
    "suggest",
    "train",
]

_ROOMS = {
    "AekerasError": "errors",
    "Criteria": "index",
    "Extent": "study",
    "Index": "index",
    "Options": "experiment",
    "Places": "places",
    "Scope": "study",
    "Training": "configuration",
    "build_indexes": "index",
    "contrast": "contrasts",
    "duplicates": "duplication",
    "explain": "explanation",
    "load_encoder": "encoding",
    "measure": "study",
    "metamer": "metamers",
    "reconstruct": "reconstruction",
    "search": "retrieval",
    "suggest": "suggestion",
    "train": "experiment",
}


@when_imported("keras")
def _register_losses(keras: ModuleType) -> None:
    """Lets `keras.saving.load_model` find the losses, in whatever order keras and aekeras are imported."""
    from aekeras.losses.registration import register

    register(keras)


def __getattr__(name: str) -> Any:
    if name in ("callbacks", "errors", "losses", "report"):
        return importlib.import_module(f"aekeras.{name}")
    if name not in _ROOMS:
        raise AttributeError(f"module 'aekeras' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"aekeras.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
