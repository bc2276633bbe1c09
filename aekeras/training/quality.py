"""What a training came to, on pictures that it did not see, beside what needs no training: and which codes are kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from aekeras import closed_form
from aekeras.equality.controls import pca_codes
from aekeras.equality.distances import as_floats, code_distances, loss_distances, views
from aekeras.equality.fidelity import fidelity
from aekeras.losses.explaining import own_code
from aekeras.losses.image_loss import ImageLoss
from aekeras.training import linear, units
from aekeras.training.start import Start

_NEIGHBORS = 10
_QUERIES = 200  # held-out pictures that are searched for, at most
_ENOUGH = 20  # held-out pictures from which on there is a choice between codes
_BYTES = 2**28  # of pictures whose principal components are taken
TRAINED, START, PRINCIPAL = "trained", "start", "principal components"


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How good a model is, on pictures held out from its training; on those of the training where none was.

    Attributes:
        pictures: How many pictures were asked for and reconstructed.
        held_out: Whether the training did not see them.
        k: Neighbors that are compared.
        fidelity: Share of the k nearest training pictures by code that are among the k nearest by the loss.
        pca_fidelity: The same of as many principal components of what the loss sees; None where it has no view.
        start_fidelity: The same of the codes with which the training began.
        trained_fidelity: The same of the codes with which it ended.
        codes: Which of these are the model's: "trained", "start" or "principal components".
        reconstruction: Mean loss of the reconstructions.
        pca_reconstruction: The same of reconstructions from as many principal components of the pictures.
        constant: Mean loss of the constant image that suits pictures of the training best.
    """

    pictures: int
    held_out: bool
    k: int
    fidelity: float
    pca_fidelity: float | None
    start_fidelity: float
    trained_fidelity: float
    codes: str
    reconstruction: float
    pca_reconstruction: float
    constant: float

    def to_dict(self) -> dict[str, Any]:
        """As the record of a model keeps it."""
        return {name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(self).items()}


class Examination:
    """Pictures that were held out, and what is to be found for them.

    Args:
        images: All pictures, uint8, shape (N, S, S, 3).
        loss: The loss.
        begun: The training as it began.
    """

    def __init__(self, images: np.ndarray, loss: ImageLoss, begun: Start) -> None:
        self._loss, self._begun = loss, begun
        self.held_out = len(begun.held_out) > 0
        rows = begun.held_out if self.held_out else begun.train
        self._queries = images[np.sort(rows[:_QUERIES])]
        self._collection = images[np.sort(begun.train[: len(begun.landmarks)])]  # the landmarks, as bytes
        self.k = min(_NEIGHBORS, len(self._collection))
        with own_code(f"{loss.text} to compare pictures"):
            self._by_loss = loss_distances(loss, self._queries, self._collection)

    @property
    def decides(self) -> bool:
        """Whether there are pictures enough to choose between codes."""
        return self.held_out and len(self._queries) >= _ENOUGH and len(self._collection) > 2 * self.k

    def fidelity(self, encoder: keras.Model) -> float:
        """Of the codes of an encoder."""
        queries, codes = (units.in_batches(encoder, as_floats(part)) for part in (self._queries, self._collection))
        return self._found(queries, codes)

    def pca_fidelity(self, code_dim: int) -> float | None:
        """Of principal components of what the loss sees; None where nobody knows what that is."""
        if not self._loss.has_view:
            return None
        collection, queries = (views(self._loss, part) for part in (self._collection, self._queries))
        rows = slice(0, max(2, _BYTES // (4 * collection.shape[1])))
        if len(collection[rows]) == len(collection):
            codes, of_queries = pca_codes(collection, queries, code_dim)
            return self._found(of_queries, codes)
        axes = closed_form.principal_axes(collection[rows], code_dim)
        return self._found(queries @ axes, collection @ axes)

    def reconstruction(self, autoencoder: keras.Model) -> float:
        """Mean loss of the pictures' reconstructions."""
        return units.mean_loss(self._loss, as_floats(self._queries), autoencoder)

    def pca_reconstruction(self, code_dim: int) -> float:
        """The same from principal components of the pictures, without what the loss leaves free."""
        rows = max(2, _BYTES // (4 * int(np.prod(self._collection.shape[1:]))))
        flat = _flat(self._loss, self._collection[:rows])
        mean, axes = flat.mean(axis=0), closed_form.principal_axes(flat, code_dim)
        queries = _flat(self._loss, self._queries)
        rebuilt = (mean + (queries - mean) @ axes @ axes.T).reshape(self._queries.shape).astype(np.float32)
        return units.mean_of_pairs(self._loss, as_floats(self._queries), rebuilt)

    def constant(self) -> float:
        """Mean loss of the constant image that suits pictures of the training best."""
        return units.best_constant(self._loss, as_floats(self._queries), self._begun.landmarks)

    def _found(self, queries: np.ndarray, codes: np.ndarray) -> float:
        if not (np.isfinite(queries).all() and np.isfinite(codes).all()):
            return 0.0
        return float(fidelity(code_distances(queries, codes), self._by_loss, self.k).mean())


def settle(images: np.ndarray, loss: ImageLoss, begun: Start) -> Quality:
    """Leaves in the network the codes that find most, and the decoder that suits them; says how good they are.

    Those that were trained, unless they find less than principal components of what the loss sees (than those of the
    start, where the loss has no view). Then the best of all is kept, and its decoder is fitted in closed form.

    Args:
        images: All pictures, uint8, shape (N, S, S, 3).
        loss: The loss.
        begun: The training, over, with its best weights in place.
    """
    network, code_dim = begun.learner.autoencoder, begun.learner.config.code_dim
    encoder = begun.learner.encoder
    exam = Examination(images, loss, begun)
    pca, trained = exam.pca_fidelity(code_dim), exam.fidelity(encoder)
    states = {TRAINED: encoder.get_weights()}
    found = {TRAINED: trained}
    for name in (START, PRINCIPAL):
        linear.only(encoder, begun.principal if name == PRINCIPAL else None)
        states[name], found[name] = encoder.get_weights(), exam.fidelity(encoder)
    rival = found[START] if pca is None else pca
    choose = exam.decides and begun.learner.config.closed_form and trained < rival
    kept = max(found, key=lambda name: found[name]) if choose else TRAINED
    encoder.set_weights(states[kept])
    _settle_decoder(images[linear.drawn(begun.train)], loss, begun, exam, trained=kept == TRAINED)
    return Quality(
        pictures=min(_QUERIES, len(begun.held_out) or len(begun.train)),
        held_out=exam.held_out,
        k=exam.k,
        fidelity=found[kept],
        pca_fidelity=pca,
        start_fidelity=found[START],
        trained_fidelity=trained,
        codes=kept,
        reconstruction=exam.reconstruction(network),
        pca_reconstruction=exam.pca_reconstruction(code_dim),
        constant=exam.constant(),
    )


def _settle_decoder(images: np.ndarray, loss: ImageLoss, begun: Start, exam: Examination, *, trained: bool) -> None:
    """Keeps the trained decoder where it belongs to these codes and rebuilds better than one in closed form."""
    network, decoder = begun.learner.autoencoder, begun.learner.decoder
    if not begun.learner.config.closed_form:
        return
    learned, value = decoder.get_weights(), exam.reconstruction(network)
    linear.fit_decoder(network, loss, images)
    if trained and value <= exam.reconstruction(network):
        decoder.set_weights(learned)


def _flat(loss: ImageLoss, images: np.ndarray) -> np.ndarray:
    return np.asarray(loss.representative(as_floats(images)), np.float32).reshape(len(images), -1)
