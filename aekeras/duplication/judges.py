"""Who says how far apart two pictures are: the loss itself where small pictures are kept, else their codes."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Protocol

import numpy as np
import numpy.typing as npt

from aekeras.encoding import Encoder
from aekeras.index import Index
from aekeras.store import Codes, Ids, Store

# Codes err. Measured on 1,200 drawn samples under five losses, in shares of a typical distance: pairs at a loss of 0
# have codes up to .047 apart, at a loss up to .05 up to .126, up to .1 up to .25, up to .2 up to .43. Below this line,
# with some margin, lie all of them; without slack, up to a third of the pairs equal at .05 would be missed.
_SLACK_FACTOR = 2.5
_SLACK_SHARE = 0.06  # of a typical distance
_BYTES = 2**25  # of small pictures at a time
_CODES = 4096  # at a time


class Judge(Protocol):
    """Says how far apart pictures of an index are."""

    @property
    def name(self) -> str:
        """ "loss" or "codes"."""

    def reach(self, max_distance: float) -> float:
        """How far apart the codes may be of pictures that are equal up to `max_distance`."""

    def distances(self, ids: Ids, others: Ids) -> npt.NDArray[np.float64]:
        """Of each pair, shape (P,), in the units of the loss."""

    def twins(self, ids: Ids) -> npt.NDArray[np.int64]:
        """For each picture the place of the first one that looks exactly the same to this judge, shape (N,)."""


def judge_of(index: Index, ids: Ids, typical: float) -> Judge:
    """The most exact judge there is for these pictures.

    Args:
        index: The index.
        ids: The pictures, shape (N,).
        typical: A typical distance between two pictures of the index.

    Raises:
        MissingError: The model is gone, which knows the loss.
        MismatchError: The one in its place made other codes.
    """
    keeps = index.store.manifest.images and None not in index.store.items.images(ids.tolist()).values()
    return ByLoss(index.store, index.encoder, typical) if keeps else ByCodes(index.store)


class ByLoss:
    """The loss itself, on the small pictures of the index."""

    name = "loss"

    def __init__(self, store: Store, encoder: Encoder, typical: float) -> None:
        self._store, self._encoder, self._typical = store, encoder, typical
        self._at_once = max(1, _BYTES // (3 * encoder.image_size**2))

    def reach(self, max_distance: float) -> float:
        return _SLACK_FACTOR * max_distance + _SLACK_SHARE * self._typical

    def distances(self, ids: Ids, others: Ids) -> npt.NDArray[np.float64]:
        parts = [
            self._encoder.loss(self._images(ids[part]), self._images(others[part]))
            for part in _parts(len(ids), self._at_once)
        ]
        return np.concatenate([np.empty(0), *parts])

    def twins(self, ids: Ids) -> npt.NDArray[np.int64]:
        return _first_of_equals(image for part in _parts(len(ids), self._at_once) for image in self._images(ids[part]))

    def _images(self, ids: Ids) -> np.ndarray:
        found, places = np.unique(ids, return_inverse=True)
        images = self._store.images_of(found.tolist())
        assert images is not None  # `judge_of` has seen to it
        return images[places]


class ByCodes:
    """The codes, where no pictures are kept."""

    name = "codes"

    def __init__(self, store: Store) -> None:
        self._store = store

    def reach(self, max_distance: float) -> float:
        return max_distance

    def distances(self, ids: Ids, others: Ids) -> npt.NDArray[np.float64]:
        parts = [
            np.linalg.norm(self._codes(ids[part]).astype(np.float64) - self._codes(others[part]), axis=1)
            for part in _parts(len(ids), _CODES)
        ]
        return np.concatenate([np.empty(0), *parts])

    def twins(self, ids: Ids) -> npt.NDArray[np.int64]:
        return _first_of_equals(code for part in _parts(len(ids), _CODES) for code in self._codes(ids[part]))

    def _codes(self, ids: Ids) -> Codes:
        return self._store.codes_of(ids)


def _parts(count: int, at_once: int) -> Iterator[slice]:
    return (slice(start, start + at_once) for start in range(0, count, at_once))


def _first_of_equals(arrays: Iterator[np.ndarray]) -> npt.NDArray[np.int64]:
    seen: dict[bytes, int] = {}
    places = (seen.setdefault(blake2b(array.tobytes(), digest_size=16).digest(), i) for i, array in enumerate(arrays))
    return np.fromiter(places, np.int64)
