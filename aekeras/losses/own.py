"""Losses from outside the catalogue: a file, an installed package, an entry point, a plain function, a Keras loss."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from aekeras.artefacts import shown_path, storage_errors
from aekeras.errors import InputError, MissingError, did_you_mean
from aekeras.losses.adapted import AdaptedLoss
from aekeras.losses.catalogue import unknown
from aekeras.losses.explaining import count_as_own, explained, own_code
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.installed import installed
from aekeras.losses.reference import OWN_PREFIX, remember


def load(reference: str) -> Any:
    """The class, function or instance that `path/to/file.py:Name`, `package.module:Name` or an entry point names.

    Raises:
        MissingError: No such file or module.
        InputError: Nothing of this name in it, or code that fails when it is loaded.
    """
    place, _, name = reference.rpartition(":")
    if not place:
        made = _entry_point(reference)
    else:
        module = _from_file(path_of(place)) if place.endswith(".py") else _from_package(place)
        made = _of_module(module, place, name)
    if not isinstance(made, keras.losses.Loss):  # a loss is called by its class
        remember(made, str(path_of(place)) if place.endswith(".py") else place, name)
    return made


def adapted(made: Any) -> ImageLoss:
    """A loss of ours, a Keras loss or a plain function as a loss of ours.

    Raises:
        InputError: It is none of these, its constructor leaves out that of Keras, or `blind_to` is no list of words.
    """
    if isinstance(made, type) or not (isinstance(made, keras.losses.Loss) or callable(made)):
        raise InputError(
            f"Expected a loss: a class derived from keras.losses.Loss, or a function (y_true, y_pred). "
            f"Received: {made!r}."
        )
    if isinstance(made, keras.losses.Loss) and not hasattr(made, "reduction"):
        raise InputError(
            f"Expected the constructor of {type(made).__name__} to call that of its base class. It does not. Write "
            "`super().__init__(**keywords)` in it."
        )
    loss = made if isinstance(made, ImageLoss) else AdaptedLoss(made)
    _check_words(loss)
    return loss


def called(kind: type, losses: Sequence[ImageLoss], arguments: dict[str, Any]) -> Any:
    """An instance of a class of losses.

    Raises:
        InputError: Its constructor refuses the arguments.
    """
    if not issubclass(kind, keras.losses.Loss):
        raise InputError(f"Expected a class derived from keras.losses.Loss. Received: {kind.__name__}.")
    shown = ", ".join([loss.text for loss in losses] + [f"{name}={value!r}" for name, value in arguments.items()])
    with own_code(f"{kind.__name__}({shown}) to give a loss", "Give other arguments, or mend it."):
        return kind(*losses, **arguments)


def _check_words(loss: ImageLoss) -> None:
    """Passes a loss whose `blind_to` is a sequence of words."""
    words = loss.blind_to
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise InputError(
            f"Expected `blind_to` of {loss.text} to be a tuple of words. Received: {words!r}. Write, for example, "
            '`blind_to = ("chroma",)`.'
        )


def path_of(place: str) -> Path:
    """The absolute path of a file as an expression names it."""
    return Path(os.path.abspath(Path(place).expanduser()))  # noqa: PTH100 - links stay, as in `shown_path`


def _of_module(module: ModuleType, place: str, name: str) -> Any:
    if not hasattr(module, name):
        names = [known for known, value in vars(module).items() if callable(value) and not known.startswith("_")]
        raise InputError(
            f"Expected a loss {name!r} in {place}. Found: {', '.join(names) or 'nothing'}.{did_you_mean(name, names)}"
        )
    return getattr(module, name)


def _entry_point(name: str) -> Any:
    found = installed()
    if name not in found:
        raise unknown(name, found)
    count_as_own(found[name].module.partition(".")[0])
    with own_code(f"the loss {name!r} of {found[name].value} to load", "Mend the package."):
        return found[name].load()


def _from_package(name: str) -> ModuleType:
    package = name.partition(".")[0]
    if package != "keras":  # whose losses call the rest of Keras
        count_as_own(package)
    with own_code(f"the module {name} to load"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise InputError(
                    f"Expected the module {name} to load. Received: {explained(error)}. Install what it needs."
                ) from error
            raise MissingError(
                f"Expected an installed module {name}. Found none. Install it, or name a file: my_losses.py:Name."
            ) from error


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise MissingError(
            f"Expected a file of losses in {shown_path(path)}. Found none. `aekeras losses new` makes one."
        )
    with storage_errors(path):
        content = path.read_bytes()
    name = OWN_PREFIX + hashlib.sha256(bytes(path) + content).hexdigest()[:12]
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    before = set(sys.modules)
    sys.path.insert(0, str(path.parent))  # a file may import what lies beside it, as a script may
    try:
        with own_code(f"{shown_path(path)} to load"), contextlib.redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(str(path.parent))
        _forget_neighbors(path.parent, set(sys.modules) - before)
    return module


def _forget_neighbors(folder: Path, loaded: set[str]) -> None:
    """So that another folder's file gets its own neighbors of the same names."""
    for name in loaded:
        file = getattr(sys.modules[name], "__file__", None)
        if file is not None and Path(file).is_relative_to(folder) and "site-packages" not in Path(file).parts:
            del sys.modules[name]
