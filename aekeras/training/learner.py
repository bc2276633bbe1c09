"""The autoencoder as it learns: the objective of `aekeras.objective` as a Keras model that `fit` can train."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from aekeras import objective
from aekeras.configuration import Training
from aekeras.losses.image_loss import ImageLoss


class Learner(keras.Model):
    """Learns from batches of uint8 images (N, S, S, 3); logs `reconstruction` and `isometry` beside their sum.

    Of a loss with several terms, each term of the reconstruction is logged under its own name, without its weight.

    Args:
        autoencoder: As `aekeras.autoencoder.build` gives it; trained in place.
        loss: Compares images with reconstructions, and images with each other.
        config: Which terms there are.
        unit: How far apart two pictures typically are, in the loss's units.
    """

    def __init__(self, autoencoder: keras.Model, loss: ImageLoss, config: Training, unit: float) -> None:
        super().__init__()
        self.autoencoder = autoencoder
        self.encoder, self.decoder = autoencoder.get_layer("encoder"), autoencoder.get_layer("decoder")
        self.equality = loss
        self.config, self.unit = config, unit
        self.seeds = keras.random.SeedGenerator(config.seed)
        self.reconstruction_mean = keras.metrics.Mean(name="reconstruction")
        self.isometry_mean = keras.metrics.Mean(name="isometry")
        self.term_means = [keras.metrics.Mean(name=term.name) for _, term in loss.terms()] if _several(loss) else []

    def call(self, images: Any, training: bool = False) -> dict[str, Any]:
        """The pictures of this step, the codes of what the encoder got to see of them, and reconstructions.

        In training the encoder sees metamers, and blends follow the images; `reconstructions` are of the images only.
        """
        pictures = seen = ops.cast(images, "float32") / 255.0
        count = ops.shape(images)[0]
        if training and self.config.blends and self.config.isometry:
            pictures = seen = ops.concatenate([pictures, objective.blends(pictures, self.seeds)])
        if training and self.config.metamers:
            seen = self.equality.metamer(pictures, self.seeds)
        codes = self.encoder(seen, training=training)
        reconstructions = self.decoder(codes[:count], training=training)
        return {"pictures": pictures, "codes": codes, "reconstructions": reconstructions}

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """reconstruction + weight * isometry, a scalar in the loss's units."""
        del x, y, sample_weight, training
        pictures, reconstructions = y_pred["pictures"], y_pred["reconstructions"]
        originals = pictures[: ops.shape(reconstructions)[0]]
        reconstruction = self._reconstruction(originals, reconstructions)
        if not self.config.isometry:
            return reconstruction
        shifts = objective.all_pairs(ops.shape(pictures)[0])
        isometry = objective.isometry(
            objective.pair_distances(y_pred["codes"], shifts),
            objective.pair_losses(self.equality, pictures, shifts),
            self.unit,
        )
        self.isometry_mean.update_state(isometry)
        return reconstruction + self.config.isometry * isometry

    def _reconstruction(self, originals: Any, reconstructions: Any) -> Any:
        """The mean loss of the reconstructions, and of each of its terms."""
        terms = self.equality.terms()
        values = [ops.mean(term(originals, reconstructions)) for _, term in terms]
        for mean, value in zip(self.term_means, values, strict=False):  # a loss of one term has no mean of its own
            mean.update_state(value)
        total = sum(weight * value for (weight, _), value in zip(terms, values, strict=True))
        self.reconstruction_mean.update_state(total)
        return total


def _several(loss: ImageLoss) -> bool:
    return len(loss.terms()) > 1
