"""Losses from outside the catalogue: a file, an installed package, an entry point, a plain function, a Keras loss."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
import sysconfig
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
from aekeras.losses.reference import OWN_PREFIX, remember

_AEKERAS = str(Path(__file__).parents[1])
# The longest first: packages may lie in a folder of Python's own library.
_LIBRARIES = sorted({_AEKERAS, *map(sysconfig.get_path, ("stdlib", "purelib", "platlib"))}, key=len, reverse=True)
_PACKAGES: set[str] = set()  # that were asked for a loss


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
    try:
        return kind(*losses, **arguments)
    except InputError:
        raise
    except Exception as error:  # whatever a person's own constructor raises
        shown = ", ".join([loss.text for loss in losses] + [f"{name}={value!r}" for name, value in arguments.items()])
        raise InputError(
            f"Expected {kind.__name__}({shown}) to give a loss. Received: {explained(error)}. Give other arguments, or "
            "mend it."
        ) from error


def explained(error: BaseException) -> str:
    """The error with the last line of a person's own code that led to it.

    Examples:
        >>> explained(error)
        "NameError: name 'foo' is not defined (my_losses.py, line 12: return foo(x))"
    """
    if isinstance(error, SyntaxError) and error.filename and error.text:
        return f"{type(error).__name__}: {error.msg} {_line(error.filename, error.lineno, error.text)}"
    told = ": ".join(filter(None, (type(error).__name__, " ".join(str(error).split()).rstrip("."))))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
    return f"{told} {_line(frames[-1].filename, frames[-1].lineno, frames[-1].line)}" if frames else told


def _line(file: str, number: int | None, text: str | None) -> str:
    return f"({shown_path(Path(file))}, line {number}: {(text or '').strip()})"


def _is_own(file: str) -> bool:
    """Whether code is neither of aekeras nor of Python or an installed package, unless a loss of it was asked for."""
    if file.startswith("<"):
        return False
    for library in _LIBRARIES:
        if Path(file).is_relative_to(library):
            return Path(file).relative_to(library).parts[0].removesuffix(".py") in _PACKAGES
    return True


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
    _PACKAGES.add(found[name].module.partition(".")[0])
    try:
        return found[name].load()
    except (Exception, SystemExit) as error:  # whatever a package raises when it is loaded
        raise InputError(
            f"Expected the loss {name!r} of {found[name].value} to load. Received: {explained(error)}. "
            "Mend the package."
        ) from error


def _from_package(name: str) -> ModuleType:
    _PACKAGES.update({name.partition(".")[0]} - {"keras"})  # whose losses call the rest of Keras
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
    except (Exception, SystemExit) as error:  # whatever a person's own module raises
        raise InputError(f"Expected the module {name} to load. Received: {explained(error)}. Mend it.") from error


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
    sys.path.insert(0, str(path.parent))  # a file may import what lies beside it, as a script may
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever a person's own file raises
        told = explained(error)
        del sys.modules[name]
        raise InputError(f"Expected {shown_path(path)} to load. Received: {told}. Mend it.") from error
    finally:
        sys.path.remove(str(path.parent))
    return module
