"""The served model as TensorFlow Serving loads it, in a process without Python's TensorFlow, Keras or aekeras."""

from __future__ import annotations

import base64
import importlib.metadata
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not any(f.name.startswith("libtensorflow_cc") for f in importlib.metadata.files("tensorflow") or ()),
        reason="this build of TensorFlow has no C library of its own",
    ),
]

SIZE = 32
INVALID_ARGUMENT = 3
IMAGE_SIGNATURES = ("serving_default", "encode", "reconstruct")
BYTES_SIGNATURES = ("encode_bytes", "reconstruct_bytes")
NOT_FINITE = (np.nan, np.inf, -np.inf)
WRONG_SHAPES = {
    "twice-the-size": (1, 2 * SIZE, 2 * SIZE, 3),
    "half-the-size": (4, SIZE // 2, SIZE // 2, 3),
    "same-count-other-sides": (1, 2 * SIZE, SIZE // 2, 3),
    "one-channel": (2, SIZE, SIZE, 1),
    "four-channels": (2, SIZE, SIZE, 4),
    "no-batch": (SIZE, SIZE, 3),
    "no-pixels": (2, 0, SIZE, 3),
}


@dataclass
class Requests:
    """What the other process is to ask."""

    work: Path
    all: list[dict[str, Any]] = field(default_factory=list)

    def images(self, name: str, signature: str, images: np.ndarray) -> None:
        np.save(self.work / f"{name}.in.npy", images.astype(np.float32))
        self.all.append({"name": name, "signature": signature, "input": f"{name}.in.npy"})

    def strings(self, name: str, signature: str, texts: list[bytes], shape: list[int] | None = None) -> None:
        encoded = [base64.b64encode(text).decode() for text in texts]
        shape = [len(texts)] if shape is None else shape
        self.all.append({"name": name, "signature": signature, "strings": encoded, "shape": shape})


@dataclass(frozen=True)
class Answers:
    """What it was answered."""

    work: Path
    signatures: dict[str, Any]
    statuses: dict[str, tuple[int, str]]
    modules: list[str]

    def array(self, name: str) -> np.ndarray:
        assert self.statuses[name][0] == 0, self.statuses[name]
        return np.load(self.work / f"{name}.npy")


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return file.getvalue()


@pytest.fixture(scope="module", params=["0", "1"], ids=["without-onednn", "with-onednn"])
def answers(request: pytest.FixtureRequest, exported: Any, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """From a process with these kernels: TensorFlow takes oneDNN's on some processors only, if not told otherwise."""
    requests = Requests(tmp_path_factory.mktemp("requests"))
    files = [png(sample) for sample in exported.samples]
    for signature in IMAGE_SIGNATURES:
        requests.images(signature, signature, exported.images)
        requests.images(f"{signature}-none", signature, exported.images[:0])
        for name, shape in WRONG_SHAPES.items():
            requests.images(f"{signature}-{name}", signature, np.zeros(shape))
        for value in NOT_FINITE:
            spoiled = exported.images.copy()
            spoiled[1, 5, 5, 0] = value
            requests.images(f"{signature}-{value}", signature, spoiled)
        requests.images(f"{signature}-again", signature, exported.images)
    for signature in BYTES_SIGNATURES:
        requests.strings(signature, signature, files)
        requests.strings(f"{signature}-none", signature, [])
        requests.strings(f"{signature}-corrupt", signature, [files[0], files[1][:200], files[2]])
        requests.strings(f"{signature}-text", signature, [b"no picture at all"])
        requests.strings(f"{signature}-empty", signature, [b""])
        requests.strings(f"{signature}-no-batch", signature, files[:1], [])
        requests.strings(f"{signature}-two-batches", signature, files[:2], [1, 2])
        requests.strings(f"{signature}-again", signature, files)
    return ask(exported.directory, requests, onednn=request.param)


def ask(directory: Path, requests: Requests, onednn: str) -> Answers:
    (requests.work / "requests.json").write_text(json.dumps(requests.all))
    script = Path(__file__).with_name("c_api.py")
    command = [sys.executable, str(script), str(directory), str(requests.work)]
    kernels = os.environ | {"TF_ENABLE_ONEDNN_OPTS": onednn}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=requests.work, env=kernels)
    assert done.returncode == 0, done.stderr
    return Answers(requests.work, **json.loads((requests.work / "answers.json").read_text()))


def test_the_process_that_asks_has_no_tensorflow_keras_or_aekeras_of_python(answers: Answers) -> None:
    roots = {name.partition(".")[0] for name in answers.modules}
    assert "numpy" in roots
    assert not roots & {"tensorflow", "keras", "aekeras"}


def test_there_are_these_signatures_with_these_names_of_inputs_and_outputs(answers: Answers) -> None:
    named = {name: (list(inputs), list(outputs)) for name, (inputs, outputs) in answers.signatures.items()}
    assert named == {
        "serving_default": (["images"], ["codes"]),
        "encode": (["images"], ["codes"]),
        "encode_bytes": (["image_bytes"], ["codes"]),
        "reconstruct": (["images"], ["reconstructions"]),
        "reconstruct_bytes": (["image_bytes"], ["reconstructions"]),
    }


@pytest.mark.parametrize("signature", ["serving_default", "encode", "encode_bytes"])
@pytest.mark.parametrize("when", ["", "-again"])
def test_codes_are_those_of_keras_also_after_bad_requests(
    answers: Answers, exported: Any, signature: str, when: str
) -> None:
    np.testing.assert_allclose(answers.array(signature + when), exported.codes(), atol=1e-5)


@pytest.mark.parametrize("signature", ["reconstruct", "reconstruct_bytes"])
@pytest.mark.parametrize("when", ["", "-again"])
def test_reconstructions_are_those_of_keras_also_after_bad_requests(
    answers: Answers, exported: Any, signature: str, when: str
) -> None:
    np.testing.assert_allclose(answers.array(signature + when), exported.reconstructions(), atol=1e-5)


@pytest.mark.parametrize("signature", [*IMAGE_SIGNATURES, *BYTES_SIGNATURES])
def test_a_batch_of_no_pictures_gets_an_empty_batch(answers: Answers, signature: str) -> None:
    assert answers.array(f"{signature}-none").shape == (0, *answers.array(signature).shape[1:])


@pytest.mark.parametrize("signature", IMAGE_SIGNATURES)
@pytest.mark.parametrize("name", WRONG_SHAPES)
def test_images_of_another_shape_are_an_invalid_argument(answers: Answers, signature: str, name: str) -> None:
    code, message = answers.statuses[f"{signature}-{name}"]
    assert code == INVALID_ARGUMENT
    assert f"[?,{SIZE},{SIZE},3]" in message


@pytest.mark.parametrize("signature", IMAGE_SIGNATURES)
@pytest.mark.parametrize("value", NOT_FINITE)
def test_numbers_that_are_not_finite_are_an_invalid_argument(answers: Answers, signature: str, value: float) -> None:
    code, message = answers.statuses[f"{signature}-{value}"]
    assert code == INVALID_ARGUMENT
    assert "Received: NaN or infinity among them." in message


@pytest.mark.parametrize("signature", BYTES_SIGNATURES)
@pytest.mark.parametrize("name", ["corrupt", "text", "empty", "no-batch", "two-batches"])
def test_bytes_that_are_no_batch_of_pictures_are_an_invalid_argument(
    answers: Answers, signature: str, name: str
) -> None:
    assert answers.statuses[f"{signature}-{name}"][0] == INVALID_ARGUMENT
