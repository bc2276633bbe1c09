"""The LiteRT graphs: the same numbers as Keras, for every batch, and left out where there can be none."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from aekeras import export, losses
from aekeras.export import lite
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.view_loss import ViewLoss

litert = pytest.importorskip("ai_edge_litert.interpreter")

COMPOSED = ["0.5*ssim + 0.5*l1", "mirror(0.7*l1_lab + 0.3*center(spectrum))"]


class Brighter(ViewLoss):
    """How much brighter the second image is: not symmetric, so that it matters which one comes first."""

    def distance(self, view_true: Any, view_pred: Any) -> Any:
        return ops.mean(ops.relu(view_pred - view_true), axis=(1, 2, 3))


class InPython(ViewLoss):
    """A loss that only Python can compute; its view is anybody's."""

    def distance(self, view_true: Any, view_pred: Any) -> Any:
        return tf.numpy_function(lambda a, b: abs(a - b).mean((1, 2, 3)), [view_true, view_pred], tf.float32)


class Scaled(ViewLoss):
    """A view with a weight of its own."""

    scale: ClassVar[keras.Variable] = keras.Variable(2.5, name="scale")

    def view(self, images: Any) -> Any:
        return images * self.scale


def runner(directory: Path, name: str) -> Any:
    return runner_of((directory / "assets.extra" / f"{name}.tflite").read_bytes())


def runner_of(graph: bytes) -> Any:
    return litert.Interpreter(model_content=graph).get_signature_runner()


def reading(loss: ImageLoss) -> Any:
    """Stands for an encoder where only the loss matters: what it would read, by number."""

    def read(images: Any) -> dict[str, Any]:
        return {str(place): maps for place, maps in enumerate(loss.readings(images))}

    return read


def write(directory: Path, exported: Any, loss: ViewLoss, model: keras.Model | None = None) -> str:
    directory.mkdir(parents=True)
    return export.write(directory, model or exported.autoencoder, loss, {"loss": "mine"}, exported.samples)


def pictures(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 32, 32, 3), np.float32)


@pytest.mark.parametrize("batch", [1, 2, 7, 70])
def test_codes_are_those_of_keras_for_every_batch(exported: Any, batch: int) -> None:
    images = pictures(batch, seed=batch)
    expected = exported.autoencoder.get_layer("encoder").predict(images, verbose=0)
    found = runner(exported.directory, "encoder")(images=images)["codes"]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_one_interpreter_takes_batches_of_changing_size(exported: Any) -> None:
    encode = runner(exported.directory, "encoder")
    images = pictures(9, seed=3)
    whole = encode(images=images)["codes"]
    parts = [encode(images=images[start:end])["codes"] for start, end in ((0, 1), (1, 6), (6, 9))]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


@pytest.mark.parametrize("batch", [1, 5])
def test_view_and_loss_of_luma_are_those_of_numpy(exported: Any, batch: int) -> None:
    images, others = pictures(batch, seed=1), pictures(batch, seed=2)
    luma, others_luma = images @ [0.299, 0.587, 0.114], others @ [0.299, 0.587, 0.114]
    view = runner(exported.directory, "view")(images=images)["view"]
    np.testing.assert_allclose(view, luma[..., None], atol=1e-6)
    loss = runner(exported.directory, "loss")(y_true=images, y_pred=others)["loss"]
    np.testing.assert_allclose(loss, abs(luma - others_luma).mean((1, 2)), atol=1e-6)


@pytest.mark.parametrize("example", [row.example for row in losses.catalogue() if row.example] + COMPOSED)
def test_each_loss_of_the_catalogue_converts_and_gives_what_keras_gives_for_any_number_of_pictures(
    example: str,
) -> None:
    loss = losses.get(example)
    converted = {name: runner_of(graph) for name, graph in lite.graphs(reading(loss), loss, (None, 32, 32, 3)).items()}
    for count in (1, 4):
        images, others = pictures(count, seed=1), pictures(count, seed=2)
        found = converted["loss"](y_true=images, y_pred=others)["loss"]
        np.testing.assert_allclose(found, loss(images, others), rtol=1e-5)
        view = np.asarray(loss.view(images))
        np.testing.assert_allclose(converted["view"](images=images)["view"], view, atol=1e-5 * abs(view).max())
        read = converted["encoder"](images=images)
        for place, maps in enumerate(loss.readings(images)):  # 1e-4: of ssim, roots of differences of numbers near 1
            np.testing.assert_allclose(read[str(place)], maps, atol=1e-4)


def test_the_two_images_of_a_loss_are_told_apart_by_name(tmp_path: Path, exported: Any) -> None:
    write(tmp_path / "1", exported, Brighter())
    dark, bright = np.zeros((2, 32, 32, 3), np.float32), np.ones((2, 32, 32, 3), np.float32)
    brighter = runner(tmp_path / "1", "loss")
    np.testing.assert_allclose(brighter(y_pred=bright, y_true=dark)["loss"], [1.0, 1.0])
    np.testing.assert_allclose(brighter(y_pred=dark, y_true=bright)["loss"], [0.0, 0.0])


def test_a_loss_with_a_weight_of_its_own_keeps_it(tmp_path: Path, exported: Any) -> None:
    write(tmp_path / "1", exported, Scaled())
    images = pictures(2, seed=1)
    np.testing.assert_allclose(runner(tmp_path / "1", "view")(images=images)["view"], 2.5 * images, rtol=1e-6)


def test_a_loss_that_litert_cannot_express_is_left_out_and_said_so(
    tmp_path: Path, exported: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "1", exported, InPython())
    extra = tmp_path / "1" / "assets.extra"
    assert not (extra / "loss.tflite").exists()
    assert (extra / "view.tflite").is_file()
    assert json.loads((extra / "run.json").read_text())["lite"] == {"view": True, "loss": False}
    assert capfd.readouterr().err == ""


def test_the_fingerprint_is_that_of_the_weights(tmp_path: Path, exported: Any) -> None:
    again = write(tmp_path / "1", exported, losses.get("l1"))
    assert again == exported.fingerprint
    content = (tmp_path / "1" / "assets.extra" / "encoder.tflite").read_bytes()
    assert again == hashlib.sha256(content).hexdigest()
    changed = keras.models.clone_model(exported.autoencoder)
    changed.set_weights([weight * 1.001 for weight in exported.autoencoder.get_weights()])
    assert write(tmp_path / "2", exported, losses.get("l1"), changed) != again


def test_exporting_prints_nothing(tmp_path: Path, exported: Any, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "1", exported, losses.get("l1_gray"))
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")
