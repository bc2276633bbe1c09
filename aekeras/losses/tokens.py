"""The words that a loss expression is made of, the values among them, and the reader of both."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from aekeras.errors import InputError

Value: TypeAlias = "bool | int | float | str | tuple[Value, ...] | None"

CONSTANTS: dict[str, Value] = {"True": True, "False": False, "None": None, "true": True, "false": False}

_DEEPEST = 50  # brackets in brackets; far above any use, far below where Python's stack ends
_VALUES = "A value is a number, text in quotes, True, False, None or a list of these; losses stand first"
_OF_PATHS = (".", ":", "\\")  # met alone only where a reference breaks off
_OWN = "A loss of your own is written 'file.py:Name', in quotes where the path holds spaces or brackets"

_NAME = r"[^\W\d]\w*"
# A reference comes first: it alone may hold signs that are operators elsewhere, as in ../my-losses/stripes.py:Stripes.
_TOKEN = re.compile(
    rf"""
      (?P<reference> [^\s()*+,=\[\]"']+ : {_NAME} )
    | (?P<number>    (?i:inf|infinity|nan)\b | (?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)? )
    | (?P<name>      {_NAME} )
    | (?P<string>    "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )
    | (?P<open>      ["'] )
    | (?P<mark>      [()*+,=\[\]/-] )
    | (?P<unknown>   \S )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A word of an expression as it is written, quotes included.

    Attributes:
        kind: "reference", "number", "name", "string", "mark", "unknown" or "end".
        text: Empty at the end.
        column: Of its first character, from 1.
    """

    kind: str
    text: str
    column: int

    @property
    def shown(self) -> str:
        """As an error message quotes it."""
        if self.kind == "end":
            return "the end"
        return self.text if self.kind == "number" else repr(self.text)


def tokens(text: str) -> Iterator[Token]:
    """The words of the text, read as they are asked for; behind the last one, "end" for ever.

    Raises:
        InputError: A string is not closed.
    """
    for match in _TOKEN.finditer(text):
        token = Token(str(match.lastgroup), match.group(), match.start() + 1)
        if token.kind == "open":
            end = Token("end", "", len(text) + 1)
            advice = "Add it, and double a backslash that ends the string"
            raise complaint(text, f"a closing {token.text} for the string", end, advice, column=token.column)
        yield token
    while True:
        yield Token("end", "", len(text) + 1)


def complaint(text: str, expected: str, received: Token, advice: str, *, column: int | None = None) -> InputError:
    """The error that says what was expected, and where: at the received token, if no other column is given."""
    place = f"at column {column or received.column} of {text!r}"
    return InputError(f"Expected {expected} {place}. Received: {received.shown}. {advice}.")


def is_plain(name: str) -> bool:
    """Whether the name of a loss is read back as that name when it is written without quotes."""
    match = _TOKEN.fullmatch(name)
    return match is not None and match.lastgroup in ("name", "reference") and name not in CONSTANTS


def unquoted(text: str) -> str:
    """What a string in quotes says.

    A backslash hides only quotes and backslashes, so that "C:\\losses\\my.py:Stripes" needs none doubled.
    """
    return re.sub(r"""\\([\\"'])""", r"\1", text[1:-1])


def quoted(text: str) -> str:
    """The string in double quotes, which `unquoted` takes off again."""
    return '"' + re.sub(r'([\\"])', r"\\\1", text) + '"'


def frozen(value: Any) -> Any:
    """The value with tuples for lists."""
    return tuple(frozen(item) for item in value) if isinstance(value, list | tuple) else value


def written(value: Value) -> str:
    """The value as an expression holds it.

    Examples:
        >>> written((1, 0.5, "conv 3", None))
        '[1, 0.5, "conv 3", None]'
    """
    if isinstance(value, tuple):
        return f"[{', '.join(written(item) for item in value)}]"
    if isinstance(value, str):
        return quoted(value)
    return float.__repr__(value) if isinstance(value, float) else repr(value)  # NumPy's floats show their type


class Reader:
    """Goes through the words of a text, with two of them in view.

    Attributes:
        before: The word read last.
        token: The next one.
        ahead: The one behind it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tokens(text)
        self._depth = 0
        self.before: Token | None = None
        self.token, self.ahead = next(self._tokens), next(self._tokens)

    def advance(self) -> Token:
        """The next word; it is read then."""
        self.before, self.token, self.ahead = self.token, self.ahead, next(self._tokens)
        return self.before

    def unexpected(self, expected: str, advice: str) -> InputError:
        """The error that says what should stand where the next word stands."""
        after = f" after {self.before.shown}" if self.before else ""
        advice = _OWN if self.token.text in _OF_PATHS else advice
        return complaint(self.text, expected + after, self.token, advice)

    def open(self) -> Token:
        """Reads an opening bracket."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.unexpected(f"at most {_DEEPEST} brackets in one another", "Nest less deeply")
        return self.advance()

    def close(self, opening: Token, other: str, closing: str) -> None:
        """Reads the closing bracket; `other` is what could also have stood there."""
        if self.token.text != closing:
            advice = f"The {opening.text!r} at column {opening.column} is still open"
            raise self.unexpected(f"{other} or {closing!r}", _VALUES if self.token.text in tuple("+-*/") else advice)
        self._depth -= 1
        self.advance()

    def items(self, closing: str) -> Iterator[Token]:
        """Stops at the first word of each item between brackets; a comma may stand behind the last."""
        opening = self.open()
        while self.token.text != closing:
            yield self.token
            if self.token.text != ",":
                break
            self.advance()
        self.close(opening, "','", closing)

    def number(self, advice: str) -> Token:
        """Reads a number and its sign as one word."""
        sign = self.advance() if self.token.text in ("+", "-") else None
        if self.token.kind != "number":
            raise self.unexpected("a number", advice)
        token = self.advance()
        return Token("number", sign.text + token.text, sign.column) if sign else token

    def value(self) -> Value:
        """Reads a value: whole numbers are int, lists are tuples."""
        token = self.token
        if token.text in ("(", "["):
            return tuple([self.value() for _ in self.items(")" if token.text == "(" else "]")])
        if token.kind == "string":
            return unquoted(self.advance().text)
        if token.text in CONSTANTS:
            return CONSTANTS[self.advance().text]
        if token.kind != "number" and token.text not in ("+", "-"):
            raise self.unexpected("a value", _VALUES)
        return self._finite(self.number(_VALUES))

    def _finite(self, token: Token) -> int | float:
        if not math.isfinite(float(token.text)):
            raise complaint(self.text, "a finite number", token, "Choose another")
        try:
            return int(token.text) if token.text.lstrip("+-").isdigit() else float(token.text)
        except ValueError:  # Python reads no integer of thousands of digits, zeros in front included
            raise complaint(self.text, "a number of fewer digits", token, "Choose another") from None
