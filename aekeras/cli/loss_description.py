"""One loss in full: a name of the catalogue, an expression, or one's own."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from aekeras.cli.loss_listing import NOTHING, called, columns, entry
from aekeras.losses import Row, canonical, catalogue, find, get
from aekeras.losses.expression import Call, Node, Sum, parse

if TYPE_CHECKING:
    from aekeras.losses import ImageLoss

_LABEL_WIDTH = 8


def described(text: str) -> dict[str, Any]:
    """The loss under the keys of `Row.to_dict`; a name of the catalogue is described without loading Keras.

    A sum has "name", "blind_to" and "terms", each with its "weight"; a loss that wraps another has "losses", too.

    Raises:
        InputError: No such loss; the message offers the nearest name.
        MissingError: A file or module that is not there.
    """
    for row in catalogue():
        if text.strip() in (row.name, called(row)):
            return row.to_dict()
    canonical(text)  # tells of unknown names without loading Keras
    return _of_node(get(text).expression)


def printed(description: dict[str, Any]) -> str:
    """What `described` gave, as lines of text."""
    head = click.style(_shown(description), bold=True)
    fields = (columns(label, [text], _LABEL_WIDTH) for label, text in _fields(description) if text)
    parts = _parts(description)
    width = max((len(name) for name, _ in parts), default=0)
    entries = [entry(name, _summary(part), part["blind_to"], width) for name, part in parts]
    return "\n".join([head, *fields, *([""] if parts else []), *entries])


def _fields(description: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "summary", _summary(description)
    for key in ("question", "formula", "sees"):
        yield key, description.get(key, "")
    yield "blind to", ", ".join(description["blind_to"]) or NOTHING
    if knobs := description.get("knobs"):
        inside = (Call("loss"),) if description["wraps"] else ()
        yield "knobs", str(Call(_name(description), inside, tuple(knobs.items())))
    yield "source", description.get("source", "")


def _parts(description: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What the loss is made of, and how to call it."""
    terms = [(_weighted(term["weight"], term["name"]), term) for term in description.get("terms", ())]
    return terms + [(inner["name"], inner) for inner in description.get("losses", ())]


def _weighted(weight: float, name: str) -> str:
    return name if weight == 1 else f"{weight:.12g}*{name}"


def _shown(description: dict[str, Any]) -> str:
    bare = description.get("wraps") and "losses" not in description
    return f"{description['name']}(loss)" if bare else description["name"]


def _summary(description: dict[str, Any]) -> str:
    """What it counts as equal, without the name with which the summary of a wrapper begins."""
    summary = str(description.get("summary", ""))
    return summary.removeprefix(f"{_name(description)}(loss): ") if summary else ""


def _name(description: dict[str, Any]) -> str:
    """The loss's name without what it is given."""
    node = parse(description["name"])
    assert isinstance(node, Call)  # sums have no row
    return node.name


def _of_node(node: Node) -> dict[str, Any]:
    loss = get(str(node))
    own = {"name": str(node), "blind_to": list(loss.blind_to)}
    if isinstance(node, Sum):
        return own | {"terms": [{"weight": weight} | _of_node(term) for weight, term in node.terms]}
    inside = {"losses": [_of_node(inner) for inner in node.losses]} if node.losses else {}
    return _row(node, loss).to_dict() | own | inside


def _row(node: Call, loss: ImageLoss) -> Row:
    """The row of the catalogue, or one made of what a person's own loss says of itself."""
    from aekeras.losses.adapted import AdaptedLoss

    if node.name in {row.name for row in catalogue()}:
        return find(node.name)
    adapted = isinstance(loss, AdaptedLoss)
    made = loss.made if adapted else type(loss)
    documented = made if inspect.isclass(made) or inspect.isroutine(made) else type(made)
    return Row(
        name=node.name,
        path=node.name,
        family="own",
        question="your own",
        summary=inspect.cleandoc(documented.__doc__ or "").partition("\n")[0],
        formula="",
        sees="",
        blind_to=loss.blind_to,
        knobs=dict(node.arguments) if adapted else {name: _plain(value) for name, value in loss.knobs().items()},
        source=node.name.rpartition(":")[0],
    )


def _plain(value: Any) -> Any:
    """The value where JSON and expressions have a form for it, else its text."""
    return value if isinstance(value, bool | int | float | str | None) else str(value)
