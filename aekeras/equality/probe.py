"""A linear probe: what of the differences between metamers can be read from their codes?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from aekeras.closed_form import ridge
from aekeras.equality.controls import pca_codes
from aekeras.equality.distances import code_distances
from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.neighbors import nearest
from aekeras.equality.scale import Scale

Encode = Callable[[np.ndarray], np.ndarray]

_COMPONENTS = 32  # of what differs between them
RESOLUTION = 0.01  # of the median distance of two codes: finer differences move no neighbor
_PENALTIES = (1e-3, 1e-2, 0.1, 0.3, 1.0, 3.0)  # that a probe may have, in mean squared norms of its inputs


@dataclass(frozen=True, kw_only=True)
class Readable:
    """What one encoder lets through of what a loss is blind to.

    Attributes:
        r2: Share of the variance that a linear probe predicts on held-out pictures; 0 where it predicts none.
        recall: Share of pictures of which a metamer's nearest picture, by code, is itself, or one that the
            loss cannot tell from it.
    """

    r2: Estimate
    recall: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Figures and intervals."""
        return {
            "r2": round(self.r2.value, 6),
            "r2_interval": self.r2.interval,
            "metamer_recall": round(self.recall.value, 6),
            "metamer_recall_interval": self.recall.interval,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Probe:
    """A question to codes: how do the metamers of a picture differ?

    Attributes:
        metamers: Float, shape (N, M, S, S, 3).
        targets: How each differs from the mean of its picture's metamers, in leading components: (N, M, C).
        taught: Rows of the pictures that the probe is fitted to; it is judged on the others.
        seed: Of what is random.
    """

    metamers: np.ndarray
    targets: np.ndarray
    taught: np.ndarray
    seed: int

    @classmethod
    def of(cls, metamers: np.ndarray, seed: int) -> Probe:
        """The question for these metamers."""
        count, several = metamers.shape[:2]
        taught = np.random.default_rng(seed).permutation(count) < (count + 1) // 2
        apart = _deviations(metamers.reshape(count, several, -1))
        flat = apart.reshape(count * several, -1)
        rows = np.repeat(taught, several)
        known, asked = pca_codes(flat[rows], flat[~rows], _COMPONENTS)
        targets = np.empty((count * several, known.shape[1]), np.float32)
        targets[rows], targets[~rows] = known, asked
        return cls(metamers=metamers, targets=targets.reshape(count, several, -1), taught=taught, seed=seed)

    def shuffled(self) -> Probe:
        """The same question with the answers of other pictures."""
        order = np.random.default_rng(self.seed + 1).permutation(len(self.targets))
        return Probe(metamers=self.metamers, targets=self.targets[order], taught=self.taught, seed=self.seed)

    def read(self, encode: Encode, originals: np.ndarray, equal: Callable[..., np.ndarray] | None = None) -> Readable:
        """What the codes of an encoder tell.

        Args:
            encode: Images to codes.
            originals: What the metamers were made from, (N, S, S, 3).
            equal: Of rows (N,) of the originals, whether the loss counts each as equal to the original in its place:
                then it is as good a find as that one.
        """
        count, several = self.metamers.shape[:2]
        codes = encode(self.metamers.reshape(count * several, *self.metamers.shape[2:])).reshape(count, several, -1)
        of_originals = encode(originals)
        near = nearest(code_distances(codes[:, 0], of_originals), 1)[:, 0]
        found = near == np.arange(count)
        if equal is not None:
            found |= equal(near)
        return Readable(r2=self._r2(self._blurred(codes, of_originals)), recall=estimate(found, self.seed))

    def _blurred(self, codes: np.ndarray, of_originals: np.ndarray) -> np.ndarray:
        """The codes' deviations in typical distances, with noise as large as what moves no neighbor."""
        unit = Scale.of_codes(of_originals, self.seed).typical
        noise = np.random.default_rng(self.seed).normal(0.0, RESOLUTION / np.sqrt(codes.shape[-1]), codes.shape)
        return _deviations(codes) / (unit or 1.0) + noise

    def _r2(self, inputs: np.ndarray) -> Estimate:
        """1 - squared errors / squares of the targets, over all components, by resampling held-out pictures."""
        sums = self._errors(inputs, self.taught, ~self.taught, self._penalty(inputs))
        return estimate(sums, self.seed, _explained)

    def _penalty(self, inputs: np.ndarray) -> float:
        """The one that serves best for a quarter of the taught pictures, by a probe that was taught with the others.

        Too weak a one learns the taught pictures by heart, and what can be read goes unread.
        """
        order = np.random.default_rng(self.seed + 2).permutation(np.flatnonzero(self.taught))
        tried, others = order[::4], np.delete(order, np.s_[::4])
        return min(_PENALTIES, key=lambda penalty: self._errors(inputs, others, tried, penalty)[:, 0].sum())

    def _errors(self, inputs: np.ndarray, taught: np.ndarray, asked: np.ndarray, penalty: float) -> np.ndarray:
        """Squared errors and squares of the targets of each picture that is asked for, (Q, 2)."""
        lessons, answers = (values[taught].reshape(-1, values.shape[-1]) for values in (inputs, self.targets))
        kernel, bias = ridge(lessons, answers, penalty)
        wanted = self.targets[asked]
        errors = wanted - (inputs[asked] @ kernel + bias)
        return np.stack([np.square(errors).sum(axis=(1, 2)), np.square(wanted).sum(axis=(1, 2))], axis=1)


def _explained(sums: np.ndarray, axis: int) -> np.ndarray:
    errors, squares = np.moveaxis(np.sum(sums, axis=axis), -1, 0)
    return np.clip(1.0 - errors / np.maximum(squares, 1e-12), 0.0, 1.0)


def _deviations(values: np.ndarray) -> np.ndarray:
    """What differs from the mean over axis 1."""
    return values - values.mean(axis=1, keepdims=True)
