"""Two pictures under every loss: how far apart they are, where, and whether that counts as equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aekeras import images
from aekeras.artefacts import shown_path
from aekeras.encoding import list_models
from aekeras.equality.results import listed
from aekeras.equality.scale import EQUAL_SHARE
from aekeras.errors import AekerasError
from aekeras.index import Index, names, open_indexes
from aekeras.places import Places
from aekeras.shares import check_share, shown_percent

_HEADINGS = ("loss", "value", "distance", "of typical", "percentile", "")
_LEGEND = (
    "  value: by the loss itself; distance: of the codes; of typical: by the median distance of random pairs of the\n"
    "  index; percentile: random pairs that are nearer than these two."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """What one loss says of the two pictures.

    Attributes:
        loss: Canonical text of the loss.
        name: What to call it: the loss, and also the index where several have this loss.
        blind_to: What it cannot see.
        value: The loss between the two.
        distance: Of their codes, in the loss's units.
        share: The distance in typical ones, the median of random pairs of the index; None where it holds no two
            pictures, infinite where they are all alike and these two are not.
        percentile: Share of random pairs that are nearer, in percent, [0, 100]; None where there is none.
        equal: Whether the two count as equal; None where nothing is known of random pairs.
        views: What the loss sees of each, shape (h, w, c); None where it cannot be shown.
        note: Why there are no views, or no percentile; empty where there are both.
        model: Folder of the model.
        index: Folder of the index.
    """

    loss: str
    name: str
    blind_to: tuple[str, ...]
    value: float
    distance: float
    share: float | None
    percentile: float | None
    equal: bool | None
    views: tuple[np.ndarray, np.ndarray] | None
    note: str
    model: Path
    index: Path

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
            "share": None if self.share is None or np.isinf(self.share) else round(self.share, 6),
            "model": shown_path(self.model),
            "index": shown_path(self.index),
            **({"note": self.note} if self.note else {}),
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """Two pictures under every loss.

    Attributes:
        a: The one picture.
        b: The other.
        verdicts: One per loss, from most equal to most different.
        threshold: Share of a typical distance up to which the two count as equal.
        seed: Of the random pairs.
        without_index: Models that were not asked, since they have no index.
    """

    a: Path
    b: Path
    verdicts: tuple[Verdict, ...]
    threshold: float
    seed: int
    without_index: tuple[Path, ...] = ()

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
            *([f"unknown under {listed(said[None])}, for want of random pairs"] if said[None] else []),
        ]
        sentence = "; ".join(parts)
        return f"{sentence[0].upper()}{sentence[1:]}."

    def to_dict(self) -> dict[str, Any]:
        """What `aekeras explain --json` prints."""
        return {
            "a": shown_path(self.a),
            "b": shown_path(self.b),
            "losses": [verdict.to_dict() for verdict in self.verdicts],
            "threshold": self.threshold,
            "seed": self.seed,
            "without_index": [shown_path(model) for model in self.without_index],
        }

    def __str__(self) -> str:
        lines = [_HEADINGS, *map(_line, self.verdicts)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = [
            "  ".join([line[0].ljust(widths[0]), *(map(str.rjust, line[1:-1], widths[1:-1])), line[-1]]).rstrip()
            for line in lines
        ]
        notes = [f"  {verdict.name}: {verdict.note}" for verdict in self.verdicts if verdict.note]
        if self.without_index:
            models = listed(map(shown_path, self.without_index))
            notes.append(f"  Not asked, for want of an index: {models}. Run `aekeras index build`.")
        return "\n".join(
            [
                f"{shown_path(self.a)} and {shown_path(self.b)}",
                *(f"  {line}" for line in table),
                f"{_LEGEND} Up to {100 * self.threshold:g} % of typical is equal.",
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
    threshold: float = EQUAL_SHARE,
    seed: int = 0,
) -> Explanation:
    """The two pictures under every loss that has an index, from most equal to most different.

    Args:
        a: A picture file.
        b: Another one, or the same.
        losses: Losses to ask; every index where none is named.
        places: Where models and indexes are.
        threshold: Share of a typical distance of an index up to which the two are equal.
        seed: Of the random pairs.

    Raises:
        MissingError: No index yet, or a picture that does not exist.
        InputError: A file that is no picture, an unknown loss, or a threshold out of range.

    Examples:
        >>> import aekeras
        >>> print(aekeras.explain("ginger-cat.png", "blue-cat.png"))
    """
    check_share("threshold", threshold)
    a, b = Path(a), Path(b)
    opened = open_indexes(losses, places)
    pictures = {
        size: [images.read(path, size)[None] for path in (a, b)]
        for size in {index.encoder.image_size for index in opened}
    }
    verdicts = [
        _verdict(index, name, pictures[index.encoder.image_size], threshold, seed)
        for index, name in zip(opened, names(opened), strict=True)
    ]
    return Explanation(
        a=a,
        b=b,
        verdicts=tuple(sorted(verdicts, key=_rank)),
        threshold=threshold,
        seed=seed,
        without_index=() if losses else _without_index(opened, places or Places()),
    )


def _without_index(opened: Sequence[Index], places: Places) -> tuple[Path, ...]:
    indexed = {index.encoder.directory.parent.name for index in opened}
    return tuple(model for model in list_models(places.models) if model.parent.name not in indexed)


def _verdict(index: Index, name: str, pair: Sequence[np.ndarray], threshold: float, seed: int) -> Verdict:
    encoder = index.encoder
    # One by one, for in a batch the same picture may get codes that differ in the last digit.
    code, other = (encoder.encode(picture)[0].astype(np.float64) for picture in pair)
    distance = float(np.linalg.norm(code - other))
    scale = index.scale(seed) if len(index) > 1 else None
    share = None if scale is None else float(scale.share(distance))
    views, note = _views(index, pair)
    return Verdict(
        loss=index.loss,
        name=name,
        blind_to=index.origin.blind_to,
        value=float(encoder.loss(*pair)[0]),
        distance=distance,
        share=share,
        percentile=None if scale is None else float(scale.percentile(distance)),
        equal=_equal(distance, share, threshold),
        views=views,
        note=note if scale is not None else " ".join(filter(None, (_no_pairs(index), note))),
        model=encoder.directory,
        index=index.directory,
    )


def _equal(distance: float, share: float | None, threshold: float) -> bool | None:
    """Two pictures with one code are equal whatever is typical; for the rest that must be known."""
    if share is None:
        return True if distance == 0 else None
    return share <= threshold


def _no_pairs(index: Index) -> str:
    count = f"{len(index)} picture{'s' if len(index) != 1 else ''}"
    return f"no random pairs: {shown_path(index.directory)} holds {count}."


def _views(index: Index, pair: Sequence[np.ndarray]) -> tuple[tuple[np.ndarray, np.ndarray] | None, str]:
    """What the loss sees of the two; or None, and why."""
    try:
        one, other = (np.asarray(index.encoder.view(picture)) for picture in pair)
    except AekerasError as error:
        return None, f"no view: {error}"
    if one.ndim != 4 or 0 in one.shape or not (np.isfinite(one).all() and np.isfinite(other).all()):
        return None, f"no view: it has the shape {one.shape[1:]}, or values that are not finite."
    return (one[0], other[0]), ""


def _rank(verdict: Verdict) -> tuple[int, float, float]:
    """Known ones first, by the share of a typical distance, then by the loss itself.

    Not by percentile: where an index holds many pictures that a loss cannot tell apart, those pairs fill its lowest
    percentiles, and a pair at no distance stands among them.
    """
    share = 0.0 if verdict.share is None else verdict.share
    return (True, False, None).index(verdict.equal), share, verdict.value


def _line(verdict: Verdict) -> tuple[str, ...]:
    return (
        verdict.name,
        f"{verdict.value:.4f}",
        f"{verdict.distance:.4f}",
        _shown(verdict.share) or "-",
        "-" if verdict.percentile is None else shown_percent(verdict.percentile),
        verdict.verdict,
    )


def _told(verdict: Verdict, first: Verdict) -> str:
    share = _shown(verdict.share)
    if not share:
        return f"`{verdict.name}`"
    return f"`{verdict.name}` ({share}{' of a typical distance' if verdict is first else ''})"


def _shown(share: float | None) -> str:
    return "" if share is None or np.isinf(share) else shown_percent(100 * share)
