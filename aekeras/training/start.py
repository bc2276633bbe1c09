"""Where training begins: the distances of some landmarks, and the linear layers that can be fitted to them."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from aekeras import autoencoder as network
from aekeras import closed_form, objective
from aekeras.configuration import Training
from aekeras.losses.blindness import Colors
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.readings import Readings
from aekeras.training import units
from aekeras.training.batches import split
from aekeras.training.learner import Learner

LANDMARKS = 1024  # pictures whose distances are computed all against all
_BLOCK = 128  # pictures per side of one block of that matrix: what the processor's cache holds
_VALUES = (1, 99)  # percentiles of a channel's values between which thresholds lie
_CODE_PENALTY, _PICTURE_PENALTY = 3e-2, 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """A training before its first step.

    Attributes:
        learner: Not yet compiled.
        train: Rows of the images that train.
        held_out: Rows of the images that validate; none of very few images.
        landmarks: Some of the training images, float32, shape (M, S, S, 3), in [0, 1].
        distances: Their losses, shape (M, M).
    """

    learner: Learner
    train: np.ndarray
    held_out: np.ndarray
    landmarks: np.ndarray
    distances: np.ndarray


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
    unit = units.typical(distances, loss.text)
    readings = reader(loss, landmarks[:1], config)
    shape = network.Shape(
        image_size=config.image_size,
        code_dim=config.code_dim,
        view=loss.matrix,
        readings=readings,
        unit=unit,
        encoder_input="view" if readings and blind_to_place(loss) else config.encoder_input,
    )
    learner = Learner(network.build(shape), loss, config, unit)
    place_thresholds(learner.encoder, landmarks)
    if config.closed_form:
        fit_linear_layers(learner.autoencoder, loss, landmarks, distances)
    else:
        scale_random_layer(learner.encoder, landmarks, unit)
    return Start(learner=learner, train=train, held_out=held_out, landmarks=landmarks, distances=distances)


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


def blind_to_place(loss: ImageLoss) -> bool:
    """Whether the loss knows where nothing is: then pictures teach an encoder only what it should not know."""
    return any(one.of_place for one in loss.blindness)


def place_thresholds(encoder: keras.Model, images: np.ndarray) -> None:
    """Spreads the thresholds of each channel's hinges over the values that it takes on images (N, S, S, 3)."""
    for layer in encoder.layers:
        if layer.name.startswith("hinges"):
            kernel, _ = layer.get_weights()
            values = (
                units.in_batches(keras.Model(encoder.input, layer.input), images) @ kernel[0, 0, :, :: network.HINGES]
            )
            low, high = np.percentile(values, _VALUES, axis=(0, 1, 2))
            thresholds = low[:, None] + (high - low)[:, None] * np.arange(network.HINGES) / network.HINGES
            layer.set_weights([kernel, -thresholds.ravel()])


def fit_linear_layers(autoencoder: keras.Model, loss: ImageLoss, images: np.ndarray, distances: np.ndarray) -> None:
    """Sets encoder and decoder to what needs no training, given images (N, S, S, 3) and their distances (N, N).

    The encoder's linear layer predicts the codes of classical scaling from the readings, and is frozen; the decoder's
    predicts from codes the representative of each picture.
    """
    encoder, decoder = autoencoder.get_layer("encoder"), autoencoder.get_layer("decoder")
    layer = encoder.get_layer("closed_form")
    readings = keras.Model(encoder.input, layer.input)
    ideal = closed_form.classical_scaling(distances, layer.units)
    layer.set_weights(closed_form.ridge(units.in_batches(readings, images), ideal, _CODE_PENALTY))
    layer.trainable = False

    canvas = decoder.get_layer("linear_picture").output
    inputs = keras.Model(decoder.input, decoder.get_layer("even_codes").output)
    pictures = ops.image.resize(loss.representative(images), canvas.shape[1:3], antialias=True)
    codes = units.in_batches(inputs, units.in_batches(encoder, images))
    flat = np.asarray(pictures).reshape(len(images), -1)
    decoder.get_layer("linear").set_weights(closed_form.ridge(codes, flat, _PICTURE_PENALTY))


def scale_random_layer(encoder: keras.Model, images: np.ndarray, unit: float) -> None:
    """Freezes the encoder's linear layer as a random projection whose codes of images (N, S, S, 3) are `unit` apart.

    Its inputs are many and alike, so that at the rate of the other layers it would not learn but jump.
    """
    layer = encoder.get_layer("closed_form")
    codes = units.in_batches(encoder, images)
    apart = float(np.sqrt(2.0 * np.sum(np.var(codes, axis=0))))
    layer.set_weights([weights * unit / max(apart, np.finfo(np.float32).tiny) for weights in layer.get_weights()])
    layer.trainable = False
