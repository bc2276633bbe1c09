"""Pairs of pictures of an index, and what is said of them: by the loss, on the small pictures, and by the codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from aekeras.equality.verdict import Judge, code_ratio, values_of
from aekeras.errors import AekerasError
from aekeras.judging import SCALE
from aekeras.shares import EQUAL_WITHIN, check_share
from aekeras.store import Ids, Store

if TYPE_CHECKING:
    from aekeras.index.collection import Index

Numbers = npt.NDArray[np.float64]

_BYTES = 2**25  # of small pictures at a time
_CODES = 4096  # at a time
_LOOKED_AT = 64  # pictures, for how codes and loss agree


@dataclass(frozen=True, kw_only=True, eq=False)
class Words:
    """What is said of P pairs of pictures.

    Attributes:
        values: The loss itself, shape (P,); NaN where the index keeps no pictures.
        distances: Of the codes, in the units of the loss, shape (P,).
        shares: The verdict's figure: how far apart they are, in typical losses, shape (P,).
        code_shares: What the codes say, in typical distances of codes, shape (P,).
    """

    values: Numbers
    distances: Numbers
    shares: Numbers
    code_shares: Numbers


class PictureJudge:
    """Compares pictures of an index.

    The judge's loss decides, on the small pictures that the index keeps; where it keeps none, the codes do.

    Attributes:
        by_loss: Whether the loss decides.
    """

    def __init__(self, store: Store, judge: Callable[[], Judge], *, by_loss: bool) -> None:
        """Of a store, and a judge that is asked for where it is needed; `picture_judge` makes one."""
        self.by_loss = by_loss
        self._store, self._judge = store, judge
        self._at_once = max(1, _BYTES // (3 * store.manifest.origin.image_size**2)) if by_loss else _CODES

    @cached_property
    def judge(self) -> Judge:
        """Loss, scales and limit."""
        return self._judge()

    @property
    def name(self) -> str:
        """Who decides: "loss" or "codes"."""
        return "loss" if self.by_loss else "codes"

    @property
    def typical(self) -> float:
        """A typical loss, or a typical distance of codes where these decide."""
        scales = self.judge.scales
        return scales.loss.typical if self.by_loss else scales.codes.typical

    def reach(self, distance: float) -> float:
        """How far apart the codes may be of pictures that are up to a distance apart, in the units of the loss."""
        if not self.by_loss:
            return distance
        return self.judge.reach(distance / self.typical) if self.typical > 0 else self.judge.reach()

    def reach_of(self, share: float) -> float:
        """How far apart the codes may be of pictures that are up to a share of what is typical apart."""
        return self.reach(share * self.typical)

    def percentile(self, words: Words, place: int) -> float:
        """Share of random pairs of the training that are nearer than a pair, by who decides, in percent."""
        scales = self.judge.scales
        if np.isnan(words.values[place]):
            return float(scales.codes.percentile(words.distances[place]))
        return float(scales.loss.percentile(words.values[place]))

    def pairs(self, ids: Ids, others: Ids) -> Words:
        """What is said of each pair of pictures, by their ids, shape (P,) each."""
        return _joined(
            self._words(self._images(ids[part]), self._images(others[part]), self._codes(ids[part]), others[part])
            for part in self._all(ids)
        )

    def of(self, image: np.ndarray | None, code: np.ndarray, ids: Ids) -> Words:
        """What is said of one picture and each of others.

        Args:
            image: uint8, shape (S, S, 3); None where there is only the code, which decides then.
            code: Shape (D,).
            ids: Of the others, shape (P,).
        """
        return _joined(
            self._words(
                None if image is None else np.broadcast_to(image, (len(ids[part]), *image.shape)),
                self._images(ids[part]),
                code[None],
                ids[part],
            )
            for part in self._all(ids)
        )

    def values(self, ids: Ids, others: Ids) -> Numbers:
        """The loss itself of each pair, or the distances of their codes where the index keeps no pictures."""
        parts = []
        for part in self._all(ids):
            images, rest = self._images(ids[part]), self._images(others[part])
            if images is None or rest is None:
                parts.append(_apart(self._codes(ids[part]), self._codes(others[part])))
            else:
                parts.append(values_of(self.judge.loss, images, rest))
        return np.concatenate([np.empty(0), *parts])

    def twins(self, ids: Ids) -> npt.NDArray[np.int64]:
        """For each picture the place of the first one that looks exactly the same, shape (N,)."""
        parts = (
            self._images(ids[part]) if self.by_loss else self._store.codes_of(ids[part]) for part in self._all(ids)
        )
        seen: dict[bytes, int] = {}
        contents = (
            blake2b(one.tobytes(), digest_size=16).digest() for part in parts if part is not None for one in part
        )
        return np.fromiter((seen.setdefault(content, place) for place, content in enumerate(contents)), np.int64)

    def _all(self, ids: Ids) -> Iterator[slice]:
        return (slice(start, start + self._at_once) for start in range(0, len(ids), self._at_once))

    def _words(self, images: np.ndarray | None, rest: np.ndarray | None, codes: np.ndarray, others: Ids) -> Words:
        distances = _apart(codes, self._codes(others))
        code_shares = self.judge.code_shares(distances)
        if images is None or rest is None:
            return Words(
                values=np.full(len(others), np.nan), distances=distances, shares=code_shares, code_shares=code_shares
            )
        values = values_of(self.judge.loss, images, rest)
        shares = self.judge.shares_of(values, images, rest)
        return Words(values=values, distances=distances, shares=shares, code_shares=code_shares)

    def _images(self, ids: Ids) -> np.ndarray | None:
        if not self.by_loss:
            return None
        found, places = np.unique(ids, return_inverse=True)
        images = self._store.images_of(found.tolist())
        return None if images is None else images[places]

    def _codes(self, ids: Ids) -> np.ndarray:
        return self._store.codes_of(ids).astype(np.float64)


def picture_judge(index: Index, within: float = EQUAL_WITHIN, ids: Ids | None = None) -> PictureJudge:
    """Who compares pictures of an index by their ids: by their codes where one of them has no small picture.

    Args:
        index: The index.
        within: Share of a typical loss up to which two pictures are equal.
        ids: The pictures that will be compared; all where None.

    Raises:
        InputError: `within` is out of range.
    """
    check_share("equal_within", within)
    wanted = (index.ids if ids is None else ids).tolist()
    keeps = bool(index.manifest.images) and None not in index.store.items.images(wanted).values()
    return PictureJudge(index.store, lambda: index.judge(within), by_loss=keeps)


def code_ratio_of(index: Index) -> float | None:
    """How codes and loss agree on an index's pictures, as `code_ratio` has it; None where nothing tells.

    Without a model, a scale in its record, or small pictures; nor does a loss that cannot be run.
    """
    ids = np.sort(np.random.default_rng(0).permutation(index.ids)[:_LOOKED_AT])
    try:
        images = index.store.images_of(ids.tolist()) if len(ids) and SCALE in index.encoder.run else None
        return None if images is None else code_ratio(index.judge(), images, index.store.codes_of(ids))
    except AekerasError:  # what is wrong is told of by what needs it; an index is described all the same
        return None


def _apart(codes: np.ndarray, others: np.ndarray) -> Numbers:
    return np.linalg.norm(codes - others, axis=1)


def _joined(parts: Iterator[Words]) -> Words:
    nothing = np.empty(0)
    listed = [Words(values=nothing, distances=nothing, shares=nothing, code_shares=nothing), *parts]
    return Words(
        values=np.concatenate([part.values for part in listed]),
        distances=np.concatenate([part.distances for part in listed]),
        shares=np.concatenate([part.shares for part in listed]),
        code_shares=np.concatenate([part.code_shares for part in listed]),
    )
