"""The requests that TensorFlow Serving answers to itself before it takes a new model into service.

The file is a TFRecord of `tensorflow.serving.PredictionLog` messages. Their few nested fields are put into
protocol buffers' wire format here, since the package that has their classes, tensorflow-serving-api, pins a
TensorFlow.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

# Field numbers of tensorflow_serving/apis: prediction_log.proto, predict.proto and model.proto.
_LOG_PREDICT = 6
_PREDICT_REQUEST = 1
_REQUEST_MODEL, _REQUEST_INPUTS = 1, 2
_MODEL_NAME, _MODEL_SIGNATURE = 1, 3
_MAP_KEY, _MAP_VALUE = 1, 2
_LENGTH_DELIMITED = 2  # the wire type of strings and messages


def write(path: Path, model: str, functions: dict[str, Any], samples: np.ndarray) -> None:
    """Writes one request for every signature.

    A server that cannot answer one of them refuses the whole model.

    Args:
        path: The file.
        model: The model's name.
        functions: The concrete functions by signature, each with the input "images" or "image_bytes".
        samples: uint8, shape (n, S, S, 3): the batch to ask with.
    """
    inputs = {
        "images": tf.make_tensor_proto(samples.astype(np.float32) / 255.0),
        "image_bytes": tf.make_tensor_proto([tf.io.encode_png(sample).numpy() for sample in samples]),
    }
    with tf.io.TFRecordWriter(str(path)) as file:
        for signature, function in functions.items():
            (spec,), _ = function.structured_input_signature
            tensor = inputs[spec.name].SerializeToString()
            file.write(_prediction_log((model, signature), spec.name, tensor))


def _prediction_log(model_and_signature: tuple[str, str], name: str, tensor: bytes) -> bytes:
    model, signature = (text.encode() for text in model_and_signature)
    model_spec = _field(_MODEL_NAME, model) + _field(_MODEL_SIGNATURE, signature)
    entry = _field(_MAP_KEY, name.encode()) + _field(_MAP_VALUE, tensor)
    request = _field(_REQUEST_MODEL, model_spec) + _field(_REQUEST_INPUTS, entry)
    return _field(_LOG_PREDICT, _field(_PREDICT_REQUEST, request))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the top bit says that more follow."""
    digits = bytearray()
    while number >= 0x80:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])
