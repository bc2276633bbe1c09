"""Names that any file system takes, and paths as people read them."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from aekeras.errors import InputError

# Windows keeps these for devices, whatever follows the first dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_LONGEST = 80


def safe_name(text: str) -> str:
    """The text as a readable name for a file or folder on any system; the same text gives the same name.

    Where characters had to go, or only the case tells two texts apart, a hash of the text follows.

    Examples:
        >>> safe_name("l1_gray")
        'l1_gray'
        >>> safe_name("mirror(l1_gray)")
        'mirror-l1_gray-37811e05'

    Raises:
        InputError: The text is empty.
    """
    if not text.strip():
        raise InputError(f"Expected a name that is not empty. Received: {text!r}. Give it a name.")
    readable = re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")[:_LONGEST]
    if _DEVICES.match(readable):
        readable = f"_{readable}"
    if readable == text.lower():
        return readable
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{readable}-{mark}" if readable else mark


def plain_path(path: str | Path) -> str:
    """The path, absolute and without `..`; links stay as they are.

    Where the system would go elsewhere by `..` than the text says, behind a link, its way is taken.
    """
    absolute = Path(path).absolute()
    plain = os.path.normpath(absolute)
    if ".." in absolute.parts:
        last = len(absolute.parts) - absolute.parts[::-1].index("..")
        head = Path(*absolute.parts[:last])
        if os.path.realpath(head) != os.path.realpath(os.path.normpath(head)):
            return str(Path(os.path.realpath(head), *absolute.parts[last:]))
    return plain


def shown_path(path: Path) -> str:
    """The path as people read it: relative to the working directory where it lies below, else absolute."""
    # Path.resolve would follow links, and people know their pictures by the names they gave.
    absolute = Path(os.path.abspath(path))  # noqa: PTH100
    here = Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)
