"""The warm-up requests, read by tensorflow-serving-api's own classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from aekeras.export import warmup

prediction_log_pb2 = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")

IMAGES = ("serving_default", "encode", "reconstruct")
BYTES = ("encode_bytes", "reconstruct_bytes")


def read(path: Path) -> list[Any]:
    records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    return [prediction_log_pb2.PredictionLog.FromString(record) for record in records]


@pytest.fixture
def logs(exported: Any) -> list[Any]:
    return read(exported.directory / "assets.extra" / "tf_serving_warmup_requests")


def test_each_signature_is_asked_once_by_its_model_s_name(logs: list[Any]) -> None:
    assert {log.WhichOneof("log_type") for log in logs} == {"predict_log"}
    specs = [log.predict_log.request.model_spec for log in logs]
    assert [spec.name for spec in specs] == ["l1_gray"] * 5
    assert sorted(spec.signature_name for spec in specs) == sorted([*IMAGES, *BYTES])


def test_the_records_hold_nothing_that_tensorflow_serving_does_not_know(logs: list[Any]) -> None:
    for log in logs:
        before = log.ByteSize()
        log.DiscardUnknownFields()
        assert log.ByteSize() == before


def test_each_request_holds_the_samples(exported: Any, logs: list[Any]) -> None:
    for log in logs:
        request = log.predict_log.request
        if request.model_spec.signature_name in IMAGES:
            np.testing.assert_array_equal(tf.make_ndarray(request.inputs["images"]), exported.images)
        else:
            files = tf.make_ndarray(request.inputs["image_bytes"])
            decoded = [tf.io.decode_png(file).numpy() for file in files]
            np.testing.assert_array_equal(decoded, exported.samples)


def test_the_model_answers_each_request(exported: Any, logs: list[Any]) -> None:
    signatures = tf.saved_model.load(str(exported.directory)).signatures
    for log in logs:
        request = log.predict_log.request
        inputs = {name: tf.constant(tf.make_ndarray(tensor)) for name, tensor in request.inputs.items()}
        (answer,) = signatures[request.model_spec.signature_name](**inputs).values()
        assert answer.shape[0] == len(exported.samples)


def test_long_fields_and_names_beyond_ascii_are_written_right(tmp_path: Path) -> None:
    asked = tf.TensorSpec((None, 64, 64, 3), tf.float32, name="images")
    function = tf.function(lambda images: images, input_signature=[asked]).get_concrete_function()
    samples = np.zeros((30, 64, 64, 3), np.uint8)  # more than 2 ** 20 bytes, which takes four digits of 7 bits
    warmup.write(tmp_path / "requests", "Füchse", {"encode": function}, samples)
    (log,) = read(tmp_path / "requests")
    assert log.predict_log.request.model_spec.name == "Füchse"
    assert tf.make_ndarray(log.predict_log.request.inputs["images"]).shape == samples.shape
