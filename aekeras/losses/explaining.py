"""What a person's own code raises, told in one line that leads to theirs."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aekeras.artefacts import shown_path
from aekeras.errors import AekerasError, InputError

_AEKERAS = str(Path(__file__).parents[1])
# The longest first: packages may lie in a folder of Python's own library.
_LIBRARIES = sorted({_AEKERAS, *map(sysconfig.get_path, ("stdlib", "purelib", "platlib"))}, key=len, reverse=True)
_PACKAGES: set[str] = set()  # that were asked for a loss


@contextmanager
def own_code(expected: str, remedy: str = "Mend it.") -> Iterator[None]:
    """Runs code that a person wrote; errors of aekeras pass as they are.

    Examples:
        >>> with own_code(f"{loss.text} to run"):
        ...     loss(images, others)
        InputError: Expected my.py:Mine to run. Received: NameError: name 'foo' is not defined (my.py, line 12: ...).
        Mend it.

    Args:
        expected: What the code is to do.
        remedy: What to do where it does not.

    Raises:
        InputError: Whatever else the code raises, the end of Python included.
    """
    try:
        yield
    except AekerasError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(f"Expected {expected}. Received: {explained(error)}. {remedy}") from error


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


def count_as_own(package: str) -> None:
    """From now on, the code of an installed package is a person's own: they asked for a loss of it."""
    _PACKAGES.add(package)


def _line(file: str, number: int | None, text: str | None) -> str:
    return f"({shown_path(Path(file))}, line {number}: {(text or '').strip()})"


def _is_own(file: str) -> bool:
    """Whether code is neither of aekeras nor of Python or an installed package, unless a loss of it was asked for."""
    if file.startswith("<") or not Path(file).is_file():  # of compiled libraries, too
        return False
    for library in _LIBRARIES:
        if Path(file).is_relative_to(library):
            return Path(file).relative_to(library).parts[0].removesuffix(".py") in _PACKAGES
    return True
