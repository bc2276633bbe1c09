"""The canonical text of a loss: read by `get`, equal for equal losses, and known before a loss is loaded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from aekeras import losses
from aekeras.errors import InputError
from aekeras.losses import catalogue
from aekeras.losses.construction import found
from aekeras.losses.image_loss import ImageLoss, knobs_of
from aekeras.losses.reference import as_written
from aekeras.losses.tokens import written
from aekeras.losses.view_loss import ViewLoss

ROWS = [row for row in catalogue() if row.example]
OTHERS = {
    "charbonnier": {"epsilon": 0.1},
    "l1_max": {"sharpness": 4.0},
    "l1_channels": {"weights": (1, 0, 2.5)},
    "ssim": {"filter_size": 7, "sigma": 2.0, "k1": 0.02, "k2": 0.04},
    "ms_ssim": {"filter_size": 5, "sigma": 1.0, "weights": (0.5, 0.5)},
    "l1_contrast": {"floor": 0.1},
    "l1_coarse": {"factor": 4},
    "laplacian_pyramid": {"levels": 2},
    "palette": {"directions": 4, "levels": 32},
    "center": {"size": 0.5},
}
"""Knobs that are not at their defaults."""


def given(row: losses.Row, knobs: dict[str, Any]) -> str:
    inside = ["l1_gray"] if row.wraps else []
    arguments = inside + [f"{name}={written(value)}" for name, value in knobs.items()]
    return f"{row.name}({', '.join(arguments)})" if arguments else row.name


class Grid(ViewLoss):
    """A loss of one's own with knobs of several kinds."""

    def __init__(self, weights: tuple[float, ...] = (1, 2), power: float = 1.0, label: str = "a", **keywords: Any):
        self.weights, self.power, self.label = weights, power, label
        super().__init__(**keywords)


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: row.name)
def test_the_knobs_of_a_row_are_the_arguments_of_its_class(row: losses.Row) -> None:
    knobs = {name: default for name, default in knobs_of(found(row.name)).items() if name != "loss"}
    assert dict(row.knobs) == knobs


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_defaults_are_not_written(row: losses.Row) -> None:
    text = given(row, dict(row.knobs))
    assert losses.canonical(text) == losses.canonical(row.example) == row.example
    assert losses.get(text).text == losses.get(row.example).text == row.example
    assert losses.get(text) == losses.get(row.example)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_text_of_other_knobs_is_read_back_as_an_equal_loss(row: losses.Row) -> None:
    assert set(OTHERS.get(row.name, {})) == set(row.knobs)
    text = given(row, OTHERS.get(row.name, {}))
    loss = losses.get(text)
    again = losses.get(loss.text)
    assert loss.text == losses.canonical(text) == losses.canonical(loss.text)
    assert (again, again.get_config()) == (loss, loss.get_config())
    assert {name: getattr(again, name) for name in row.knobs} == OTHERS.get(row.name, {})
    assert (loss == losses.get(row.example)) == (not row.knobs)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("ssim(sigma=2)", "ssim(sigma=2.0)"),
        ("ssim(sigma=2, k1=0.02)", "ssim(k1=0.02, sigma=2.0)"),
        ("ms_ssim(weights=[1, 0.5])", "ms_ssim(weights=(1.0, 5e-1))"),
        ("l1_channels(weights=[1.0, 0, 2])", "l1_channels(weights=[1, 0.0, 2.0])"),
        ("center(l1, size=1)", "center(1*l1, size=1.0)"),
        ("2*l1 + mirror(l1_gray + l1)", "mirror(l1 + l1_gray) + l1 + l1"),
        ("mirror(2*(l1 + ssim(k1=0.01)))", "mirror(2*ssim + 2*l1)"),
    ],
)
def test_equal_losses_have_one_text(text: str, other: str) -> None:
    assert losses.get(text) == losses.get(other)
    assert losses.get(text).text == losses.get(other).text == losses.canonical(text) == losses.canonical(other)
    assert losses.get(losses.canonical(text)) == losses.get(text)


@pytest.mark.parametrize(
    ("value", "default", "shown"),
    [
        (1, 0.9, "1.0"),
        (2.0, 8, "2"),
        (2.5, 8, "2.5"),
        (True, 8, "True"),
        (7, None, "7"),
        ([1.0, [2]], (1, 1), "[1, [2]]"),
        (np.float32(0.5), 1.0, "0.5"),
        (np.arange(2), (0.5,), "[0.0, 1.0]"),
        (float("inf"), 1, "inf"),
        ("a", 1, '"a"'),
    ],
)
def test_a_value_is_written_as_its_default_is_where_that_is_the_same(value: Any, default: Any, shown: str) -> None:
    assert written(as_written(value, default)) == shown


@pytest.mark.parametrize("weights", [[1, 2], (1, 2), (1.0, 2.0), np.array([1, 2])], ids=repr)
def test_knobs_of_one_s_own_are_equal_whether_lists_tuples_or_arrays(weights: Any) -> None:
    assert Grid(weights=weights) == Grid()
    assert Grid(weights=weights).text.endswith(":Grid")
    assert Grid(weights=[2, *weights]).text.endswith(":Grid(weights=[2, 1, 2])")


def test_positional_and_keyword_arguments_are_the_same_knobs() -> None:
    assert Grid((3,), 2, "b") == Grid(label="b", power=2.0, weights=[3])
    assert Grid((3,), 2, "b").text.endswith(':Grid(label="b", power=2.0, weights=[3])')


def test_a_class_that_does_not_keep_its_argument_is_told_so() -> None:
    class Forgetful(ViewLoss):
        def __init__(self, *, size: int = 3, **keywords: Any) -> None:
            super().__init__(**keywords)
            self.side = size

    for use in (lambda loss: loss.text, lambda loss: loss.get_config(), lambda loss: 0.5 * loss):
        with pytest.raises(InputError) as caught:
            use(Forgetful())
        assert str(caught.value) == (
            "Expected Forgetful to keep its argument `size` as an attribute of that name. Found none. "
            "Write `self.size = size` in its constructor."
        )


@pytest.mark.parametrize(
    "text",
    [row.example for row in ROWS]
    + [given(row, OTHERS[row.name]) for row in ROWS if row.knobs]
    + ["0.7*l1_gray + 1e-05*ssim(k1=0.02)", "mirror(center(0.5*l1 + l2, size=0.5))"],
)
def test_the_name_is_one_that_scopes_of_tensorflow_allow(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9.][A-Za-z0-9_.-]*", losses.get(text).name)


def test_names_of_losses_in_odd_places_are_allowed_too(tmp_path: Path) -> None:
    folder = tmp_path / "_größe (1)"
    folder.mkdir()
    (folder / "_my losses.py").write_text("def _löss(a, b):\n    return ((a - b) ** 2).mean((1, 2, 3))\n")
    loss = losses.get(f'"{folder}/_my losses.py:_löss"')
    assert re.fullmatch(r"[A-Za-z0-9.][A-Za-z0-9_.-]*", loss.name)
    assert losses.get(loss.text) == loss


def test_a_name_that_was_given_is_kept_and_is_no_part_of_the_loss() -> None:
    named = type(losses.get("l1"))(name="mine")
    assert named.name == "mine"
    assert named == losses.get("l1")
    assert named.text == "l1"
    assert repr(named) == "<loss l1>"
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(named))
    assert copy.name == "mine"


def test_a_loss_written_as_those_of_keras_are_can_be_composed() -> None:
    class OfCall(ImageLoss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=(1, 2, 3))

    images, others = np.random.default_rng(0).random((2, 3, 8, 8, 3), dtype=np.float32)
    np.testing.assert_allclose((0.5 * OfCall())(images, others), 0.5 * losses.get("l1")(images, others), rtol=1e-6)
    with pytest.raises(NotImplementedError, match=r"^Expected ImageLoss to override `compare`\.$"):
        ImageLoss()(images, others)
