"""Images to codes by the exported graphs, without TensorFlow where LiteRT is installed."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from aekeras import losses
from aekeras.artefacts import digest, latest_version, read_json, shown_path, storage_errors
from aekeras.errors import InputError, MissingError
from aekeras.losses.explaining import own_code
from aekeras.stderr import held_back

_CHUNK = 64  # images per call; of 1 to 512, the fastest: what passes between two layers stays in the cache
_REMEDY = "Run `aekeras train` again."
_KEYS = {"loss": str, "image_size": int, "code_dim": int, "fingerprint": str, "digests": dict}


class SlowStartWarning(UserWarning):
    """TensorFlow runs the encoder, since LiteRT is not installed."""


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """A trained encoder, and the loss that it was trained under.

    Images are uint8, or float in [0, 1], of shape (N, S, S, 3).

    Attributes:
        directory: Where the model lies, `models/<name>/<version>`.
        run: What its `run.json` tells.
    """

    directory: Path
    run: dict[str, Any]

    @property
    def run_file(self) -> Path:
        """What `run` is read from."""
        return self.directory / "assets.extra" / "run.json"

    @property
    def loss_name(self) -> str:
        """The loss's canonical text."""
        return self.run["loss"]

    @property
    def blind_to(self) -> tuple[str, ...]:
        """What the loss cannot see."""
        return tuple(self.run.get("blind_to", ()))

    @property
    def image_size(self) -> int:
        """S, pixels per side of the images."""
        return self.run["image_size"]

    @property
    def code_dim(self) -> int:
        """D, numbers per code."""
        return self.run["code_dim"]

    @property
    def fingerprint(self) -> str:
        """Which encoder this is; another one for other codes."""
        return self.run["fingerprint"]

    def encode(self, images: np.ndarray) -> np.ndarray:
        """The codes of images, float32, shape (N, D).

        Raises:
            InputError: The images have another shape or type, or are not finite.
        """
        return _in_chunks(self._encoder, self._checked(images))

    def view(self, images: np.ndarray) -> np.ndarray:
        """What the loss sees of images, float32, shape (N, h, w, c).

        Raises:
            InputError: The images have another shape or type, or are not finite.
        """
        return _in_chunks(self._view, self._checked(images))

    def loss(self, images: np.ndarray, others: np.ndarray) -> np.ndarray:
        """The loss of each pair of images, float32, shape (N,).

        Raises:
            InputError: The images have another shape or type, are not finite, or their numbers differ.
        """
        images, others = self._checked(images), self._checked(others)
        if len(images) != len(others):
            raise InputError(
                f"Expected as many `others` as `images`. Received: {len(others)} and {len(images)}. Give one for each."
            )
        return _in_chunks(self._loss, images, others)

    @cached_property
    def _encoder(self) -> LiteGraph:
        graph = self._graph("encoder.tflite")
        if graph is None:
            raise MissingError(f"Expected a model in {shown_path(self.directory)}. Found no encoder. {_REMEDY}")
        return graph

    @cached_property
    def _view(self) -> Callable[..., Any]:
        return self._graph("view.tflite") or self._by_keras("view")

    @cached_property
    def _loss(self) -> Callable[..., Any]:
        return self._graph("loss.tflite") or self._by_keras("__call__")

    @cached_property
    def _own_loss(self) -> losses.ImageLoss:
        """The loss itself, by Keras."""
        with held_back():
            from aekeras.losses.sources import restore

        return restore(self.loss_name, self.run.get("loss_sources", ()))

    def _by_keras(self, method: str) -> Callable[..., Any]:
        """A method of the loss itself."""
        loss = self._own_loss

        def work(*images: np.ndarray) -> Any:
            with own_code(f"{loss.text} to run"):
                return getattr(loss, method)(*images)

        return work

    def _graph(self, name: str) -> LiteGraph | None:
        """A graph of the model; None where it has none of this name."""
        path = self.directory / "assets.extra" / name
        if not path.is_file():
            return None
        with storage_errors(path):
            content = path.read_bytes()
        # LiteRT refuses some damaged graphs and runs others, with whatever codes come of it.
        if digest(content) != self.run["digests"].get(name):
            raise InputError(
                f"Expected the graph of a model. Received: {shown_path(path)}, which is damaged. {_REMEDY}"
            )
        return LiteGraph(content)

    def _checked(self, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images)
        side = self.image_size
        if images.ndim != 4 or images.shape[1:] != (side, side, 3):
            raise InputError(
                f"Expected images of shape (N, {side}, {side}, 3). Received: {images.shape}. "
                "Bring them to this size, with the batch as dimension 0."
            )
        if images.dtype != np.uint8 and images.dtype.kind != "f":
            raise InputError(
                f"Expected images of uint8, or of floats in [0, 1]. Received: {images.dtype}. Convert them."
            )
        if images.dtype.kind == "f" and not np.isfinite(images).all():
            raise InputError(
                "Expected images of uint8, or of floats in [0, 1]. Received: NaN or infinity among them. "
                "Replace what is not a number."
            )
        return images


def load_encoder(model_directory: str | Path) -> Encoder:
    """The encoder of a model, ready to run.

    Args:
        model_directory: `models/<name>/<version>`.

    Raises:
        MissingError: There is no model.
        InputError: The model is damaged.
    """
    model_directory = Path(model_directory)
    run_file = model_directory / "assets.extra" / "run.json"
    if not run_file.is_file():
        raise MissingError(f"Expected a model in {shown_path(model_directory)}. Found none. Run `aekeras train` first.")
    run = read_json(run_file, _REMEDY)
    if not _is_record(run):
        raise InputError(
            f"Expected what a training wrote. Received: {shown_path(run_file)}, which is damaged. {_REMEDY}"
        )
    encoder = Encoder(directory=model_directory, run=run)
    _ = encoder._encoder  # so that a damaged graph is told of now
    return encoder


def _is_record(run: Any) -> bool:
    """Whether this is what a training wrote, as far as it is used here."""
    if not isinstance(run, dict) or not run.keys() >= _KEYS.keys():
        return False
    if any(type(run[key]) is not kind for key, kind in _KEYS.items()):
        return False
    texts = run.get("blind_to", [])
    return isinstance(texts, list) and all(isinstance(text, str) for text in (*texts, *run["digests"].values()))


def list_models(models: Path) -> list[Path]:
    """The latest version of every model below a folder, by name; none where there is no such folder."""
    if not models.is_dir():
        return []
    named = sorted(path for path in models.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [version for path in named if (version := latest_version(path))]


class LiteGraph:
    """A LiteRT graph with one signature and a free batch; arrays in the signature's order to one array."""

    def __init__(self, content: bytes) -> None:
        self._lock = threading.Lock()  # an interpreter has one set of tensors
        new_interpreter = _interpreter_class()
        with held_back():
            interpreter = new_interpreter(model_content=content, num_threads=os.cpu_count())
            interpreter.allocate_tensors()
        self._run = interpreter.get_signature_runner()
        ((_, names),) = interpreter.get_signature_list().items()
        self._inputs, (self._output,) = names["inputs"], names["outputs"]

    def __call__(self, *arrays: np.ndarray) -> np.ndarray:
        try:
            with self._lock:
                return self._run(**dict(zip(self._inputs, arrays, strict=True)))[self._output]
        except (RuntimeError, ValueError) as error:  # of pictures that have another size than the graph
            raise InputError(
                f"Expected pictures that the model takes. Received: {', '.join(str(one.shape) for one in arrays)}. Its "
                f"record or its graph is damaged. {_REMEDY}"
            ) from error


def _in_chunks(function: Callable[..., Any], *images: np.ndarray) -> np.ndarray:
    count = len(images[0])
    if count == 0:  # which LiteRT does not take
        one = [np.zeros((1, *array.shape[1:]), np.float32) for array in images]
        return np.asarray(function(*one))[:0]
    chunks = (slice(start, start + _CHUNK) for start in range(0, count, _CHUNK))
    return np.concatenate([np.asarray(function(*(_floats(array[rows]) for array in images))) for rows in chunks])


def _floats(images: np.ndarray) -> np.ndarray:
    """float32 in [0, 1]."""
    floats = images.astype(np.float32)
    return floats / np.float32(255.0) if images.dtype == np.uint8 else floats


@cache
def _interpreter_class() -> Callable[..., Any]:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        warnings.warn(
            "LiteRT (ai-edge-litert) is not installed: TensorFlow runs the encoder, with the same codes and "
            "a slower start.",
            SlowStartWarning,
            stacklevel=1,
        )
        return _tensorflow_interpreter
    return Interpreter


def _tensorflow_interpreter(**arguments: Any) -> Any:
    with held_back():
        import tensorflow as tf

    with warnings.catch_warnings():
        # It announces its move to the package that is missing here.
        warnings.filterwarnings(
            "ignore", category=UserWarning, message=r"\s*Warning: tf\.lite\.Interpreter is deprecated"
        )
        return tf.lite.Interpreter(**arguments)
