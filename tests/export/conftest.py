"""A small model, exported once for all tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest

from aekeras import autoencoder, export, losses

SIZE, CODE_DIM = 32, 8


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A model on the disk, the Keras model that it was made of, and what it was told."""

    directory: Path
    autoencoder: keras.Model
    fingerprint: str
    samples: np.ndarray

    @property
    def images(self) -> np.ndarray:
        return self.samples.astype(np.float32) / 255.0

    def codes(self) -> np.ndarray:
        return self.autoencoder.get_layer("encoder").predict(self.images, verbose=0)

    def reconstructions(self) -> np.ndarray:
        return self.autoencoder.predict(self.images, verbose=0)


def random_autoencoder(seed: int = 0) -> keras.Model:
    """Weights that no layer starts with: all of them random, so that each one counts."""
    shape = autoencoder.Shape(image_size=SIZE, code_dim=CODE_DIM, view=losses.get("l1_gray").matrix)
    model = autoencoder.build(shape)
    random = np.random.default_rng(seed)
    model.set_weights([random.normal(0.0, 0.1, w.shape) for w in model.get_weights()])
    return model


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    directory = tmp_path_factory.mktemp("models") / "l1_gray" / "1"
    directory.mkdir(parents=True)
    model = random_autoencoder()
    samples = np.random.default_rng(1).integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)
    run = {"loss": "l1_gray", "image_size": SIZE, "code_dim": CODE_DIM}
    fingerprint = export.write(directory, model, losses.get("l1_gray"), run, samples)
    return Exported(directory=directory, autoencoder=model, fingerprint=fingerprint, samples=samples)
