"""The exported graphs at work: Keras's numbers without Keras, and clear words about models that cannot be used."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from aekeras import autoencoder, export, losses
from aekeras.encoding import list_models, load_encoder
from aekeras.errors import InputError, MissingError

SIZE, CODE_DIM = 32, 8
LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Exported:
    """A model on the disk and the Keras model that it was made of."""

    directory: Path
    encoder: keras.Model


def pictures(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, SIZE, SIZE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    loss = losses.get("l1_gray")
    model = autoencoder.build(autoencoder.Shape(image_size=SIZE, code_dim=CODE_DIM, view=loss.matrix))
    random = np.random.default_rng(0)
    model.set_weights([random.normal(0.0, 0.1, w.shape) for w in model.get_weights()])
    directory = tmp_path_factory.mktemp("models") / "l1_gray" / "1"
    directory.mkdir(parents=True)
    run = {"loss": "l1_gray", "image_size": SIZE, "code_dim": CODE_DIM}
    export.write(directory, model, loss, run, pictures(2))
    return Exported(directory, model.get_layer("encoder"))


@pytest.fixture
def own_copy(exported: Exported, tmp_path: Path) -> Path:
    """A copy of the model that a test may damage."""
    return shutil.copytree(exported.directory, tmp_path / "l1_gray" / "1")


def test_an_encoder_says_what_it_is(exported: Exported) -> None:
    encoder = load_encoder(exported.directory)
    assert (encoder.loss_name, encoder.image_size, encoder.code_dim) == ("l1_gray", SIZE, CODE_DIM)
    assert re.fullmatch(r"[0-9a-f]{64}", encoder.fingerprint)
    assert encoder.run["lite"] == {"view": True, "loss": True}


@pytest.mark.parametrize("count", [1, 2, 64, 65, 130])
def test_codes_are_those_of_keras_whatever_the_batch(exported: Exported, count: int) -> None:
    images = pictures(count)
    codes = load_encoder(exported.directory).encode(images)
    assert (codes.shape, codes.dtype) == ((count, CODE_DIM), np.float32)
    expected = exported.encoder.predict(images.astype(np.float32) / 255.0, verbose=0)
    np.testing.assert_allclose(codes, expected, atol=1e-5)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_floats_from_0_to_1_give_the_codes_of_bytes_from_0_to_255(exported: Exported, kind: Any) -> None:
    encoder, images = load_encoder(exported.directory), pictures(3)
    tolerance = 1e-2 if kind == np.float16 else 1e-6
    np.testing.assert_allclose(encoder.encode((images / 255).astype(kind)), encoder.encode(images), atol=tolerance)


def test_a_batch_after_a_single_image_and_before_another_changes_nothing(exported: Exported) -> None:
    encoder, images = load_encoder(exported.directory), pictures(70)
    first, whole, last = encoder.encode(images[:1]), encoder.encode(images), encoder.encode(images[-1:])
    np.testing.assert_allclose(whole[[0, -1]], np.concatenate([first, last]), atol=1e-6)


def test_view_and_loss_are_those_of_luma(exported: Exported) -> None:
    encoder, images, others = load_encoder(exported.directory), pictures(70, seed=1), pictures(70, seed=2)
    luma, others_luma = images / 255 @ LUMA, others / 255 @ LUMA
    np.testing.assert_allclose(encoder.view(images), luma[..., None], atol=1e-6)
    np.testing.assert_allclose(encoder.loss(images, others), abs(luma - others_luma).mean((1, 2)), atol=1e-6)


def test_no_images_give_nothing_of_the_right_shape(exported: Exported) -> None:
    encoder, nothing = load_encoder(exported.directory), pictures(0)
    assert encoder.encode(nothing).shape == (0, CODE_DIM)
    assert encoder.view(nothing).shape == (0, SIZE, SIZE, 1)
    assert encoder.loss(nothing, nothing).shape == (0,)


def test_threads_share_an_encoder(exported: Exported) -> None:
    encoder, images = load_encoder(exported.directory), pictures(40)
    expected = encoder.encode(images)
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda row: encoder.encode(images[row : row + 1 + row % 3]), range(37)))
    for row, found in enumerate(codes):
        np.testing.assert_allclose(found, expected[row : row + 1 + row % 3], atol=1e-6)


def test_threads_that_load_at_once_leave_stderr_as_it_was(
    exported: Exported, capfd: pytest.CaptureFixture[str]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(load_encoder, [exported.directory] * 32))
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"


@pytest.mark.parametrize("name", ["view", "loss"])
def test_keras_stands_in_for_a_graph_that_is_not_there(exported: Exported, own_copy: Path, name: str) -> None:
    (own_copy / "assets.extra" / f"{name}.tflite").unlink()
    whole, partial = load_encoder(exported.directory), load_encoder(own_copy)
    images, others = pictures(70, seed=1), pictures(70, seed=2)
    np.testing.assert_allclose(partial.view(images), whole.view(images), atol=1e-6)
    np.testing.assert_allclose(partial.loss(images, others), whole.loss(images, others), atol=1e-6)
    assert partial.view(images[:0]).shape == (0, SIZE, SIZE, 1)


@pytest.mark.parametrize("shape", [(2, 64, 64, 3), (2, SIZE, SIZE, 1), (SIZE, SIZE, 3), (2, SIZE, SIZE)])
@pytest.mark.parametrize("verb", ["encode", "view", "loss"])
def test_images_of_another_shape_are_refused_with_both_shapes(
    exported: Exported, verb: str, shape: tuple[int, ...]
) -> None:
    images = [np.zeros(shape, np.float32)] * (2 if verb == "loss" else 1)
    message = f"Expected images of shape (N, 32, 32, 3). Received: {shape}. "
    with pytest.raises(InputError, match=re.escape(message)):
        getattr(load_encoder(exported.directory), verb)(*images)


def test_whole_numbers_other_than_bytes_are_refused(exported: Exported) -> None:
    with pytest.raises(InputError, match=r"Expected images of uint8, or of floats .* Received: int64"):
        load_encoder(exported.directory).encode(pictures(1).astype(np.int64))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_whatever_a_kernel_would_make_of_them(
    exported: Exported, value: float
) -> None:
    encoder, images = load_encoder(exported.directory), pictures(3) / 255
    images[1, 5, 5, 0] = value
    for verb, arguments in (
        (encoder.encode, [images]),
        (encoder.view, [images]),
        (encoder.loss, [images[::-1], images]),
    ):
        with pytest.raises(InputError, match=r"Received: NaN or infinity among them\. Replace what is not a number\."):
            verb(*arguments)


def test_as_many_others_as_images(exported: Exported) -> None:
    with pytest.raises(InputError, match=r"Expected as many `others` as `images`. Received: 1 and 2"):
        load_encoder(exported.directory).loss(pictures(2), pictures(1))


def test_where_no_model_is_it_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"Expected a model in .*nowhere. Found none. Run `aekeras train` first."):
        load_encoder(tmp_path / "nowhere")


def test_a_model_without_its_encoder_is_missing_something(own_copy: Path) -> None:
    (own_copy / "assets.extra" / "encoder.tflite").unlink()
    with pytest.raises(MissingError, match=r"Found no encoder. Run `aekeras train` again"):
        load_encoder(own_copy)


@pytest.mark.parametrize("damage", [b"", b"TFL3", b"\xff" * 1000, None])
def test_a_damaged_encoder_is_refused_down_to_a_single_bit(own_copy: Path, damage: bytes | None) -> None:
    graph = own_copy / "assets.extra" / "encoder.tflite"
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(bytes(content) if damage is None else damage)
    with pytest.raises(InputError, match=r"encoder.tflite, which is damaged. Run `aekeras train` again."):
        load_encoder(own_copy)


def test_a_damaged_view_is_refused_when_it_is_asked_for(own_copy: Path) -> None:
    (own_copy / "assets.extra" / "view.tflite").write_bytes(b"TFL3")
    encoder = load_encoder(own_copy)
    assert encoder.encode(pictures(1)).shape == (1, CODE_DIM)
    with pytest.raises(InputError, match=r"view.tflite, which is damaged"):
        encoder.view(pictures(1))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"loss": "l1_gray"}'])
def test_a_damaged_run_json_is_refused(own_copy: Path, content: str) -> None:
    (own_copy / "assets.extra" / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"run.json, which is damaged. Run `aekeras train` again."):
        load_encoder(own_copy)


def test_models_are_listed_by_name_in_their_latest_version(tmp_path: Path) -> None:
    for folder in ("l1/1", "l1_gray/9", "l1_gray/10", "l1_gray/notes", "empty", ".hidden/1", "l1/.version.partial"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "readme.txt").touch()
    assert list_models(tmp_path) == [tmp_path / "l1" / "1", tmp_path / "l1_gray" / "10"]
    assert list_models(tmp_path / "nowhere") == []


FRESH = """
import sys
if sys.argv[3] == "without":
    sys.modules["ai_edge_litert"] = None
from pathlib import Path
import numpy as np
from aekeras.encoding import load_encoder
for _ in range(2):
    encoder = load_encoder(Path(sys.argv[1]))
images = np.load(sys.argv[2])
codes, view, loss = encoder.encode(images), encoder.view(images), encoder.loss(images, images[::-1])
np.savez(sys.argv[2] + ".npz", codes=codes, view=view, loss=loss)
import json
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def fresh(exported: Exported, work: Path, litert: str) -> tuple[dict[str, np.ndarray], set[str], str]:
    """What a process of its own makes of the model: arrays, the names of what it imported, and its stderr."""
    images = work / "images.npy"
    np.save(images, pictures(5))
    command = [sys.executable, "-c", FRESH, str(exported.directory), str(images), litert]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=root, check=True)
    with np.load(f"{images}.npz") as found:
        return dict(found), set(json.loads(done.stdout.splitlines()[-1])), done.stderr


@pytest.mark.slow
def test_encoding_loads_no_tensorflow_and_prints_nothing(exported: Exported, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    _, modules, stderr = fresh(exported, tmp_path, "with")
    assert "ai_edge_litert" in modules
    assert not modules & {"tensorflow", "keras", "faiss"}
    assert stderr == ""


@pytest.mark.slow
def test_without_litert_tensorflow_gives_the_same_and_says_so_once(exported: Exported, tmp_path: Path) -> None:
    found, modules, stderr = fresh(exported, tmp_path, "without")
    assert "tensorflow" in modules
    assert stderr.count("SlowStartWarning") == 1
    assert "deprecated" not in stderr
    encoder, images = load_encoder(exported.directory), pictures(5)
    np.testing.assert_allclose(found["codes"], encoder.encode(images), atol=1e-6)
    np.testing.assert_allclose(found["view"], encoder.view(images), atol=1e-6)
    np.testing.assert_allclose(found["loss"], encoder.loss(images, images[::-1]), atol=1e-6)
