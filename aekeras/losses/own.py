"""Losses from outside the catalogue: a file, an installed package, an entry point, a plain function, a Keras loss."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from aekeras.artefacts import shown_path, storage_errors
from aekeras.errors import InputError, MissingError, did_you_mean
from aekeras.losses.adapted import AdaptedLoss
from aekeras.losses.catalogue import unknown
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.installed import installed
from aekeras.losses.reference import OWN_PREFIX


def load(reference: str) -> Any:
    """The class, function or instance that `path/to/file.py:Name`, `package.module:Name` or an entry point names.

    Raises:
        MissingError: No such file or module.
        InputError: Nothing of this name in it, or code that fails when it is loaded.
    """
    place, _, name = reference.rpartition(":")
    if not place:
        return _entry_point(reference)
    module = _from_file(Path(place)) if place.endswith(".py") else _from_package(place)
    if not hasattr(module, name):
        names = [known for known, value in vars(module).items() if callable(value) and not known.startswith("_")]
        raise InputError(
            f"Expected a loss {name!r} in {place}. Found: {', '.join(names) or 'nothing'}.{did_you_mean(name, names)}"
        )
    return getattr(module, name)


def adapted(made: Any) -> ImageLoss:
    """A loss of ours, a Keras loss or a plain function as a loss of ours.

    Raises:
        InputError: It is none of these.
    """
    if isinstance(made, ImageLoss):
        return made
    if isinstance(made, type) or not (isinstance(made, keras.losses.Loss) or callable(made)):
        raise InputError(
            f"Expected a loss: a class derived from keras.losses.Loss, or a function (y_true, y_pred). "
            f"Received: {made!r}."
        )
    return AdaptedLoss(made)


def called(kind: type, losses: Sequence[ImageLoss], arguments: dict[str, Any]) -> Any:
    """An instance of a class of losses.

    Raises:
        InputError: Its constructor refuses the arguments.
    """
    if not issubclass(kind, keras.losses.Loss):
        raise InputError(f"Expected a class derived from keras.losses.Loss. Received: {kind.__name__}.")
    try:
        return kind(*losses, **arguments)
    except InputError:
        raise
    except Exception as error:  # whatever a person's own constructor raises
        shown = ", ".join([loss.text for loss in losses] + [f"{name}={value}" for name, value in arguments.items()])
        raise InputError(f"Expected {kind.__name__} to take ({shown}). Received: {explained(error)}.") from error


def explained(error: BaseException) -> str:
    """The error with the last line of code outside aekeras and the libraries that led to it.

    Examples:
        >>> explained(error)
        "NameError: name 'foo' is not defined (my_losses.py, line 12: return foo(x))"
    """
    told = f"{type(error).__name__}: {' '.join(str(error).split())}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
    if not frames:
        return told
    return f"{told} ({shown_path(Path(frames[-1].filename))}, line {frames[-1].lineno}: {frames[-1].line})"


def _is_own(file: str) -> bool:
    return any(str(getattr(module, "__file__", "")) == file for module in _own_modules())


def _own_modules() -> list[ModuleType]:
    return [module for name, module in list(sys.modules.items()) if name.startswith(OWN_PREFIX)]


def _entry_point(name: str) -> Any:
    found = installed()
    if name not in found:
        raise unknown(name, found)
    try:
        return found[name].load()
    except Exception as error:  # whatever a package raises when it is loaded
        raise InputError(
            f"Expected the loss {name!r} of {found[name].value} to load. Received: {explained(error)}. Mend the package."
        ) from error


def _from_package(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise InputError(f"Expected the module {name} to load. Received: {explained(error)}.") from error
        raise MissingError(
            f"Expected an installed module {name}. Found none. Install it, or name a file: my_losses.py:Name."
        ) from error
    except Exception as error:  # whatever a person's own module raises
        raise InputError(f"Expected the module {name} to load. Received: {explained(error)}. Mend it.") from error


def _from_file(path: Path) -> ModuleType:
    path = path.expanduser().absolute()
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
    sys.path.insert(0, str(path.parent))  # a file may import what lies beside it, as a script may
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a person's own file raises
        told = explained(error)
        del sys.modules[name]
        raise InputError(f"Expected {shown_path(path)} to load. Received: {told}. Mend it.") from error
    finally:
        sys.path.remove(str(path.parent))
    return module
