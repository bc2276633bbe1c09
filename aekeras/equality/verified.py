"""Verified blindness: is each loss blind to what it declares, and do its codes follow?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from aekeras.equality.distances import MOVED, as_floats, losses_of_pairs
from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.results import Cell, Result, Table, listed
from aekeras.equality.scale import UNSEEN, Scale
from aekeras.equality.transformations import TRANSFORMATIONS
from aekeras.losses.explaining import own_code
from aekeras.shares import EQUAL_WITHIN

Encode = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What speaks for or against one declared blindness.

    Attributes:
        seen: Largest loss of a change that should not be seen, as a share of the median loss of two pictures; None
            where nobody knows how to make such a change.
        changes: What was done: random changes of just that, and transformations.
        share: Median, over pictures, of how far these changes move the code on the average, in typical distances;
            None without codes.
        within: Up to this share, codes say that nothing has changed.
    """

    seen: float | None
    changes: tuple[str, ...]
    share: Estimate | None = None
    within: float = EQUAL_WITHIN

    @property
    def verdict(self) -> str:
        """confirmed, refuted or not measured: by the loss itself."""
        if self.seen is None:
            return "not measured"
        return "confirmed" if self.seen <= UNSEEN else "refuted"

    @property
    def code_follows(self) -> bool | None:
        """Whether the codes do not see it either."""
        return None if self.share is None else self.share.value <= self.within


@dataclass(frozen=True, kw_only=True, repr=False)
class Verified(Result):
    """What every loss is declared blind to, and what was found.

    Attributes:
        evidence: By loss, then by word of its `blind_to`.
        seed: Of the changes and the intervals.
        within: Share of a typical distance of codes up to which they say that nothing has changed.
    """

    title: ClassVar[str] = "Is each loss blind to what it declares?"
    key: ClassVar[str] = "blindness"

    evidence: Mapping[str, Mapping[str, Evidence]]
    seed: int
    within: float = EQUAL_WITHIN

    def sentences(self) -> tuple[str, ...]:
        said = [self._said(loss, words) for loss, words in self.evidence.items() if words]
        nothing = [f"`{loss}`" for loss, words in self.evidence.items() if not words]
        if nothing:
            said.append(f"{listed(nothing)} {'is' if len(nothing) == 1 else 'are'} declared blind to nothing.")
        return tuple(said)

    def _said(self, loss: str, words: Mapping[str, Evidence]) -> str:
        parts = []
        for verdict in ("confirmed", "refuted", "not measured"):
            named = [word for word, found in words.items() if found.verdict == verdict]
            parts += [f"{listed(named)} ({verdict})"] if named else []
        unheeded = [word for word, found in words.items() if found.code_follows is False]
        said = f"`{loss}` is declared blind to {listed(parts)}"
        if not any(found.share for found in words.values()):
            return f"{said}."
        return f"{said}; its codes {f'see {listed(unheeded)} after all' if unheeded else 'follow'}."

    def tables(self) -> tuple[Table, ...]:
        rows = tuple(
            (f"{loss}: {word}", _cells(found)) for loss, words in self.evidence.items() for word, found in words.items()
        )
        if not rows:
            return ()
        columns = (
            "verdict",
            "most that the loss sees, share of two pictures'",
            "how far the code moves, share of a typical distance",
            "by",
        )
        return (Table(caption="Declared blindness and evidence", corner="loss: blind to", columns=columns, rows=rows),)

    def plot(self, axes: Any) -> None:
        rows = [(f"{loss}: {word}", found) for loss, words in self.evidence.items() for word, found in words.items()]
        for number, (_, found) in enumerate(rows):
            if found.share is not None:
                ends = [[found.share.value - found.share.low], [found.share.high - found.share.value]]
                axes.errorbar([found.share.value], [-number], xerr=ends, fmt="o", color="C0", capsize=2)
        axes.axvline(self.within, linewidth=1, linestyle="--", color="C7")
        axes.set_xlim(left=0)
        axes.set_yticks([-number for number in range(len(rows))], [name for name, _ in rows])
        axes.set_xlabel("how far such changes move the code, in typical distances; left of the dashed line: equal")

    def to_dict(self) -> dict[str, Any]:
        return {
            loss: {word: self._as_dict(found) for word, found in words.items()} for loss, words in self.evidence.items()
        }

    def _as_dict(self, found: Evidence) -> dict[str, Any]:
        code = found.share
        return {
            "verdict": found.verdict,
            "seen": None if found.seen is None else round(found.seen, 6),
            "changes": list(found.changes),
            "share": None if code is None else round(code.value, 6),
            "share_interval": None if code is None else code.interval,
            "code_follows": found.code_follows,
            "seed": self.seed,
        }


def verify(
    losses: Mapping[str, Any],
    encode: Mapping[str, Encode],
    images: np.ndarray,
    code_scale: Mapping[str, Scale],
    loss_scale: Mapping[str, Scale],
    seed: int,
    within: float = EQUAL_WITHIN,
) -> Verified:
    """Makes the changes that each loss is declared blind to, and looks whether loss and codes notice.

    Args:
        losses: The losses, by name.
        encode: Encoders, by the same names; a loss without one is judged by itself alone.
        images: uint8 or [0, 1], shape (N, S, S, 3).
        code_scale: What distances of codes are usual.
        loss_scale: What values of the losses are usual.
        seed: Of the changes and the intervals.
        within: Share of a typical distance of codes up to which they say that nothing has changed.
    """
    before = as_floats(images)
    evidence = {}
    for name, loss in losses.items():
        changed = {word: _changed(loss, word, before, seed) for word in loss.blind_to}
        usual = loss_scale[name].typical
        evidence[name] = {
            word: Evidence(
                seen=_seen(loss, before, after, usual),
                changes=tuple(after),
                share=_of_codes(encode[name], before, after, code_scale[name], seed) if name in encode else None,
                within=within,
            )
            for word, after in changed.items()
        }
    return Verified(evidence=evidence, seed=seed, within=within)


Changed = dict[str, tuple[np.ndarray, np.ndarray]]


def _changed(loss: Any, word: str, before: np.ndarray, seed: int) -> Changed:
    """By what was done: the rows of the images that it changed, and what became of these."""
    from aekeras.losses import blindness

    known = blindness.of_words((word,)) if word in blindness.DIRECTIONS else ()
    random = known or tuple(one for one in loss.blindness if word in one.words)
    with own_code(f"{loss.text} to change {word}"):  # where a person's own loss makes its metamers
        after = {f"random {word}": np.asarray(blindness.change((one,), before, seed + 1)) for one in random}
    for one in TRANSFORMATIONS:
        if one.ignored_by == (word,):  # what takes two words, such as a swap, does not say which of them is wrong
            after[one.label] = np.asarray(one.apply(before, seed), np.float32)
    found = {}
    for what, images in after.items():
        moved = np.flatnonzero(np.abs(images - before).mean(axis=(1, 2, 3)) > MOVED)
        if len(moved):
            found[what] = moved, images[moved]
    return found


def _seen(loss: Any, before: np.ndarray, changed: Changed, usual: float) -> float | None:
    """The largest loss of a change, in usual losses."""
    most = [float(losses_of_pairs(loss, before[rows], after).max()) for rows, after in changed.values()]
    return max(most) / usual if most else None


def _of_codes(encode: Encode, before: np.ndarray, changed: Changed, scale: Scale, seed: int) -> Estimate | None:
    if not changed:
        return None
    codes = encode(before).astype(np.float64)
    far, counts = np.zeros(len(before)), np.zeros(len(before))
    for rows, after in changed.values():
        far[rows] += np.linalg.norm(encode(after) - codes[rows], axis=1)
        counts[rows] += 1
    moved = counts > 0
    return estimate(scale.share(far[moved] / counts[moved]), seed, np.median)


def _cells(found: Evidence) -> tuple[Cell, ...]:
    code = found.share
    return (
        Cell(text=found.verdict, mark="!" if found.verdict == "refuted" else ""),
        Cell(text="-" if found.seen is None else "< 0.001" if found.seen < UNSEEN else f"{found.seen:.3f}"),
        Cell(text="-") if code is None else Cell(text=f"{code.value:.3f}", interval=code.shown),
        Cell(text=", ".join(found.changes) or "-"),
    )
