"""Every loss on every example."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aekeras import losses as catalogue
from aekeras.equality.distances import as_floats
from aekeras.errors import AekerasError, InputError
from aekeras.progress import Progress
from aekeras.shares import EQUAL_WITHIN
from aekeras.stderr import held_back
from aekeras.suggestion import weighing
from aekeras.suggestion.agreement import agreement, interval
from aekeras.suggestion.examples import Examples, gather
from aekeras.suggestion.result import Suggested, Suggestion, WeightedSum

_BATCH = 64
_INSIDE = ("l1", "l1_gray")  # each wrapper of the catalogue around one that sees colors and one that does not


@dataclass(frozen=True, kw_only=True, eq=False)
class _Asked:
    """A loss and its values, in its units, over examples and unrelated pairs, shape (P,)."""

    loss: Any
    unit: float
    values: np.ndarray


def suggest(
    equal: Iterable[Sequence[str | Path]] = (),
    different: Iterable[Sequence[str | Path]] = (),
    *,
    losses: Sequence[str] | None = None,
    more: Sequence[str] = (),
    size: int = 64,
    seed: int = 0,
    fit: bool = True,
    progress: Progress | None = None,
) -> Suggestion:
    """Ranks losses by how well they agree with examples, and fits a sum of them.

    Args:
        equal: Pairs of picture files that are to be equal.
        different: Pairs that are to be different.
        losses: Expressions to rank; every loss of the catalogue where None.
        more: Further expressions, such as losses of one's own.
        size: Pixels per side at which pictures are compared.
        seed: Of the samples that stand in for unrelated pictures, and of the intervals.
        fit: Whether to fit a sum, which takes examples of both kinds.
        progress: Told of each loss.

    Raises:
        InputError: No example, examples that contradict each other, a file that is no picture, an unknown loss, or no
            loss that can be compared.
        MissingError: A file that is not there.

    Examples:
        >>> print(suggest(equal=[("ginger-cat.png", "blue-cat.png")], different=[("ginger-cat.png", "dog.png")]))
    """
    texts = list(dict.fromkeys(map(catalogue.canonical, [*(_all() if losses is None else losses), *more])))
    examples = gather(equal, different, size, seed)
    progress = progress or Progress()
    progress.begin("comparing pictures", 0)
    asked, left_out = [], []
    for done, text in enumerate(texts, start=1):
        progress.advance(done, text)
        try:
            asked.append(_asked(text, examples))
        except Exception as error:  # a loss of one's own may raise anything, and the others are still of use
            left_out.append((text, _reason(error)))
    progress.end(f"under {len(asked)} loss{'es' if len(asked) != 1 else ''}")
    if not asked:
        raise InputError(f"Expected a loss that can be compared. Received: {_told(left_out)}. Name others.")
    ranked = sorted((_suggested(one.loss, one.unit, one.values, examples, seed) for one in asked), key=_rank)
    return Suggestion(
        losses=tuple(ranked),
        sum=_sum(asked, examples, ranked[0], seed) if fit else None,
        examples=examples.given,
        unrelated=examples.unrelated,
        with_samples=examples.with_samples,
        left_out=tuple(left_out),
        size=size,
        seed=seed,
    )


def _all() -> Iterable[str]:
    for row in catalogue.catalogue():
        if row.wraps:
            yield from (f"{row.name}({inside})" for inside in _INSIDE)
        elif row.example:
            yield row.example


def _asked(text: str, examples: Examples) -> _Asked:
    with held_back():  # TensorFlow's greetings
        loss = catalogue.get(text)
    one, other = (examples.pictures[examples.pairs[:, side]] for side in (0, 1))
    values = _values(loss, one, other)
    if not loss.symmetric:
        values = 0.5 * (values + _values(loss, other, one))
    unit = float(np.median(values[len(examples.given) :]))
    if not unit > 0:
        raise InputError(f"Expected values above 0 between unrelated pictures. Received: a median of {unit:g}.")
    return _Asked(loss=loss, unit=unit, values=values / unit)


def _values(loss: Any, images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """loss(image, other) for uint8 images (P, S, S, 3), (P,) float64."""
    starts = range(0, len(images), _BATCH)
    parts = [loss(as_floats(images[i : i + _BATCH]), as_floats(others[i : i + _BATCH])) for i in starts]
    values = np.concatenate([np.asarray(part, np.float64).reshape(-1) for part in parts])
    if values.shape != (len(images),) or not np.isfinite(values).all() or values.min() < -1e-6:
        raise InputError(
            "Expected one finite value of at least 0 per pair. Received: others. Run `aekeras losses check`."
        )
    return np.maximum(values, 0.0)


def _suggested(loss: Any, unit: float, values: np.ndarray, examples: Examples, seed: int) -> Suggested:
    said, given = examples.equal, values[: len(examples.given)]
    unrelated = values[len(examples.given) :]
    near, far = given[said], given[~said]
    compared = (near if len(near) else unrelated, far if len(far) else unrelated)
    violated = (given > EQUAL_WITHIN) == said
    return Suggested(
        loss=loss.text,
        blind_to=loss.blind_to,
        unit=unit,
        agreement=agreement(*compared),
        interval=interval(*compared, seed),
        margin=float((far.min() if len(far) else 1.0) - (near.max() if len(near) else 0.0)),
        violations=tuple(example for example, wrong in zip(examples.given, violated, strict=True) if wrong),
    )


def _rank(one: Suggested) -> tuple[Any, ...]:
    return -one.agreement, len(one.violations), -round(one.margin, 3), catalogue.position(one.loss)


def _sum(asked: Sequence[_Asked], examples: Examples, best: Suggested, seed: int) -> WeightedSum | None:
    """The fitted sum; None where a single loss is all of it."""
    said = examples.equal
    if said.all() or not said.any():
        return None
    values = np.stack([one.values for one in asked], axis=1)
    given = values[: len(said)]
    fitted = weighing.fit(given, said)
    if np.count_nonzero(fitted) < 2:
        return None
    own = fitted / [one.unit for one in asked]
    weights = [float(f"{weight:.2g}") for weight in own / own.max()]
    loss = sum(weight * one.loss for weight, one in zip(weights, asked, strict=True) if weight)
    totals = values @ (np.array(weights) * [one.unit for one in asked])
    unit = float(np.median(totals[len(said) :]))
    suggested = _suggested(loss, unit, totals / unit, examples, seed)
    held_out = weighing.held_out_agreement(given, said, seed)
    share = suggested.agreement if held_out is None else held_out
    return WeightedSum(suggested=suggested, held_out=held_out, recommended=share > best.agreement)


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, AekerasError) else f"{type(error).__name__}: {text}"


def _told(left_out: Sequence[tuple[str, str]]) -> str:
    return "; ".join(f"{loss} ({reason})" for loss, reason in left_out) or "none"
