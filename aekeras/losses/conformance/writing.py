"""Checks of the loss's text and configuration: what a run writes down is the loss again."""

from __future__ import annotations

from aekeras import losses
from aekeras.losses.conformance.subject import Finding, Subject


def text(subject: Subject) -> Finding:
    """A canonical text, made of what the constructor was given."""
    return Finding(note=f"it is written {subject.given.text}")


def round_trip(subject: Subject) -> Finding:
    """An equal loss from the text, and another one from the configuration."""
    written = subject.loss.text
    again = losses.get(written)
    if again != subject.loss or again.text != written:
        return _other(f"get({written!r})", written, again.text)
    copied = type(subject.loss).from_config(subject.loss.get_config())
    if copied != subject.loss:
        return _other("from_config(get_config())", written, copied.text)
    return Finding()


def _other(way: str, written: str, found: str) -> Finding:
    return Finding(
        fault=f"Expected {way} to give the loss {written} again. Received: {found}. Keep each argument of the "
        "constructor as it was given, as an attribute of the same name."
    )
