"""Leakage: how much of what a loss is blind to can still be read from its codes?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from aekeras.equality.distances import as_floats, losses_of_pairs
from aekeras.equality.estimates import Estimate
from aekeras.equality.probe import RESOLUTION, Encode, Probe, Readable
from aekeras.equality.results import Cell, Result, Table, listed, share_of
from aekeras.equality.scale import UNSEEN
from aekeras.errors import InputError
from aekeras.losses.explaining import own_code

_FEWEST = 8  # pictures
_METAMERS = 4  # of each picture


@dataclass(frozen=True, kw_only=True, repr=False)
class Leakage(Result):
    """What can be read from the codes of each loss.

    Attributes:
        trained: By loss.
        controls: By control, then by loss.
        shuffled: R2 where the probe is taught the changes of other pictures, by loss.
        blind_to: What each loss is blind to.
        blind_to_nothing: Losses of which nothing can leak.
        left_out: Losses that cannot be probed, and why.
        seed: Of the metamers, the split and the intervals.
    """

    title: ClassVar[str] = "What can still be read from the codes?"
    key: ClassVar[str] = "leakage"

    trained: Mapping[str, Readable]
    controls: Mapping[str, Mapping[str, Readable]]
    shuffled: Mapping[str, Estimate]
    blind_to: Mapping[str, tuple[str, ...]]
    blind_to_nothing: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    seed: int

    def sentences(self) -> tuple[str, ...]:
        said = [
            "Metamers of a picture are other pictures that a loss cannot tell from it. What differs between them is "
            "what the loss is blind to, and a code that keeps none of it is the same for all of them. A linear probe "
            f"tries to read it nevertheless, from differences of codes above {100 * RESOLUTION:g} % of a typical "
            "distance, far too small to move a neighbor: R2 is the share of the variance that it predicts of pictures "
            "it was not taught with."
        ]
        for loss, found in self.trained.items():
            others = {name: of_loss[loss] for name, of_loss in self.controls.items() if loss in of_loss}
            said.append(
                f"From codes under `{loss}`, {share_of(found.r2.value)} of the variance of what it is blind to "
                f"({listed(self.blind_to[loss])}) can be read{_beside(others, 'r2')}. "
                f"{share_of(found.recall.value)} of the metamers find the picture they were made from, "
                f"or one equal to it, first{_beside(others, 'recall')}."
            )
        if self.blind_to_nothing:
            named = listed(f"`{loss}`" for loss in self.blind_to_nothing)
            verb = "is" if len(self.blind_to_nothing) == 1 else "are"
            said.append(f"{named} {verb} blind to nothing, so nothing can leak.")
        said += [f"`{loss}` is left out: {why}" for loss, why in self.left_out.items()]
        return tuple(said)

    def tables(self) -> tuple[Table, ...]:
        if not self.trained:
            return ()
        shown = tuple(map(_named, self.controls))
        read = tuple((loss, (*self._cells(loss, "r2"), _cell(shuffled))) for loss, shuffled in self.shuffled.items())
        return (
            Table(
                caption="R2 of a probe for what the loss is blind to, on held-out pictures; 0 is blind",
                corner="loss",
                columns=("trained", *shown, "shuffled"),
                rows=read,
            ),
            Table(
                caption="Share of metamers whose nearest picture is the one they were made from, or equal to it",
                corner="loss",
                columns=("trained", *shown),
                rows=tuple((loss, self._cells(loss, "recall")) for loss in self.trained),
            ),
        )

    def _cells(self, loss: str, figure: str) -> tuple[Cell, ...]:
        """A figure of the trained code, and of each control that there is."""
        found = (of_loss.get(loss) for of_loss in (self.trained, *self.controls.values()))
        return tuple(_cell(getattr(one, figure)) if one else Cell(text="-") for one in found)

    def plot(self, axes: Any) -> None:
        losses = list(self.trained)
        places = np.arange(len(losses))
        bars = {"trained": self.trained, **self.controls}
        width = 0.8 / len(bars)
        for number, (name, of_loss) in enumerate(bars.items()):
            found = [of_loss[loss].r2 if loss in of_loss else None for loss in losses]
            shown = [(place, one) for place, one in zip(places, found, strict=True) if one is not None]
            offset = (number - (len(bars) - 1) / 2) * width
            errors = np.array([[one.value - one.low, one.high - one.value] for _, one in shown]).T
            axes.bar(
                [place + offset for place, _ in shown],
                [one.value for _, one in shown],
                width,
                yerr=errors,
                capsize=2,
                label=name if name == "trained" else _named(name),
            )
        axes.set_xticks(places, losses)
        axes.set_ylabel("R2 of the probe; 0 is blind")
        axes.set_ylim(0, 1)
        axes.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    def to_dict(self) -> dict[str, Any]:
        return {
            loss: found.to_dict()
            | {
                "controls": {name: of[loss].to_dict() for name, of in self.controls.items() if loss in of},
                "shuffled_r2": round(self.shuffled[loss].value, 6),
                "shuffled_r2_interval": self.shuffled[loss].interval,
                "seed": self.seed,
            }
            for loss, found in self.trained.items()
        }

    def details(self) -> dict[str, Any]:
        return {"blind_to_nothing": list(self.blind_to_nothing), "left_out": dict(self.left_out)}


def leakage(
    losses: Mapping[str, Any],
    encode: Mapping[str, Encode],
    controls: Mapping[str, Mapping[str, Encode]],
    images: np.ndarray,
    seed: int,
) -> Leakage:
    """Probes the codes of metamers for what differs between the metamers of one picture.

    These share all that the loss sees, so whatever is read is read of what it does not see, given what it sees: the
    luma of a picture tells nothing of how its metamers' colors differ.

    Args:
        losses: The losses, by name.
        encode: Encoders, by the same names.
        controls: By control, then by the same names, other encoders.
        images: uint8 or [0, 1], shape (N, S, S, 3), N >= 8.
        seed: Of the metamers, the split and the intervals.

    Raises:
        InputError: Fewer than eight images.
    """
    if len(images) < _FEWEST:
        raise InputError(
            f"Expected at least {_FEWEST} pictures, to teach a probe and to judge it. Received: {len(images)}. "
            "Add pictures."
        )
    originals = as_floats(images)
    trained, shuffled, left_out = {}, {}, {}
    found: dict[str, dict[str, Readable]] = {name: {} for name in controls}
    for name, loss in losses.items():
        if not loss.blind_to:
            continue
        try:
            probe = Probe.of(_metamers(loss, originals, seed), seed)
        except InputError as error:
            left_out[name] = str(error)
            continue
        equal = _equal(loss, originals)
        trained[name] = probe.read(encode[name], originals, equal)
        shuffled[name] = probe.shuffled().read(encode[name], originals).r2
        for control, encoders in controls.items():
            if name in encoders:
                found[control][name] = probe.read(encoders[name], originals, equal)
    return Leakage(
        trained=trained,
        controls=found,
        shuffled=shuffled,
        blind_to={name: tuple(losses[name].blind_to) for name in trained},
        blind_to_nothing=tuple(name for name, loss in losses.items() if not loss.blind_to),
        left_out=left_out,
        seed=seed,
    )


def _equal(loss: Any, originals: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Whether a loss cannot tell the originals of some rows from those in their places."""
    usual = np.median(losses_of_pairs(loss, originals, np.roll(originals, 1, axis=0)))
    return lambda rows: losses_of_pairs(loss, originals, originals[rows]) <= UNSEEN * usual


def _metamers(loss: Any, originals: np.ndarray, seed: int) -> np.ndarray:
    """Some metamers of each picture, (N, M, S, S, 3)."""
    if not loss.blindness:
        raise InputError(
            f"Expected a way to change {listed(loss.blind_to)}. Received: words that aekeras does not know. "
            "Let the loss override `metamer`."
        )
    with own_code(f"{loss.text} to make metamers"):
        made = [np.asarray(loss.metamer(originals, seed + 1 + i)) for i in range(_METAMERS)]
    return np.stack(made, axis=1)


def _cell(found: Estimate) -> Cell:
    return Cell(text=f"{found.value:.3f}", interval=found.shown, shade=found.value)


def _beside(controls: Mapping[str, Readable], figure: str) -> str:
    """The figures of controls, in brackets; empty without any."""
    said = [f"{_named(name)} {share_of(getattr(found, figure).value)}" for name, found in controls.items()]
    return f" ({', '.join(said)})" if said else ""


def _named(control: str) -> str:
    return control if control == "untrained" else f"codes of {control}"
