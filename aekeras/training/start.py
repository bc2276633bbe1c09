"""Where training begins: the distances of some landmarks, and the linear layers that can be fitted to them."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from aekeras import autoencoder as network
from aekeras import objective
from aekeras.configuration import Training
from aekeras.equality.verdict import zero_of
from aekeras.losses.blindness import Colors
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.readings import Readings
from aekeras.losses.view_loss import ViewLoss
from aekeras.training import linear, units
from aekeras.training.batches import split
from aekeras.training.learner import Learner

LANDMARKS = 1024  # pictures whose distances are computed all against all
_BLOCK = 128  # pictures per side of one block of that matrix: what the processor's cache holds


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """A training before its first step.

    Attributes:
        learner: Not yet compiled.
        train: Rows of the images that train.
        held_out: Rows of the images that validate; none of very few images.
        landmarks: Some of the training images, float32, shape (M, S, S, 3), in [0, 1].
        distances: Their losses, shape (M, M).
        principal: Weights of the encoder's layer of that name that give principal components of what it reads.
    """

    learner: Learner
    train: np.ndarray
    held_out: np.ndarray
    landmarks: np.ndarray
    distances: np.ndarray
    principal: linear.Weights


def begin(images: np.ndarray, loss: ImageLoss, config: Training) -> Start:
    """Splits uint8 images (N, S, S, 3), measures landmarks, builds the network and fits what needs no training.

    Seeds the random generators of Python, NumPy and TensorFlow.

    Raises:
        InputError: All images are equal under the loss.
    """
    keras.utils.set_random_seed(config.seed)
    train, held_out = split(len(images), config.validation_share, config.seed)
    landmarks = images[np.sort(train[:LANDMARKS])].astype(np.float32) / 255.0
    distances = landmark_distances(loss, landmarks)
    unit = units.typical(distances, loss.text, zero_of(loss, config.image_size))
    readings = reader(loss, landmarks[:1], config)
    shape = network.Shape(
        image_size=config.image_size,
        code_dim=config.code_dim,
        view=loss.matrix,
        readings=readings,
        unit=unit,
        encoder_input="view" if readings and view_is_all(loss) else config.encoder_input,
    )
    learner = Learner(network.build(shape), loss, config, unit)
    linear.place_thresholds(learner.encoder, landmarks)
    if config.closed_form:
        principal = linear.fit_codes(learner.encoder, landmarks, distances, unit)
        linear.fit_decoder(learner.autoencoder, loss, images[linear.drawn(train)])
    else:
        linear.scale_random_layer(learner.encoder, landmarks, unit)
        principal = learner.encoder.get_layer("principal").get_weights()
    return Start(
        learner=learner,
        train=train,
        held_out=held_out,
        landmarks=landmarks,
        distances=distances,
        principal=principal,
    )


def landmark_distances(loss: ImageLoss, images: np.ndarray) -> np.ndarray:
    """loss(x_i, x_j) for all pairs of images (N, S, S, 3) in [0, 1], (N, N) float64, made symmetric by the mean."""
    spec = tf.TensorSpec((None, *images.shape[1:]), tf.float32)
    block = tf.function(lambda a, b: objective.cross_losses(loss, a, b), input_signature=[spec, spec], autograph=False)
    count = len(images)
    distances = np.zeros((count, count))
    for i in range(0, count, _BLOCK):
        for j in range(i if loss.symmetric else 0, count, _BLOCK):
            part = block(images[i : i + _BLOCK], images[j : j + _BLOCK]).numpy()
            distances[i : i + _BLOCK, j : j + _BLOCK] = part
            if loss.symmetric:
                distances[j : j + _BLOCK, i : i + _BLOCK] = part.T
    np.fill_diagonal(distances, 0.0)
    return 0.5 * (distances + distances.T)


def reader(loss: ImageLoss, images: np.ndarray, config: Training) -> Readings | None:
    """The layer by which an encoder reads images (N, S, S, 3); None where the colors of the pixels say it all.

    An encoder that may see no more than the loss reads what the loss lets it read, else the loss's view.
    """
    colors_only = all(isinstance(one, Colors) for one in loss.blindness)
    if not loss.readings(images) and (colors_only or config.encoder_input == "images"):
        return None
    return Readings(loss, name="loss_readings")


def view_is_all(loss: ImageLoss) -> bool:
    """Whether pictures teach an encoder only what it should not know.

    So it is of a loss that knows where nothing is, and of one that is a distance of views which no color tells.
    """
    return any(one.of_place for one in loss.blindness) or type(loss).readings is ViewLoss.readings
