"""Callbacks for any Keras training: how well the codes find what a loss finds, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from aekeras import losses
from aekeras.equality.distances import as_floats, code_distances, loss_distances
from aekeras.equality.neighbors import in_common, nearest
from aekeras.errors import InputError
from aekeras.losses.explaining import own_code

_BATCH = 256
_WHICH = "Pass `encoder`: a Keras model or a function from images to codes"


class Fidelity(keras.callbacks.Callback):
    """Logs `fidelity` after an epoch: the share of the k nearest by code that are among the k nearest by the loss.

    The history of the training has it. So do the callbacks that are listed behind this one: `TensorBoard` draws it, and
    `ModelCheckpoint` and `EarlyStopping` can monitor it, with `mode="max"`.

    The neighbors by the loss are found once, when the training begins. The training itself is left as it is: no weight,
    no metric and no state of a random generator changes.

    Args:
        images: The collection, uint8 or float in [0, 1], shape (N, S, S, 3).
        queries: Pictures to search for, of the same size and none of `images`, shape (Q, S, S, 3).
        loss: As `aekeras.losses.get` takes it.
        encoder: From float images in [0, 1], (B, S, S, 3), to codes, (B, D): a Keras model, or a function. Without it:
            the trained model's attribute `encoder`, else its layer of that name, else the model itself.
        k: Neighbors that are compared.
        every: Log it after every so many epochs and after the last one. The other epochs have none, so callbacks that
            monitor it want 1.

    Raises:
        InputError: Arrays that are no pictures of one size, more neighbors than pictures, or an unknown loss.

    Examples:
        >>> fidelity = aekeras.callbacks.Fidelity(images, queries, "l1_gray")
        >>> best = keras.callbacks.ModelCheckpoint("best.keras", "fidelity", mode="max", save_best_only=True)
        >>> model.fit(images, images, epochs=20, callbacks=[fidelity, best])
    """

    def __init__(
        self,
        images: np.ndarray,
        queries: np.ndarray,
        loss: Any,
        *,
        encoder: keras.Layer | Callable[[Any], Any] | None = None,
        k: int = 10,
        every: int = 1,
    ) -> None:
        super().__init__()
        self._images, self._queries = _checked("images", images), _checked("queries", queries)
        if self._images.shape[1:] != self._queries.shape[1:]:
            raise InputError(
                f"Expected `queries` of the size of `images`, {self._images.shape[1:]}. "
                f"Received: {self._queries.shape[1:]}. Read both at one size."
            )
        _check_count("k", k, len(images), "the number of `images`")
        _check_count("every", every)
        self._loss, self._encoder = losses.get(loss), encoder
        self._k, self._every = k, every
        self._wanted: np.ndarray | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        del logs
        self._codes(self._queries[:1])  # what is no encoder is told of now, and not after an epoch
        if self._wanted is None:
            with own_code(f"{self._loss.text} to compare pictures"):
                distances = loss_distances(self._loss, self._queries, self._images)
            if not np.isfinite(distances).all():
                raise InputError(
                    f"Expected finite values of {self._loss.text}. Received: NaN or infinity. Mend the loss."
                )
            self._wanted = nearest(distances, self._k)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        last = epoch + 1 == self.params.get("epochs") or self.model.stop_training
        if logs is not None and (last or (epoch + 1) % self._every == 0):
            logs["fidelity"] = self.measure()

    def measure(self) -> float:
        """The fidelity of the encoder as it is now, in [0, 1]; 0 where a code is not finite."""
        if self._wanted is None:
            raise InputError("Expected a training that has begun. Received: none. Pass this callback to `fit`.")
        queries, codes = self._codes(self._queries), self._codes(self._images)
        if not (np.isfinite(queries).all() and np.isfinite(codes).all()):
            return 0.0
        found = nearest(code_distances(queries, codes), self._k)
        return float(in_common(found, self._wanted).mean())

    def _codes(self, images: np.ndarray) -> np.ndarray:
        encoder = self._encoder if self._encoder is not None else _encoder_of(self.model)
        batches = (as_floats(images[i : i + _BATCH]) for i in range(0, len(images), _BATCH))
        codes = [_encoded(encoder, batch) for batch in batches]
        if codes[0].ndim != 2:
            raise InputError(
                f"Expected codes of shape (N, D). Received: {(len(codes), *codes[0].shape[1:])}. {_WHICH}."
            )
        return np.concatenate(codes)


def _encoder_of(model: Any) -> Any:
    own = getattr(model, "encoder", None)
    if isinstance(own, keras.Layer):
        return own
    named = [layer for layer in getattr(model, "layers", ()) if layer.name == "encoder"]
    return named[0] if named else model


def _encoded(encoder: Any, images: np.ndarray) -> np.ndarray:
    if not isinstance(encoder, keras.Layer):
        return np.asarray(keras.ops.convert_to_numpy(encoder(images)), np.float32)
    if not encoder.built:
        raise InputError(f"Expected an encoder that is built. Received: {encoder.name}. Call it on a picture first.")
    # Without state: some layers draw random numbers or count whatever `training` says, and training must not notice.
    codes, _ = encoder.stateless_call(
        [variable.value for variable in encoder.trainable_variables],
        [variable.value for variable in encoder.non_trainable_variables],
        images,
        training=False,
    )
    if isinstance(codes, dict | list | tuple):
        raise InputError(f"Expected an encoder with one output. Received: {encoder.name} with {len(codes)}. {_WHICH}.")
    return keras.ops.convert_to_numpy(keras.ops.cast(codes, "float32"))


def _checked(name: str, images: Any) -> np.ndarray:
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3 or 0 in images.shape:
        raise InputError(f"Expected `{name}` of shape (N, S, S, 3). Received: {images.shape}. Stack RGB pictures.")
    number = np.issubdtype(images.dtype, np.floating)
    if not number and images.dtype != np.uint8:
        raise InputError(f"Expected `{name}` of uint8 or float. Received: {images.dtype}. Convert them.")
    if number and not (images.min() >= 0 and images.max() <= 1):
        raise InputError(
            f"Expected float `{name}` in [0, 1]. Received: {images.min():g} to {images.max():g}. "
            "Divide by 255, or pass uint8."
        )
    return images


def _check_count(name: str, count: int, most: float = float("inf"), what: str = "") -> None:
    if not 1 <= count <= most:
        upto = f", and at most {most}, {what}" if what else ""
        raise InputError(f"Expected `{name}` of at least 1{upto}. Received: {count}.")
