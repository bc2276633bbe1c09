"""Text of others as a page can show it."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# Halves of characters, which file names that are not Unicode come with, and control characters.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def showable(text: str) -> str:
    """The text with a sign of replacement for every character that no page may hold."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def prose(text: str) -> Markup:
    """The text with what stands in backticks as code."""
    parts = text.replace(" %", "\N{NO-BREAK SPACE}%").split("`")
    if len(parts) % 2 == 0:  # the last backtick has no partner
        parts[-2:] = ["`".join(parts[-2:])]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )
