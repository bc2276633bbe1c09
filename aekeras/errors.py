"""The errors that aekeras raises: one tree, each child also the builtin it stands for.

Every message reads `Expected <what>. Received: <value>. <what to do>.`; the command line prints it as it is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AekerasError(Exception):
    """The root: whatever aekeras raises on purpose is one of these."""


class InputError(AekerasError, ValueError):
    """A value, a file or a folder that cannot be used."""


class MissingError(AekerasError, FileNotFoundError):
    """A file, a folder or an artefact that should be there and is not."""


class UnreadableImageError(InputError):
    """A file that is not a picture, or not a whole one."""


class MismatchError(InputError):
    """Two artefacts that do not belong together: an index and the model that asks it."""


class CollapseError(AekerasError, RuntimeError):
    """A training whose reconstructions are no better than one constant image."""


class StorageError(AekerasError, OSError):
    """A disk that is full, or a folder that cannot be written."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint " Did you mean 'x'?", or nothing when no known word is near.

    Examples:
        >>> did_you_mean("l1_grey", ["l1", "l1_gray"])
        " Did you mean 'l1_gray'?"
        >>> did_you_mean("zebra", ["l1", "l1_gray"])
        ''
    """
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
