"""Training, encoding and cold start against their rivals."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import plain_tensorflow

from aekeras import export, losses, training
from aekeras.configuration import Training
from aekeras.encoding import load_encoder
from aekeras.equality import distances
from aekeras.experiment import Options, train
from aekeras.places import Places

Row = tuple[str, str, str, str]
_REPEATS = 3


def training_row(images: np.ndarray) -> Row:
    """Images per second of a whole epoch, `fit` of the Learner against a plain TensorFlow loop of the same steps."""
    loss, config = losses.get("l1_gray"), Training(epochs=1)
    learner = training.begin(images, loss, config).learner
    learner.compile(optimizer=keras.optimizers.Adam(config.learning_rate))
    batches = training.Batches(images, np.arange(len(images)), size=config.batch_size, seed=0)
    plain = plain_tensorflow.Trainer(learner.autoencoder, loss, config, learner.unit)
    count = len(batches) * config.batch_size
    ours = _rate(lambda: learner.fit(batches, verbose=0), count)
    rival = _rate(lambda: plain.epoch(batches), count)
    return ("training, images/s; rival: plain TensorFlow", f"{ours:,.0f}", f"{rival:,.0f}", f"{ours / rival:.2f}")


def encoding_rows(images: np.ndarray) -> list[Row]:
    """Images per second of the exported encoder against Keras, in bulk and one by one."""
    loss = losses.get("l1_gray")
    autoencoder = training.begin(images, loss, Training()).learner.autoencoder
    keras_encoder = autoencoder.get_layer("encoder")
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "l1_gray" / "1"
        directory.mkdir(parents=True)
        run = {"loss": "l1_gray", "image_size": images.shape[1], "code_dim": keras_encoder.output_shape[-1]}
        export.write(directory, autoencoder, loss, run, images[:2])
        encoder = load_encoder(directory)
        floats = images.astype(np.float32) / 255.0
        bulk = _rate(lambda: encoder.encode(images), len(images))
        rival = _rate(lambda: keras_encoder.predict(floats, batch_size=256, verbose=0), len(images))
        one = _rate(lambda: [encoder.encode(images[i : i + 1]) for i in range(100)], 100)
        rival_one = _rate(lambda: [keras_encoder.predict_on_batch(floats[i : i + 1]) for i in range(100)], 100)
    return [
        ("encoding in bulk, images/s; rival: Keras", f"{bulk:,.0f}", f"{rival:,.0f}", f"{bulk / rival:.2f}"),
        ("encoding one by one, images/s; rival: Keras", f"{one:,.0f}", f"{rival_one:,.0f}", f"{one / rival_one:.2f}"),
    ]


def oracle_row() -> Row:
    """Seconds for `l1` of 1,000 queries and 10,000 images, 64 x 64, against the loss itself (from a hundredth)."""
    draw = np.random.default_rng(0)
    queries, images = (draw.integers(0, 256, (count, 64, 64, 3), np.uint8) for count in (1000, 10_000))
    ours = _timed(lambda: distances.loss_distances(losses.get("l1"), queries, images))
    part = queries[:100], images[:1000]
    rival = 100 * _timed(lambda: distances.by_the_loss(losses.get("l1"), *part))
    return (
        "exact losses of 1,000 x 10,000 under l1, s; rival: the loss itself",
        f"{ours:.1f}",
        f"{rival:.1f}",
        f"{ours / rival:.2f}",
    )


def cold_start_row(pictures: Path) -> Row:
    """Seconds of the whole command `aekeras search` over five indexes against `import tensorflow` alone."""
    with tempfile.TemporaryDirectory() as folder:
        places = Places(models=Path(folder) / "models", indexes=Path(folder) / "indexes")
        train(pictures, config=Training(epochs=1), options=Options(places=places))
        query = next(path for path in sorted(pictures.rglob("*.png")))
        where = ["--models", str(places.models), "--indexes", str(places.indexes)]
        ours = _seconds([sys.executable, "-m", "aekeras", "search", str(query), *where])
    rival = _seconds([sys.executable, "-c", "import tensorflow"])
    return (
        "cold search of five indexes, s; rival: import tensorflow",
        f"{ours:.2f}",
        f"{rival:.2f}",
        f"{ours / rival:.2f}",
    )


def _rate(work: Callable[[], object], count: int) -> float:
    """Images per second, the best of some repeats after one to warm up."""
    work()
    return count / min(_timed(work) for _ in range(_REPEATS))


def _seconds(command: list[str]) -> float:
    def work() -> None:
        subprocess.run(command, check=True, capture_output=True)

    work()
    return min(_timed(work) for _ in range(_REPEATS))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
