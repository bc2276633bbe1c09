"""What is left of pictures in their codes: reconstructions, loss by loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aekeras import images
from aekeras.artefacts import shown_path
from aekeras.encoding import Encoder, load_encoder
from aekeras.errors import InputError
from aekeras.model_choice import chosen_models
from aekeras.places import Places
from aekeras.stderr import held_back


@dataclass(frozen=True, kw_only=True, eq=False)
class Rebuilt:
    """The reconstructions of some pictures by one model.

    Attributes:
        encoder: The model; its `view` is what its loss sees.
        originals: float32, shape (N, S, S, 3), in [0, 1].
        reconstructions: float32, shape (N, S, S, 3); may leave [0, 1].
        losses: Between the two, shape (N,).
    """

    encoder: Encoder
    originals: np.ndarray
    reconstructions: np.ndarray
    losses: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Reconstruction:
    """Pictures and their reconstructions, one `Rebuilt` per model."""

    paths: tuple[Path, ...]
    models: tuple[Rebuilt, ...]

    def to_dict(self) -> dict[str, Any]:
        """What `aekeras reconstruct --json` prints."""
        return {
            "images": [shown_path(path) for path in self.paths],
            "losses": [
                {
                    "loss": rebuilt.encoder.loss_name,
                    "model": shown_path(rebuilt.encoder.directory),
                    "values": [round(float(value), 6) for value in rebuilt.losses],
                }
                for rebuilt in self.models
            ],
        }

    def __str__(self) -> str:
        width = max(len(rebuilt.encoder.loss_name) for rebuilt in self.models)
        return "\n".join(
            f"{shown_path(path)}\n"
            + "\n".join(f"  {rebuilt.encoder.loss_name:<{width}}  {rebuilt.losses[i]:.4f}" for rebuilt in self.models)
            for i, path in enumerate(self.paths)
        )


def reconstruct(
    queries: str | Path | Sequence[str | Path], *, losses: Sequence[str] = (), models: str | Path = Places.models
) -> Reconstruction:
    """Encodes and decodes pictures with the newest model of every loss, or of the named ones.

    Raises:
        MissingError: No model yet, or a picture that does not exist.
        InputError: A file that is no picture, or a loss without a model.
    """
    paths = images.as_paths(queries)
    encoders = [load_encoder(model) for model in chosen_models(Path(models), losses)]
    read = {
        size: np.stack([images.read(path, size) for path in paths]).astype(np.float32) / 255.0
        for size in {encoder.image_size for encoder in encoders}
    }
    return Reconstruction(
        paths=paths, models=tuple(_rebuilt(encoder, read[encoder.image_size]) for encoder in encoders)
    )


def rebuild(encoder: Encoder, originals: np.ndarray) -> np.ndarray:
    """What a model makes of float images (N, S, S, 3) in [0, 1], float32, the same shape; may leave [0, 1].

    Raises:
        InputError: The saved model cannot be loaded.
    """
    with held_back():
        import tensorflow as tf

    try:
        # The exported graph and not the Keras file: it needs nothing of a person's own loss.
        served = tf.saved_model.load(str(encoder.directory)).signatures["reconstruct"]
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise InputError(
            f"Expected a saved model in {shown_path(encoder.directory)}. Received: files that cannot be loaded "
            f"({error}). Run `aekeras train` again."
        ) from error
    return served(images=tf.constant(originals))["reconstructions"].numpy()


def _rebuilt(encoder: Encoder, originals: np.ndarray) -> Rebuilt:
    reconstructions = rebuild(encoder, originals)
    return Rebuilt(
        encoder=encoder,
        originals=originals,
        reconstructions=reconstructions,
        losses=encoder.loss(originals, reconstructions),
    )
