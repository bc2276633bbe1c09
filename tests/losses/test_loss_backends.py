"""The losses where TensorFlow is not alone in the process, or set up otherwise: JAX, two replicas, files of models."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import aekeras
from aekeras import losses

pytestmark = pytest.mark.slow

COMPOSED = [
    "0.5*ssim + 0.5*l1",
    "mirror(0.7*l1_lab + 0.3*center(spectrum, size=0.8))",
    "l1 + 0.5*keras.losses:Huber(delta=0.1)",
]
EXAMPLES = [row.example for row in losses.catalogue() if row.example] + COMPOSED
IMAGES, OTHERS = np.random.default_rng(0).random((2, 4, 24, 24, 3), np.float32)

_PRELUDE = """
import json, sys
import keras, numpy as np
from aekeras import losses
images, others = np.load("pairs.npy")
examples = json.load(open("examples.json"))
def report(found):
    plain = {example: {key: np.asarray(value).tolist() for key, value in of.items()} for example, of in found.items()}
    json.dump(plain, open("found.json", "w"))
"""

_IN_JAX = """
import jax
jax.config.update("jax_disable_most_optimizations", True)  # of what runs once, most of the time is spent on compiling
made = {example: losses.get(example) for example in examples}
blind = {example: loss for example, loss in made.items() if loss.blind_to}
metamers = jax.jit(lambda images: {example: loss.metamer(images, 1) for example, loss in blind.items()})(images)
found = {}
for example, loss in made.items():
    def total(pred, loss=loss):
        values = loss(images, pred)
        return values.sum(), values
    graded = jax.jit(jax.grad(total, has_aux=True))
    (gradient, values), (at_equal, _) = graded(others), graded(images)
    found[example] = {"values": values, "gradient": gradient, "gradient at equal images": at_equal}
    if example in blind:
        metamer = metamers[example]
        found[example] |= {"to metamers": graded(metamer)[1], "moved": abs(metamer - images).max(axis=(1, 2, 3))}
np.testing.assert_allclose(made["ssim"](images, others), found["ssim"]["values"], rtol=1e-4)  # not compiled
assert keras.backend.backend() == "jax" and "tensorflow" not in sys.modules, "TensorFlow was imported."
report(found)
"""

_ON_TWO_REPLICAS = """
import tensorflow as tf
one = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(one, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
names = {f"output{place}": example for place, example in enumerate(examples)}
compiled = {name: losses.get(example, reduction="sum_over_batch_size") for name, example in names.items()}
with strategy.scope():
    pixels = keras.Input(images.shape[1:])
    start = keras.initializers.RandomNormal(0.2, 0.1, seed=1)
    mixed = keras.layers.Dense(3, kernel_initializer=start)(pixels)
    model = keras.Model(pixels, {name: keras.layers.Identity(name=name)(mixed) for name in names})
    model.compile(optimizer=keras.optimizers.SGD(1e-4), loss=compiled)
before = model.get_weights()
with tf.GradientTape() as tape:
    rebuilt = model(images)
    values = {name: loss(images, rebuilt[name]) for name, loss in compiled.items()}
    total = sum(values.values())
slopes = tape.gradient(total, model.trainable_variables)
logged = model.fit(images, dict.fromkeys(names, images), batch_size=len(images), verbose=0).history
for start, slope, found in zip(before, slopes, model.get_weights(), strict=True):
    np.testing.assert_allclose(found - start, -1e-4 * slope, rtol=1e-3, atol=1e-6)
    assert abs(found - start).max() > 1e-4
report({example: {"logged": logged[f"{name}_loss"], "value": values[name]} for name, example in names.items()})
"""

_RELOADS = """
import json
import aekeras, keras  # in this order; `aekeras losses check` has the other one
import numpy as np
images, others = np.load("pairs.npy")
loaded = keras.saving.load_model("every.keras").loss
values = {name: loss(images, others).numpy().tolist() for name, loss in loaded.items()}
found = {name: {"values": values[name], "text": loss.text} for name, loss in loaded.items()}
json.dump(found, open("found.json", "w"))
"""


def run(folder: Path, code: str, **environment: str) -> dict[str, Any]:
    """What a fresh process finds of every example, by it."""
    folder.mkdir(exist_ok=True)
    np.save(folder / "pairs.npy", np.stack([IMAGES, OTHERS]))
    (folder / "examples.json").write_text(json.dumps(EXAMPLES))
    root = str(Path(aekeras.__file__).parents[1])
    settings = {"PYTHONPATH": root, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""} | environment
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=os.environ | settings, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "found.json").read_text())


@cache
def values(example: str) -> np.ndarray:
    """What TensorFlow gives here."""
    return np.asarray(losses.get(example)(IMAGES, OTHERS))


@pytest.fixture(scope="module")
def in_jax(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if importlib.util.find_spec("jax") is None:
        pytest.skip("JAX is not installed")
    return run(tmp_path_factory.mktemp("jax"), _PRELUDE + _IN_JAX, KERAS_BACKEND="jax", JAX_PLATFORMS="cpu")


@pytest.fixture(scope="module")
def on_two_replicas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run(tmp_path_factory.mktemp("replicas"), _PRELUDE + _ON_TWO_REPLICAS)


@pytest.fixture(scope="module")
def reloaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is left of the losses of a model's file where nothing was told of them but `import aekeras`."""
    folder = tmp_path_factory.mktemp("files")
    images = keras.Input(IMAGES.shape[1:])
    names = {f"output{place}": example for place, example in enumerate(EXAMPLES)}
    model = keras.Model(images, {name: keras.layers.Identity(name=name)(images) for name in names})
    model.compile(optimizer="sgd", loss={name: losses.get(example) for name, example in names.items()})
    model.save(folder / "every.keras")
    found = run(folder, _RELOADS)
    return {example: found[name] for name, example in names.items()}


@pytest.mark.parametrize("example", EXAMPLES)
def test_jax_gives_what_tensorflow_gives(in_jax: dict[str, Any], example: str) -> None:
    np.testing.assert_allclose(in_jax[example]["values"], values(example), rtol=1e-4)


@pytest.mark.parametrize("example", EXAMPLES)
def test_its_gradients_in_jax_are_finite(in_jax: dict[str, Any], example: str) -> None:
    assert np.isfinite(in_jax[example]["gradient"]).all()
    assert np.any(in_jax[example]["gradient"])
    assert np.isfinite(in_jax[example]["gradient at equal images"]).all()


@pytest.mark.parametrize("example", [example for example in EXAMPLES if losses.get(example).blind_to])
def test_metamers_drawn_in_jax_have_other_pixels_and_no_loss(in_jax: dict[str, Any], example: str) -> None:
    assert max(in_jax[example]["to metamers"]) < 1e-4 * values(example).mean()
    assert max(in_jax[example]["moved"]) > 0.1


@pytest.mark.parametrize("example", EXAMPLES)
def test_two_replicas_take_the_step_that_one_would_and_log_the_same(
    on_two_replicas: dict[str, Any], example: str
) -> None:
    assert on_two_replicas[example]["logged"] == pytest.approx([on_two_replicas[example]["value"]], rel=1e-4)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_file_of_a_compiled_model_brings_it_back(reloaded: dict[str, Any], example: str) -> None:
    assert reloaded[example]["text"] == losses.get(example).text
    np.testing.assert_allclose(reloaded[example]["values"], values(example), rtol=1e-6)
