"""The grammar of loss expressions: text to a tree of names, weights and values, and back.

    sum      = product {"+" product}
    product  = factor {("*" | "/") factor}          one factor is a loss, the others are numbers above 0
    factor   = number | "(" sum ")" | call
    call     = loss ["(" [argument {"," argument}] ")"]
    loss     = name | reference | string            l1_gray, file.py:Class, "a file.py:Class"
    argument = sum | name "=" value                 losses first
    value    = number | string | True | False | None | "[" values "]" | "(" values ")"

What a name stands for is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from aekeras.errors import InputError
from aekeras.losses.tokens import (
    CONSTANTS,
    Reader,
    Token,
    Value,
    complaint,
    frozen,
    is_plain,
    quoted,
    unquoted,
    written,
)

_DIGITS = 12  # of a weight, so that 0.1 + 0.2 is 0.3

_NAME_ONE = "Name one, for example 'l1_gray'"
_ONLY_ADDED = "Losses can only be added, with weights above 0"
_BY_NUMBERS = "Losses can only be added, and weighted by numbers, for example 'l1_gray*0.5'"
_CHOOSE = "Choose one such as 0.5, or leave the loss out"
_WEIGHTS = "A number is the weight of a loss, for example '0.5*l1_gray'"
_KEYWORDS = "Values need a keyword, for example 'size=0.5'"
_STRAY = {
    ")": "It closes nothing: remove it",
    "]": "It closes nothing: remove it",
    "=": "Keyword arguments stand in parentheses, for example 'ssim(filter_size=7)'",
}


@dataclass(frozen=True)
class Call:
    """A loss by its name, with what it is given.

    Attributes:
        name: Of the catalogue, or a reference such as "my_losses.py:Stripes".
        losses: Those it wraps.
        arguments: Keywords and values, sorted by keyword.
        column: Where the name stands in the text, from 1; no part of what the loss is.
    """

    name: str
    losses: tuple[Node, ...] = ()
    arguments: tuple[tuple[str, Value], ...] = ()
    column: int = field(default=1, compare=False)

    def __post_init__(self) -> None:
        arguments = ((key, frozen(value)) for key, value in self.arguments)
        object.__setattr__(self, "arguments", tuple(sorted(arguments, key=lambda pair: pair[0])))

    def __str__(self) -> str:
        name = self.name if is_plain(self.name) else quoted(self.name)
        given = [str(loss) for loss in self.losses] + [f"{key}={written(value)}" for key, value in self.arguments]
        return f"{name}({', '.join(given)})" if given else name


@dataclass(frozen=True)
class Sum:
    """Losses with their weights, none twice and none a sum itself: made by `weighted_sum`."""

    terms: tuple[tuple[float, Node], ...]

    def __str__(self) -> str:
        return " + ".join(f"{repr(w).removesuffix('.0')}*{loss}" if w != 1 else str(loss) for w, loss in _terms(self))


Node: TypeAlias = Call | Sum


def weighted_sum(terms: Iterable[tuple[float, Node]]) -> Node:
    """The sum of the terms as one flat sum, in the order given; a single loss of weight 1 is that loss.

    Weights are kept to 12 significant digits.

    Raises:
        InputError: No terms, or a weight that is not above 0 and finite.
    """
    totals: dict[Call, float] = {}
    for weight, node in terms:
        for inner, loss in _terms(node):
            totals[loss] = totals.get(loss, 0.0) + _positive(weight, loss) * inner
    if not totals:
        raise InputError("Expected at least one loss to add up. Received: none. Give one.")
    flat = tuple((_positive(float(f"{total:.{_DIGITS}g}"), loss), loss) for loss, total in totals.items())
    return flat[0][1] if len(flat) == 1 and flat[0][0] == 1 else Sum(flat)


def ordered(node: Node, key: Callable[[Call], Any]) -> Node:
    """The same tree with the terms of every sum sorted by key(loss)."""
    if isinstance(node, Call):
        return _with_ordered_losses(node, key)
    terms = [(weight, _with_ordered_losses(loss, key)) for weight, loss in _terms(node)]
    terms.sort(key=lambda term: key(term[1]))
    return weighted_sum(terms)  # sorted inside, two of them may have become equal


def names(node: Node) -> Iterator[Call]:
    """Every call in the tree, outermost first, left to right."""
    for _, loss in _terms(node):
        yield loss
        for inner in loss.losses:
            yield from names(inner)


def parse(text: str) -> Node:
    """The tree of an expression.

    Examples:
        >>> str(parse("2*(l1_gray + 0.5*ssim) + ssim"))
        '2*l1_gray + 2*ssim'
        >>> parse('mirror(my_losses.py:Stripes(period=4))').losses[0].name
        'my_losses.py:Stripes'

    Raises:
        InputError: It is none; the message says at which column.
    """
    if not isinstance(text, str):
        kind = type(text).__name__
        raise InputError(f"Expected `text` to be a string. Received: {kind}. Write a loss, for example 'l1_gray'.")
    return _Parser(text).whole()


def _terms(node: Node, weight: float = 1.0) -> Iterator[tuple[float, Call]]:
    if isinstance(node, Call):
        yield weight, node
    else:
        for own, term in node.terms:
            yield from _terms(term, weight * own)


def _with_ordered_losses(loss: Call, key: Callable[[Call], Any]) -> Call:
    return replace(loss, losses=tuple(ordered(inner, key) for inner in loss.losses))


def _positive(weight: float, loss: Call) -> float:
    if not 0 < weight < math.inf:
        raise InputError(
            f"Expected the weight of {str(loss)!r} to be above 0 and finite. Received: {weight}. {_CHOOSE}."
        )
    return weight


class _Parser(Reader):
    """Recursive descent: a method for each line of the grammar."""

    def whole(self) -> Node:
        node = self._sum(_WEIGHTS)
        if self.token.kind != "end":
            raise self.unexpected("'+' or the end", _STRAY.get(self.token.text, "Join losses with '+'"))
        return node

    def _sum(self, advice: str) -> Node:
        start = self.token
        terms = [self._product(advice)]
        while self.token.text == "+":
            self.advance()
            terms.append(self._product(_WEIGHTS))
        if self.token.text == "-":
            raise self.unexpected("'+'", _ONLY_ADDED)
        try:
            return weighted_sum(terms)
        except InputError as error:
            received = f"at column {start.column} of {self.text!r}. Received: one too large or too small for a number"
            raise InputError(
                f"Expected a total weight above 0 and finite {received}. Choose weights nearer to 1."
            ) from error

    def _product(self, advice: str) -> tuple[float, Node]:
        operator = "*"
        numbers: list[tuple[str, Token]] = []
        loss: Node | None = None
        while True:
            if loss is None and operator == "*" and not self._at_number():
                loss = self._loss()
            else:
                numbers.append((operator, self.number(_BY_NUMBERS)))
            if self.token.text not in ("*", "/"):
                break
            operator = self.advance().text
        if loss is None:
            raise complaint(self.text, "a loss", numbers[0][1], advice)
        return self._weight(numbers), loss

    def _weight(self, numbers: list[tuple[str, Token]]) -> float:
        weight = 1.0
        for operator, token in numbers:
            value = float(token.text)
            if not 0 < value < math.inf:
                what = "a weight" if operator == "*" else "a divisor"
                raise complaint(self.text, f"{what} above 0 and finite", token, _CHOOSE)
            weight = weight * value if operator == "*" else weight / value
        return weight

    def _loss(self) -> Node:
        token = self.token
        if token.text == "(":
            return self._group()
        if token.text in CONSTANTS or token.text == "[":
            raise self.unexpected("a loss", _KEYWORDS)
        if token.kind not in ("name", "reference", "string") or token.text in ('""', "''"):
            raise self.unexpected("a loss", _ONLY_ADDED if token.text == "-" else _NAME_ONE)
        return self._call()

    def _group(self) -> Node:
        opening = self.open()
        node = self._sum(_WEIGHTS)
        self.close(opening, "'+'", ")")
        return node

    def _call(self) -> Call:
        token = self.advance()
        name = unquoted(token.text) if token.kind == "string" else token.text
        losses: list[Node] = []
        arguments: dict[str, Value] = {}
        if self.token.text == "(":
            for first in self.items(")"):
                if first.kind == "name" and self.ahead.text == "=":
                    self._keyword(arguments)
                    continue
                losses.append(self._sum(_KEYWORDS))
                if arguments:
                    raise complaint(self.text, "losses before keyword arguments", first, "Move it to the front")
        return Call(name, tuple(losses), tuple(arguments.items()), token.column)

    def _keyword(self, arguments: dict[str, Value]) -> None:
        key = self.token
        if key.text in arguments:
            raise self.unexpected("every keyword once", "Remove one of the two")
        self.advance()
        self.advance()
        arguments[key.text] = self.value()

    def _at_number(self) -> bool:
        return self.token.kind == "number" or (self.token.text == "-" and self.ahead.kind == "number")
