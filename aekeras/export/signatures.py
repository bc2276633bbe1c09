"""The signatures of the served model: what a client may ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from aekeras.export.decoding import decode

Verb = Callable[[tf.Tensor], dict[str, tf.Tensor]]


def signatures(autoencoder: keras.Model) -> dict[str, Any]:
    """The concrete functions by the names under which TensorFlow Serving offers them.

    Each one refuses inputs of another shape, and numbers that are not finite, with INVALID_ARGUMENT when it is run,
    since neither TensorFlow Serving nor a session compares a request with the signature. To a batch of no pictures,
    which a client may send as well, each one answers with an empty batch.

    Args:
        autoencoder: Images (N, S, S, 3) -> reconstructions, with a layer "encoder" that gives codes (N, D).
    """
    encode = encoding(autoencoder)
    size = autoencoder.input_shape[1]

    def reconstruct(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"reconstructions": autoencoder(images, training=False)}

    from_images = _from_images(encode, size)
    return {
        "serving_default": from_images,
        "encode": from_images,
        "encode_bytes": _from_bytes(encode, size),
        "reconstruct": _from_images(reconstruct, size),
        "reconstruct_bytes": _from_bytes(reconstruct, size),
    }


def encoding(autoencoder: keras.Model) -> Verb:
    """The encoder alone, for one picture or more."""
    encoder = autoencoder.get_layer("encoder")

    def encode(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"codes": encoder(images, training=False)}

    return encode


def save(functions: dict[str, Any], directory: Path) -> None:
    """Writes the functions as a SavedModel, every weight once."""
    tf.saved_model.save(holder(functions.values()), str(directory), signatures=functions)


def holder(functions: Iterable[Any]) -> tf.Module:
    """What owns the variables that the functions read, and nothing else.

    Keras's own models track each weight along two paths, and a SavedModel of them holds it twice.
    """
    module = tf.Module()
    module.read = list({id(v): v for function in functions for v in function.graph.variables}.values())
    return module


def _from_images(verb: Verb, size: int) -> Any:
    shape = (None, size, size, 3)

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, name="images")], autograph=False)
    def from_images(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return _of_any_number(verb, _finite(tf.ensure_shape(images, shape)))

    return from_images.get_concrete_function()


def _from_bytes(verb: Verb, size: int) -> Any:
    reader = _reader(size)

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="image_bytes")], autograph=False)
    def from_bytes(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        return _of_any_number(verb, reader(tf.ensure_shape(image_bytes, (None,))))

    return from_bytes.get_concrete_function()


def _finite(images: tf.Tensor) -> tf.Tensor:
    """The images, none of whose numbers is NaN or infinite.

    Of a picture with a NaN in it TensorFlow's own kernels make a code of NaN, oneDNN's one that looks like any other.
    """
    told = ["Expected images of numbers in [0, 1]. Received: NaN or infinity among them."]
    # The sum is one more reading of the images; asking each number would be several.
    with tf.control_dependencies([tf.debugging.Assert(tf.math.is_finite(tf.reduce_sum(images)), told)]):
        return tf.identity(images)


def _of_any_number(verb: Verb, images: tf.Tensor) -> dict[str, tf.Tensor]:
    """What the verb makes of the images, of which there may be none.

    Whether a kernel takes an empty batch depends on the processor that it was written for: oneDNN's convolutions refuse
    what TensorFlow's own take. So the network never gets one: a black picture stands in, and its answer is cut off.
    For every other batch both steps do nothing, and copy nothing.
    """
    count = tf.shape(images)[0]
    images = tf.pad(images, [[0, tf.maximum(1 - count, 0)], [0, 0], [0, 0], [0, 0]])
    return {name: answer[:count] for name, answer in verb(images).items()}


@cache
def _reader(size: int) -> Any:
    """`decode` traced once for all signatures of all models: that takes longer than the rest of an export."""

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string)], autograph=False)
    def reader(image_bytes: tf.Tensor) -> tf.Tensor:
        return decode(image_bytes, size)

    return reader.get_concrete_function()
