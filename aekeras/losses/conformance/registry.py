"""What is checked, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aekeras.losses.conformance import gradients, precision, seeing, values, view, writing
from aekeras.losses.conformance.subject import Finding, Subject


@dataclass(frozen=True)
class Promise:
    """One promise of a loss.

    Attributes:
        name: What is checked, in a word or two.
        measure: Gives the figure and, where the promise is broken, the fault.
        meaning: What the figure is, or what holds.
        fundamental: Whether nothing else can be measured where it is broken.
    """

    name: str
    measure: Callable[[Subject], Finding]
    meaning: str
    fundamental: bool = False


PROMISES = (
    Promise("text", writing.text, "it has a canonical text", fundamental=True),
    Promise(
        "shape", values.shape, "one value per picture, also of one picture and of pictures that are not square", True
    ),
    Promise("finite", values.finite, "pairs of pictures whose value is no number", fundamental=True),
    Promise("identity", values.identity, "loss(x, x), in typical losses"),
    Promise("non-negative", values.non_negative, "how far below 0, in typical losses"),
    Promise("symmetric", values.symmetric, "loss(x, y) - loss(y, x), in typical losses"),
    Promise("triangle", values.triangle, "by how much the direct way is longer than a detour"),
    Promise("flip", values.flip, "loss(flip x, flip y) - loss(x, y), in typical losses"),
    Promise("batch", values.batch, "between a pair alone and in a batch, in typical losses"),
    Promise("in parts", precision.in_parts, "between the loss and what it prepares and compares, in typical losses"),
    Promise("number formats", precision.number_formats, "between float16, float32 and float64, in typical losses"),
    Promise("compiled", precision.compiled, "between compiled and step by step, in typical losses"),
    Promise("gradient finite", gradients.finite, "pairs of pictures whose gradient is no number"),
    Promise("gradient", gradients.present, "share of the pairs of pictures whose gradient is not 0"),
    Promise("gradient blind", gradients.along_blindness, "along colors that are not seen, of the mean gradient"),
    Promise("view", view.view, "pictures whose view is not of numbers"),
    Promise("metamers", seeing.metamers, "loss(x, metamer(x)), in typical losses"),
    Promise("metamers alike", seeing.alike, "loss(y, metamer(x)) - loss(y, x), in typical losses"),
    Promise("blind", seeing.blind, "the most that a change counts which is said not to be seen, in typical losses"),
    Promise("sees", seeing.sees, "the least that any other change counts, in typical losses"),
    Promise("round trip", writing.round_trip, "the text and the configuration give an equal loss"),
)
RELOAD = "reload"
RELOAD_MEANING = "between here and a fresh process, in typical losses"
CHECKS = (*(promise.name for promise in PROMISES), RELOAD)
"""The names of all checks, in the order of the table."""
