"""What the examples say of each loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aekeras.equality.results import Cell, Table, listed, share_of
from aekeras.shares import EQUAL_WITHIN
from aekeras.suggestion.agreement import ENOUGH
from aekeras.suggestion.examples import Example

_SHOWN_TIES = 4


@dataclass(frozen=True, kw_only=True)
class Suggested:
    """How well one loss agrees with the examples.

    Attributes:
        loss: Its canonical text, which `--loss` takes.
        blind_to: What it cannot see.
        unit: Its median over unrelated pairs.
        agreement: Share of combinations of a pair that should be near and one that should be far in which it is so;
            ties count half.
        interval: 95 % interval of that; None of fewer than three pairs of a kind.
        margin: How much farther the nearest different pair is than the farthest equal one, in units; where there are
            no different ones, an unrelated pair at 1 takes their place, where there are no equal ones, 0.
        violations: Equal pairs that it does not count as equal, and different ones that it does.
    """

    loss: str
    blind_to: tuple[str, ...]
    unit: float
    agreement: float
    interval: tuple[float, float] | None
    margin: float
    violations: tuple[Example, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "loss": self.loss,
            "agreement": round(self.agreement, 6),
            "interval": None if self.interval is None else [round(end, 6) for end in self.interval],
            "margin": round(self.margin, 6),
            "violations": [example.to_dict() for example in self.violations],
            "blind_to": list(self.blind_to),
            "unit": round(self.unit, 6),
        }


@dataclass(frozen=True, kw_only=True)
class WeightedSum:
    """A sum of losses that was fitted to the examples.

    Attributes:
        suggested: The sum as a loss.
        held_out: Its agreement with pairs that were left out of the fit; None of fewer than three pairs of a kind.
        recommended: Whether it agrees better than every single loss, with pairs left out where that is known.
    """

    suggested: Suggested
    held_out: float | None
    recommended: bool

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        held_out = None if self.held_out is None else round(self.held_out, 6)
        return self.suggested.to_dict() | {"held_out_agreement": held_out, "recommended": self.recommended}


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """Losses by how well they agree with examples.

    Attributes:
        losses: From the one that agrees best; among those that agree as well, from the fewest violations, then from
            the largest margin, then in the order of the catalogue.
        sum: The fitted sum; None where there is none of two losses or more, or none was asked for.
        examples: All of them, the equal ones first.
        unrelated: Pairs that are no examples, over which units are taken.
        with_samples: How many of these have a built-in sample in them.
        left_out: (loss, reason) of those that cannot be compared.
        size: Pixels per side at which pictures are compared.
        seed: Of the samples, the unrelated pairs and the intervals.
    """

    losses: tuple[Suggested, ...]
    sum: WeightedSum | None
    examples: tuple[Example, ...]
    unrelated: int
    with_samples: int
    left_out: tuple[tuple[str, str], ...]
    size: int
    seed: int

    @property
    def best(self) -> str:
        """The loss to take: the sum where it is recommended, else the first."""
        return self.sum.suggested.loss if self.sum and self.sum.recommended else self.losses[0].loss

    def sentences(self) -> tuple[str, ...]:
        """What came of it, in words."""
        return (self._first(), *self._ties(), *self._hopeless(), *self._said_of_sum(), *self._one_kind(), self._unit())

    def table(self) -> Table:
        """The losses, and the numbers of the examples that they violate."""
        shown = [*self.losses, *([self.sum.suggested] if self.sum else [])]
        return Table(
            caption="Agreement with the examples; margin in units; the numbers of the examples that are violated",
            corner="loss",
            columns=("agreement", "margin", "violates", "blind to"),
            rows=tuple((one.loss, self._cells(one)) for one in shown),
        )

    def to_dict(self) -> dict[str, Any]:
        """What `aekeras losses suggest --json` prints."""
        return {
            "losses": [one.to_dict() for one in self.losses],
            "sum": self.sum.to_dict() if self.sum else None,
            "best": self.best,
            "examples": [example.to_dict() for example in self.examples],
            "unit": {"statistic": "median", "pairs": self.unrelated, "with_samples": self.with_samples},
            "equal_up_to_units": EQUAL_WITHIN,
            "left_out": [{"loss": loss, "reason": reason} for loss, reason in self.left_out],
            "size": self.size,
            "seed": self.seed,
        }

    def __str__(self) -> str:
        width = len(str(len(self.examples)))
        numbered = [f"  {i:>{width}}  {example}" for i, example in enumerate(self.examples, start=1)]
        reasons = [f"  {loss}: {reason}" for loss, reason in self.left_out]
        return "\n".join(
            [
                "Examples",
                *numbered,
                "",
                str(self.table()),
                *(["", "Left out", *reasons] if reasons else []),
                "",
                *self.sentences(),
            ]
        )

    __repr__ = __str__

    def _cells(self, one: Suggested) -> tuple[Cell, ...]:
        interval = "" if one.interval is None else f"{share_of(one.interval[0])} to {share_of(one.interval[1])}"
        numbers = [self.examples.index(example) + 1 for example in one.violations]
        return (
            Cell(text=share_of(one.agreement), interval=interval, shade=one.agreement),
            Cell(text=f"{one.margin:+.2f}"),
            Cell(text=", ".join(map(str, numbers)) or "none"),
            Cell(text=", ".join(one.blind_to) or "nothing"),
        )

    def _first(self) -> str:
        first = self.losses[0]
        count = len(self.examples)
        kept = count - len(first.violations)
        if kept == count:
            return f"`{first.loss}` agrees with {'the example' if count == 1 else f'all {count} examples'}."
        order = f"it has {share_of(first.agreement)} of the pairs in the right order"
        return f"`{first.loss}` agrees best: {order}, and agrees with {kept} of {count} example{_s(count)}."

    def _ties(self) -> tuple[str, ...]:
        first, *others = self.losses
        ties = [
            f"`{one.loss}`"
            for one in others
            if one.agreement == first.agreement and len(one.violations) == len(first.violations)
        ]
        if not ties:
            return ()
        more = len(ties) - _SHOWN_TIES
        named = listed([*ties[:_SHOWN_TIES], *([f"{more} more"] if more > 0 else [])])
        many = len(ties) > 1
        return (f"So do{'' if many else 'es'} {named}, with smaller or equal margins: further examples would decide.",)

    def _hopeless(self) -> tuple[str, ...]:
        return tuple(
            f"No loss calls {example.a.name} and {example.b.name} {'equal' if example.equal else 'different'}: look "
            "whether the example is meant so, or write a loss of your own (`aekeras losses new`)."
            for example in self.examples
            if all(example in one.violations for one in self.losses)
        )

    def _said_of_sum(self) -> tuple[str, ...]:
        if self.sum is None:
            return ()
        text, single = self.sum.suggested.loss, self.losses[0]
        if self.sum.held_out is None:
            unchecked = f"which cannot be checked with fewer than {ENOUGH} pairs of each kind"
            share = f"{share_of(self.sum.suggested.agreement)}, {unchecked}"
        else:
            share = f"{share_of(self.sum.held_out)} with pairs that were left out of the fit"
        beats = "agrees better than every single loss" if self.sum.recommended else "is not recommended"
        return (f"The fitted sum `{text}` {beats}: {share}, against {share_of(single.agreement)} of `{single.loss}`.",)

    def _one_kind(self) -> tuple[str, ...]:
        said = {example.equal for example in self.examples}
        if len(said) == 2:
            return ()
        missing, given = ("different", "equal") if True in said else ("equal", "different")
        return (
            f"No pair is given as {missing}, so agreement is the share of unrelated pairs that are "
            f"{'farther' if True in said else 'nearer'} than the {given} ones. Examples of both kinds tell more.",
        )

    def _unit(self) -> str:
        drawn = f", {self.with_samples} of them with a built-in sample" if self.with_samples else ""
        return (
            f"The unit of a loss is its median over {self.unrelated} unrelated pairs{drawn}; up to {EQUAL_WITHIN:g} of "
            f"it counts as equal. Pictures are compared at {self.size}x{self.size}."
        )


def _s(count: int) -> str:
    return "" if count == 1 else "s"
