"""Indexing of folders against its rivals: a plain loop, decoding alone, and doing nothing."""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from aekeras import export, images, losses, samples, training
from aekeras.configuration import Training
from aekeras.encoding import load_encoder
from aekeras.experiment import Options, train
from aekeras.index import Index, Update, build_indexes, update_indexes
from aekeras.places import Places

Row = tuple[str, str, str, str]
_MEGAPIXELS = (2048, 1536)
_PHOTOS, _PLAIN = 200, 40
_FILES = 50_000


def indexing_rows() -> list[Row]:
    """Pictures per second from 3-megapixel JPEGs to an index."""
    with _project() as places:
        photos = places.indexes.parent / "photos"
        _write_photos(photos)
        files = images.find([photos])
        plain = _plain_rate(files[:_PLAIN], places)
        decoding = _PHOTOS / _timed(lambda: [None for _ in images.stream(files, [64])])
        ours = _PHOTOS / _timed(lambda: build_indexes(photos, places=places))
    return [
        ("indexing 3-megapixel JPEGs, images/s; rival: plain loop", f"{ours:.0f}", f"{plain:.0f}", _ratio(ours, plain)),
        ("the same; rival: decoding alone", f"{ours:.0f}", f"{decoding:.0f}", _ratio(ours, decoding)),
    ]


def sync_row() -> Row:
    """Seconds of a sync of many files that have not changed, against listing them."""
    with _project() as places:
        many = places.indexes.parent / "many"
        _write_many(many)
        build_indexes(many, places=places)
        rival = min(_timed(lambda: images.scan([many])) for _ in range(3))
        update = Update(sources=(many,), drop=True)
        ours = min(_timed(lambda: update_indexes(update, places=places)) for _ in range(3))
    return (
        f"sync of {_FILES:,} unchanged files, s; rival: listing them",
        f"{ours:.2f}",
        f"{rival:.2f}",
        _ratio(ours, rival),
    )


def reranking_rows() -> list[tuple[str, str, str, str]]:
    """What re-ranking by the loss itself finds of the true ten nearest, and what it costs, by its candidates."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        samples.write(root / "pictures")
        files = images.find([root / "pictures"])
        held_out = [path for number, path in enumerate(files) if number % 5 == 0]
        for path in held_out:
            (root / "queries").mkdir(exist_ok=True)
            path.rename(root / "queries" / path.name)
        places = Places(models=root / "models", indexes=root / "indexes")
        train(root / "pictures", losses=["l1", "l1_gray", "l1_red"], options=Options(places=places))
        for loss in ("l1", "l1_gray", "l1_red"):
            with Index.open(places.indexes / loss, places.models) as index:
                rows += _reranking(index, root / "queries")
    return rows


def _reranking(index: Index, queries: Path) -> Iterator[tuple[str, str, str, str]]:
    everything = index.search(queries, k=10, rerank=len(index))
    truth = [{neighbor.id for neighbor in found} for found in everything]
    for candidates in (None, 20, 50, 100, 200, 400):
        start = time.perf_counter()
        found = index.search(queries, k=10, rerank=candidates)
        taken = (time.perf_counter() - start) / len(truth)
        share = np.mean([len({n.id for n in one} & true) / len(true) for one, true in zip(found, truth, strict=True)])
        yield index.loss, "none" if candidates is None else str(candidates), f"{share:.3f}", f"{1e3 * taken:.1f}"


@contextlib.contextmanager
def _project() -> Iterator[Places]:
    """A folder with a model that was not trained: how fast it encodes does not depend on that."""
    with tempfile.TemporaryDirectory() as folder:
        places = Places(models=Path(folder) / "models", indexes=Path(folder) / "indexes")
        loss = losses.get("l1_gray")
        some = np.stack([np.asarray(samples.draw(sample)) for sample in samples.generate(8)])
        autoencoder = training.begin(some, loss, Training()).learner.autoencoder
        directory = places.models / "l1_gray" / "1"
        directory.mkdir(parents=True)
        dim = autoencoder.get_layer("encoder").output_shape[-1]
        export.write(directory, autoencoder, loss, {"loss": "l1_gray", "image_size": 64, "code_dim": dim}, some[:2])
        yield places


def _write_photos(folder: Path) -> None:
    """Drawings with the grain of a photograph, so that the JPEGs have the size of photographs."""
    folder.mkdir()
    draw = np.random.default_rng(0)
    for number, sample in enumerate(samples.generate(_PHOTOS)):
        large = np.asarray(samples.draw(sample, 512).resize(_MEGAPIXELS, Image.Resampling.BICUBIC), np.int16)
        grain = draw.normal(0, 6, large.shape[:2])[..., None]
        Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8)).save(folder / f"{number}.jpg", quality=90)


def _write_many(folder: Path) -> None:
    for number in range(_FILES):
        where = folder / str(number // 1000)
        where.mkdir(parents=True, exist_ok=True)
        file = io.BytesIO()
        Image.new("RGB", (8, 8), (number % 256, number // 256, 0)).save(file, "BMP")
        (where / f"{number}.bmp").write_bytes(file.getvalue())


def _plain_rate(files: list[Path], places: Places) -> float:
    """Images per second of what one writes first: open, convert, resize, predict, one by one."""
    import keras

    model = load_encoder(places.models / "l1_gray" / "1").directory / "assets.extra" / "autoencoder.keras"
    encoder = keras.saving.load_model(model).get_layer("encoder")

    def loop() -> None:
        for path in files:
            with Image.open(path) as image:
                pixels = np.asarray(image.convert("RGB").resize((64, 64)), np.float32) / 255
            encoder.predict(pixels[None], verbose=0)

    encoder.predict(np.zeros((1, 64, 64, 3), np.float32), verbose=0)
    return len(files) / _timed(loop)


def _ratio(ours: float, rival: float) -> str:
    return f"{ours / rival:.2f}"


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
