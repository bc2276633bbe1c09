"""Two pictures under every loss: how far apart they are, where, and whether that counts as equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aekeras import images
from aekeras.artefacts import shown_path
from aekeras.encoding import Encoder, load_encoder
from aekeras.equality.results import listed
from aekeras.equality.verdict import Judge, values_of, zero_of
from aekeras.errors import AekerasError
from aekeras.index import judge_of_model, models_in_use
from aekeras.judging import pair_loss
from aekeras.places import Places
from aekeras.shares import EQUAL_WITHIN, check_share, shown_percent

_HEADINGS = ("loss", "value", "of typical", "smoothed", "by code", "")
_LEGEND = (
    "  value: of the loss itself; of typical: by the median of random pairs at the training; smoothed: the same for\n"
    "  both pictures slightly smoothed; by code: what the codes say. The lower of the first two shares decides."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """What one loss says of the two pictures.

    Attributes:
        loss: Canonical text of the loss.
        name: What to call it: the loss, and also the model where several have this loss.
        blind_to: What it cannot see.
        value: The loss between the two.
        distance: Of their codes, in the loss's units.
        share: The figure of the verdict, in typical losses: the lower of the next two; None where what is typical is
            not known, infinite where pictures of the training were all alike and these two are not.
        plain_share: The loss between the two, in typical ones.
        smoothed_share: The loss between both slightly smoothed; None where the loss judges pictures just as they are.
        code_share: The distance of their codes, in typical ones.
        percentile: Share of random pairs that are nearer by the loss, in percent, [0, 100].
        equal: Whether the two count as equal; None where what is typical is not known, but 0 is always equal.
        contradicted: Whether the codes say otherwise.
        views: What the loss sees of each, shape (h, w, c); None where it cannot be shown.
        note: Why there are no views, or no verdict; empty where there are both.
        model: Folder of the model.
    """

    loss: str
    name: str
    blind_to: tuple[str, ...]
    value: float
    distance: float
    share: float | None = None
    plain_share: float | None = None
    smoothed_share: float | None = None
    code_share: float | None = None
    percentile: float | None = None
    equal: bool | None
    contradicted: bool = False
    views: tuple[np.ndarray, np.ndarray] | None
    note: str
    model: Path

    @property
    def map(self) -> np.ndarray | None:
        """Where the two differ: the mean of |view(a) - view(b)| over the channels, shape (h, w)."""
        return None if self.views is None else np.abs(self.views[0] - self.views[1]).mean(axis=-1)

    @property
    def verdict(self) -> str:
        """ "equal", "different" or "unknown"."""
        return {True: "equal", False: "different", None: "unknown"}[self.equal]

    def to_dict(self) -> dict[str, Any]:
        """One entry of `losses` in `aekeras explain --json`."""
        return {
            "loss": self.loss,
            "value": round(self.value, 6),
            "distance": round(self.distance, 6),
            "percentile": None if self.percentile is None else round(self.percentile, 6),
            "equal": self.equal,
            "share": _finite(self.share),
            "plain_share": _finite(self.plain_share),
            "smoothed_share": _finite(self.smoothed_share),
            "code_share": _finite(self.code_share),
            "contradicted": self.contradicted,
            "model": shown_path(self.model),
            **({"note": self.note} if self.note else {}),
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """Two pictures under every loss.

    Attributes:
        a: The one picture.
        b: The other.
        verdicts: One per loss, from most equal to most different.
        equal_within: Share of a typical loss up to which the two count as equal.
    """

    a: Path
    b: Path
    verdicts: tuple[Verdict, ...]
    equal_within: float

    @property
    def answer(self) -> str:
        """Which losses call these two the same, in one sentence."""
        said = {
            equal: [_told(verdict, self.verdicts[0]) for verdict in self.verdicts if verdict.equal is equal]
            for equal in (True, False, None)
        }
        parts = [
            *([f"equal under {listed(said[True])}"] if said[True] else []),
            *([f"different under {listed(said[False])}"] if said[False] else []),
            *([f"unknown under {listed(said[None])}, for what is typical is not known"] if said[None] else []),
        ]
        sentence = "; ".join(parts)
        return f"{sentence[0].upper()}{sentence[1:]}."

    def to_dict(self) -> dict[str, Any]:
        """What `aekeras explain --json` prints."""
        return {
            "a": shown_path(self.a),
            "b": shown_path(self.b),
            "losses": [verdict.to_dict() for verdict in self.verdicts],
            "equal_within": self.equal_within,
        }

    def __str__(self) -> str:
        lines = [_HEADINGS, *map(_line, self.verdicts)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = [
            "  ".join([line[0].ljust(widths[0]), *(map(str.rjust, line[1:-1], widths[1:-1])), line[-1]]).rstrip()
            for line in lines
        ]
        notes = [f"  {verdict.name}: {verdict.note}" for verdict in self.verdicts if verdict.note]
        if any(verdict.contradicted for verdict in self.verdicts):
            notes.append("  !: the codes say otherwise.")
        return "\n".join(
            [
                f"{shown_path(self.a)} and {shown_path(self.b)}",
                *(f"  {line}" for line in table),
                f"{_LEGEND}\n  Within {100 * self.equal_within:g} % is equal.",
                *notes,
                self.answer,
            ]
        )

    __repr__ = __str__


def explain(
    a: str | Path,
    b: str | Path,
    *,
    losses: Sequence[str] = (),
    places: Places | None = None,
    equal_within: float = EQUAL_WITHIN,
) -> Explanation:
    """The two pictures under every loss that there is a model of, from most equal to most different.

    What is equal is said by the one rule of `aekeras.equality.verdict`, whatever is indexed.

    Args:
        a: A picture file.
        b: Another one, or the same.
        losses: Losses, or names of models; every model where none is named.
        places: Where models and indexes are.
        equal_within: Share of a typical loss up to which the two are equal.

    Raises:
        MissingError: No model yet, or a picture that does not exist.
        InputError: A file that is no picture, a loss without a model, or `equal_within` out of range.

    Examples:
        >>> import aekeras
        >>> print(aekeras.explain("ginger-cat.png", "blue-cat.png"))
    """
    check_share("equal_within", equal_within)
    a, b, places = Path(a), Path(b), places or Places()
    encoders = {model: load_encoder(model) for model in models_in_use(places, losses)}
    sizes = {encoder.image_size for encoder in encoders.values()}
    pictures = {size: [images.read(path, size)[None] for path in (a, b)] for size in sizes}
    texts = Counter(encoder.loss_name for encoder in encoders.values())
    verdicts = [
        _verdict(encoder, texts[encoder.loss_name] > 1, pictures[encoder.image_size], places, equal_within)
        for encoder in encoders.values()
    ]
    return Explanation(a=a, b=b, verdicts=tuple(sorted(verdicts, key=_rank)), equal_within=equal_within)


def _verdict(encoder: Encoder, ambiguous: bool, pair: Sequence[np.ndarray], places: Places, within: float) -> Verdict:
    # One by one, for in a batch the same picture may get codes that differ in the last digit.
    code, other = (encoder.encode(picture)[0].astype(np.float64) for picture in pair)
    value = float(values_of(pair_loss(encoder), *pair)[0])
    distance = float(np.linalg.norm(code - other))
    views, note = _views(encoder, pair)
    known: dict[str, Any] = {"equal": True if value <= zero_of(encoder.loss, encoder.image_size) else None}
    try:
        known = _judged(judge_of_model(encoder, places, within), pair, value, distance)
    except AekerasError as error:  # of one model, whose record is damaged or knows nothing: the others answer
        note = " ".join(filter(None, (str(error), note)))
    name = encoder.loss_name
    return Verdict(
        loss=name,
        name=f"{name} ({shown_path(encoder.directory)})" if ambiguous else name,
        blind_to=encoder.blind_to,
        value=value,
        distance=distance,
        views=views,
        note=note,
        model=encoder.directory,
        **known,
    )


def _judged(judge: Judge, pair: Sequence[np.ndarray], value: float, distance: float) -> dict[str, Any]:
    plain, code_share = float(judge.plain(value)), float(judge.code_shares(distance))
    softly = judge.softened(*pair)
    share = plain if softly is None else min(plain, float(softly[0]))
    return {
        "share": share,
        "plain_share": plain,
        "smoothed_share": None if softly is None else float(softly[0]),
        "code_share": code_share,
        "percentile": float(judge.scales.loss.percentile(value)),
        "equal": bool(judge.equal(share)),
        "contradicted": bool(judge.equal(share) != judge.equal(code_share)),
    }


def _views(encoder: Encoder, pair: Sequence[np.ndarray]) -> tuple[tuple[np.ndarray, np.ndarray] | None, str]:
    """What the loss sees of the two; or None, and why."""
    try:
        one, other = (np.asarray(encoder.view(picture)) for picture in pair)
    except AekerasError as error:
        return None, f"no view: {error}"
    if one.ndim != 4 or 0 in one.shape or not (np.isfinite(one).all() and np.isfinite(other).all()):
        return None, f"no view: it has the shape {one.shape[1:]}, or values that are not finite."
    return (one[0], other[0]), ""


def _rank(verdict: Verdict) -> tuple[int, float, float]:
    """Known ones first, by the figure of the verdict, then by the loss itself.

    Not by percentile: where a model was trained on many pictures that its loss cannot tell apart, those pairs fill the
    lowest percentiles, and a pair at no distance stands among them.
    """
    share = 0.0 if verdict.share is None else verdict.share
    return (True, False, None).index(verdict.equal), share, verdict.value


def _line(verdict: Verdict) -> tuple[str, ...]:
    return (
        verdict.name,
        f"{verdict.value:.4f}",
        _shown(verdict.plain_share) or "-",
        _shown(verdict.smoothed_share) or "-",
        (_shown(verdict.code_share) or "-") + ("!" if verdict.contradicted else " "),
        verdict.verdict,
    )


def _told(verdict: Verdict, first: Verdict) -> str:
    share = _shown(verdict.share)
    if not share:
        return f"`{verdict.name}`"
    return f"`{verdict.name}` ({share}{' of a typical loss' if verdict is first else ''})"


def _shown(share: float | None) -> str:
    return "" if share is None or np.isinf(share) else shown_percent(100 * share)


def _finite(share: float | None) -> float | None:
    return None if share is None or np.isinf(share) else round(share, 6)
