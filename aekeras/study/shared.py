"""What the measurements of a study share, computed once: codes, the oracles, scales, controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from aekeras.configuration import Training
from aekeras.equality.controls import pca_codes, pixel_codes, scaled_codes
from aekeras.equality.distances import as_floats, code_distances, loss_distances, views
from aekeras.equality.scale import Scale
from aekeras.equality.verdict import Judge
from aekeras.errors import AekerasError, InputError
from aekeras.index import judge_of_model
from aekeras.losses.explaining import own_code
from aekeras.places import Places
from aekeras.shares import EQUAL_WITHIN
from aekeras.study.sample import Sample
from aekeras.study.subjects import Subject

Distances = dict[str, np.ndarray]
Encode = Callable[[np.ndarray], np.ndarray]

_LANDMARKS = 500  # of the collection, from which classical scaling places the rest where all pairs would take long
_UNTRAINED_ON = 96  # pictures that an untrained encoder's thresholds and units are taken from
_PAIRS = 1_500_000  # of the collection, up to which the loss of all of them is computed for classical scaling
_PROBED = 100  # pictures, at least
_CHUNK = 256


@dataclass(frozen=True, kw_only=True, eq=False)
class Shared:
    """Distances of all queries to the collection, in many ways; dictionaries go by the names of the subjects.

    Attributes:
        subjects: The models that can be measured.
        sample: The pictures.
        by_loss: The losses of queries and collection, (Q, N) each.
        seed: Of all that is random.
        places: Where the indexes are.
        within: Share of a typical loss up to which two pictures are equal.
    """

    subjects: tuple[Subject, ...]
    sample: Sample
    by_loss: Distances
    seed: int
    places: Places = field(default_factory=Places)
    within: float = EQUAL_WITHIN

    @property
    def losses(self) -> dict[str, Any]:
        """The losses."""
        return {subject.name: subject.loss for subject in self.subjects}

    @property
    def encode(self) -> dict[str, Encode]:
        """The trained encoders."""
        return {subject.name: subject.encoder.encode for subject in self.subjects}

    @cached_property
    def by_code(self) -> Distances:
        """Distances of the codes of queries and collection."""
        return {name: self._by(encode) for name, encode in self.encode.items()}

    @cached_property
    def code_scale(self) -> dict[str, Scale]:
        """What distances of codes were usual at the training."""
        return {name: judge.scales.codes for name, judge in self.judges.items()}

    @cached_property
    def loss_scale(self) -> dict[str, Scale]:
        """What values of the losses were usual at the training."""
        return {name: judge.scales.loss for name, judge in self.judges.items()}

    @cached_property
    def judges(self) -> dict[str, Judge]:
        """Who says which pictures are equal."""
        return {s.name: judge_of_model(s.encoder, self.places, self.within) for s in self.subjects}

    @cached_property
    def untrained(self) -> dict[str, Encode]:
        """Encoders of the same shape with random weights."""
        return {subject.name: _untrained(subject, self.sample.collection) for subject in self.subjects}

    @property
    def probed(self) -> np.ndarray:
        """Pictures whose metamers are probed: the queries, or others where these are few; uint8 (N, S, S, 3)."""
        queries, collection = self.sample.queries, self.sample.collection
        return queries if len(queries) >= _PROBED else collection[: 4 * _PROBED]

    @property
    def landmarks(self) -> int:
        """Of how many pictures classical scaling takes all pairs."""
        count = len(self.sample.collection)
        return count if count**2 <= _PAIRS else _LANDMARKS

    @property
    def other_encoders(self) -> dict[str, dict[str, Encode]]:
        """Encoders beside a loss's own: untrained, and trained under a loss that is blind to nothing."""
        sees_all = next((subject for subject in self.subjects if not subject.loss.blind_to), None)
        if sees_all is None:
            return {"untrained": self.untrained}
        return {"untrained": self.untrained, sees_all.name: dict.fromkeys(self.losses, sees_all.encoder.encode)}

    @cached_property
    def controls(self) -> dict[str, Distances]:
        """Distances of codes that need no training, of the same number of values."""
        return {
            "mds": {s.name: self.scaled(s, s.encoder.code_dim) for s in self.subjects},
            "pca": {s.name: self.principal(s, s.encoder.code_dim) for s in self.subjects if s.loss.has_view},
            "pixels": {s.name: self._by(partial(pixel_codes, code_dim=s.encoder.code_dim)) for s in self.subjects},
            "untrained": {name: self._by(encode) for name, encode in self.untrained.items()},
        }

    def principal(self, subject: Subject, code_dim: int) -> np.ndarray:
        """Distances of the principal components of what a loss sees."""
        collection, queries = (views(subject.loss, images) for images in (self.sample.collection, self.sample.queries))
        codes, of_queries = pca_codes(collection, queries, code_dim)
        return code_distances(of_queries, codes)

    def scaled(self, subject: Subject, code_dim: int) -> np.ndarray:
        """Distances after classical scaling of the loss's own, from landmarks where the collection is large."""
        collection, by_loss = self.sample.collection, self.by_loss[subject.name]
        if self.landmarks == len(collection):
            codes, queries = scaled_codes(loss_distances(subject.loss, collection, collection), by_loss, code_dim)
            return code_distances(queries, codes)
        rows = np.random.default_rng(self.seed).permutation(len(collection))[: self.landmarks]
        to_landmarks = loss_distances(subject.loss, collection, collection[rows])
        _, codes = scaled_codes(to_landmarks[rows], to_landmarks, code_dim)
        _, queries = scaled_codes(to_landmarks[rows], by_loss[:, rows], code_dim)
        return code_distances(queries, codes)

    def _by(self, encode: Encode) -> np.ndarray:
        return code_distances(encode(self.sample.queries), encode(self.sample.collection))


def share(
    subjects: Sequence[Subject],
    sample: Sample,
    seed: int,
    places: Places | None = None,
    within: float = EQUAL_WITHIN,
) -> tuple[Shared, tuple[str, ...]]:
    """What the measurements share, and a sentence on each loss that cannot be measured on these pictures.

    Raises:
        InputError: None of them can.
    """
    by_loss, notes = {}, []
    for subject in subjects:
        try:
            judge_of_model(subject.encoder, places or Places(), within)  # whether it knows what is typical
            by_loss[subject.name] = _oracle(subject, sample)
        except AekerasError as error:
            notes.append(f"`{subject.name}` is left out: {error}")
    if not by_loss:
        raise InputError(" ".join(notes))
    kept = tuple(subject for subject in subjects if subject.name in by_loss)
    return Shared(
        subjects=kept, sample=sample, by_loss=by_loss, seed=seed, places=places or Places(), within=within
    ), tuple(notes)


def _oracle(subject: Subject, sample: Sample) -> np.ndarray:
    with own_code(f"{subject.name} to compare pictures"):
        distances = loss_distances(subject.loss, sample.queries, sample.collection)
    if not np.isfinite(distances).all():
        raise InputError(f"Expected finite values of {subject.name}. Received: NaN or infinity. Mend the loss.")
    if not distances.max() > 0:
        raise InputError(
            f"Expected pictures that differ under {subject.name}. Received: {len(sample.collection):,} pictures that "
            "are all equal. Add others."
        )
    return distances


def _untrained(subject: Subject, images: np.ndarray) -> Encode:
    from aekeras import training

    told: Mapping[str, Any] = subject.config
    config = replace(Training.from_dict(dict(told)), closed_form=False, image_size=images.shape[1])
    encoder = training.begin(images[:_UNTRAINED_ON], subject.loss, config).learner.encoder
    _randomize(encoder, config.seed)

    def encode(pictures: np.ndarray) -> np.ndarray:
        parts = range(0, len(pictures), _CHUNK)
        return np.concatenate([np.asarray(encoder(as_floats(pictures[i : i + _CHUNK]))) for i in parts])

    return encode


def _randomize(encoder: Any, seed: int) -> None:
    """Draws the weights that a training begins with at zero, so that the encoder reads the whole picture."""
    import keras

    draw = keras.initializers.RandomNormal(stddev=1.0, seed=seed)  # the layers scale their sums themselves
    for kernel in encoder.trainable_variables:
        if len(kernel.shape) > 1 and not np.any(kernel):
            kernel.assign(draw(kernel.shape))
