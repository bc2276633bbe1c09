"""What lies in one model's directory, and how it gets there."""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from aekeras.artefacts import digest, storage_errors, write_file, write_json
from aekeras.export import lite, warmup
from aekeras.export.signatures import encoding, save, signatures
from aekeras.losses.image_loss import ImageLoss

_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS)


def write(directory: Path, autoencoder: keras.Model, loss: ImageLoss, run: dict[str, Any], samples: np.ndarray) -> str:
    """Fills the directory of a model and gives the fingerprint of its encoder, 64 hexadecimal digits.

    Args:
        directory: An empty folder below `models/<name>`, whose name the warm-up requests take.
        autoencoder: Images (N, S, S, 3) -> reconstructions, with a layer "encoder" that gives codes (N, D).
        loss: The loss under which it was trained.
        run: What `run.json` tells of the training. It gets three keys more: "fingerprint", which changes with
            the codes that the encoder gives; "lite", whether LiteRT can express the loss and its view; and
            "digests", the SHA-256 of each LiteRT graph.
        samples: uint8, shape (n, S, S, 3), n >= 1, a few: the batch with which a server warms up.

    Raises:
        StorageError: The disk is full, or the place cannot be written.
    """
    functions = signatures(autoencoder)
    extra = directory / "assets.extra"
    with _tensorflow_storage_errors(directory):
        save(functions, directory)
        extra.mkdir()
        _save_for_keras(autoencoder, extra / "autoencoder.keras")
        digests = _write_graphs(extra, lite.graphs(encoding(autoencoder), loss, autoencoder.input_shape))
        warmup.write(extra / "tf_serving_warmup_requests", directory.parent.name, functions, samples)
    added = {
        "fingerprint": digests["encoder.tflite"],
        "lite": {name: f"{name}.tflite" in digests for name in ("view", "loss")},
        "digests": digests,
    }
    write_json(extra / "run.json", run | added)
    return digests["encoder.tflite"]


def _save_for_keras(autoencoder: keras.Model, path: Path) -> None:
    uncompiled = keras.Model(autoencoder.inputs, autoencoder.outputs, name=autoencoder.name)
    with warnings.catch_warnings():
        # Keras reads TensorFlow's variables in a way that NumPy 2 deprecates.
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        uncompiled.save(path)


def _write_graphs(extra: Path, graphs: dict[str, bytes]) -> dict[str, str]:
    for name, graph in graphs.items():
        write_file(extra / f"{name}.tflite", graph)
    return {f"{name}.tflite": digest(graph) for name, graph in graphs.items()}


@contextmanager
def _tensorflow_storage_errors(directory: Path) -> Iterator[None]:
    """`storage_errors` for TensorFlow and HDF5, which name what the system refused only in their messages."""
    with storage_errors(directory):
        try:
            yield
        except (tf.errors.OpError, OSError) as error:
            for refusal in _REFUSALS:
                if os.strerror(refusal) in str(error):
                    raise OSError(refusal, os.strerror(refusal)) from error
            raise
