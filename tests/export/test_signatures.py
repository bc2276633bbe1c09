"""The SavedModel: what its graph holds, and that old and new ways of loading it give Keras's answers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from disk import files_no_larger_than
from tensorflow.core.protobuf import saved_model_pb2

from aekeras import export, losses
from aekeras.errors import StorageError

FLOATS = 4  # bytes


@pytest.fixture
def meta_graph(exported: Any) -> Any:
    model = saved_model_pb2.SavedModel()
    model.ParseFromString((exported.directory / "saved_model.pb").read_bytes())
    (meta_graph,) = model.meta_graphs
    return meta_graph


def test_every_weight_is_stored_once(exported: Any) -> None:
    stored = tf.train.list_variables(str(exported.directory / "variables" / "variables"))
    numbers = sum(math.prod(shape) for name, shape in stored if name != "_CHECKPOINTABLE_OBJECT_GRAPH")
    assert numbers == exported.autoencoder.count_params()
    size = sum(path.stat().st_size for path in (exported.directory / "variables").glob("*.data-*"))
    assert size < 1.05 * FLOATS * numbers


def test_no_operation_needs_python(meta_graph: Any) -> None:
    nodes = list(meta_graph.graph_def.node)
    nodes += [node for function in meta_graph.graph_def.library.function for node in function.node_def]
    operations = {node.op for node in nodes}
    assert "Conv2D" in operations
    assert not [name for name in operations if "PyFunc" in name]


def test_each_signature_has_the_batch_as_dimension_0(meta_graph: Any) -> None:
    shapes = {
        f"{signature}: {name}": [dimension.size for dimension in tensor.tensor_shape.dim]
        for signature, definition in meta_graph.signature_def.items()
        for name, tensor in [*definition.inputs.items(), *definition.outputs.items()]
    }
    assert shapes.pop("__saved_model_init_op: __saved_model_init_op") == []
    pictures = [-1, 32, 32, 3]
    assert shapes == {
        "serving_default: images": pictures,
        "serving_default: codes": [-1, 8],
        "encode: images": pictures,
        "encode: codes": [-1, 8],
        "encode_bytes: image_bytes": [-1],
        "encode_bytes: codes": [-1, 8],
        "reconstruct: images": pictures,
        "reconstruct: reconstructions": pictures,
        "reconstruct_bytes: image_bytes": [-1],
        "reconstruct_bytes: reconstructions": pictures,
    }


def test_a_session_of_tensorflow_1_loads_it_and_refuses_other_shapes(exported: Any, meta_graph: Any) -> None:
    expected = exported.codes()
    signature = meta_graph.signature_def["encode"]
    images, codes = signature.inputs["images"].name, signature.outputs["codes"].name
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        anything = tf.compat.v1.placeholder(tf.float32)  # or the session would compare shapes before it runs
        directory = str(exported.directory)
        tf.compat.v1.saved_model.load(session, ["serve"], directory, input_map={images: anything})
        np.testing.assert_allclose(session.run(codes, {anything: exported.images}), expected, atol=1e-5)
        with pytest.raises(tf.errors.InvalidArgumentError, match="not compatible with expected shape"):
            session.run(codes, {anything: np.zeros((1, 64, 64, 3))})


def test_tensorflow_2_loads_it_with_named_outputs(exported: Any) -> None:
    reconstruct = tf.saved_model.load(str(exported.directory)).signatures["reconstruct"]
    answer = reconstruct(images=tf.constant(exported.images))
    np.testing.assert_allclose(answer["reconstructions"], exported.reconstructions(), atol=1e-5)


def test_keras_reloads_the_same_model_without_what_it_was_compiled_with(exported: Any) -> None:
    reloaded = keras.saving.load_model(exported.directory / "assets.extra" / "autoencoder.keras")
    assert not reloaded.compiled
    np.testing.assert_allclose(reloaded.predict(exported.images, verbose=0), exported.reconstructions())


def test_a_compiled_autoencoder_is_left_compiled_and_exported_without(tmp_path: Path, exported: Any) -> None:
    model = keras.models.clone_model(exported.autoencoder)
    model.compile("adam", losses.get("l1"))
    (tmp_path / "l1" / "1").mkdir(parents=True)
    export.write(tmp_path / "l1" / "1", model, losses.get("l1"), {}, exported.samples)
    assert model.compiled
    assert not keras.saving.load_model(tmp_path / "l1" / "1" / "assets.extra" / "autoencoder.keras").compiled


def test_run_json_holds_what_it_was_given_and_the_fingerprint(exported: Any) -> None:
    run = json.loads((exported.directory / "assets.extra" / "run.json").read_text())
    assert run["loss"] == "l1_gray"
    assert run["fingerprint"] == exported.fingerprint
    assert run["lite"] == {"view": True, "loss": True}


def test_a_disk_that_takes_no_more_is_one_clear_error(tmp_path: Path, exported: Any) -> None:
    (tmp_path / "l1" / "1").mkdir(parents=True)
    with (
        files_no_larger_than(100_000),
        pytest.raises(StorageError, match=r"Received: File too large.* Raise the limit"),
    ):
        export.write(tmp_path / "l1" / "1", exported.autoencoder, losses.get("l1"), {}, exported.samples)
