"""What is said of losses of one's own that are broken."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from keras import ops

from aekeras import losses
from aekeras.errors import InputError
from aekeras.losses.explaining import explained

IMAGES = np.zeros((2, 4, 4, 3), "float32")
FORGETFUL = """
import keras

class OfKeras(keras.losses.Loss):
    def __init__(self, power=1.0, **keywords):
        super().__init__(**keywords)
        self.exponent = power
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


BROKEN = {
    "def f(a, b)\n": r"my\.py to load\. Received: SyntaxError: expected ':' \(my\.py, line 1: def f\(a, b\)\)\.",
    "x = 1\n\n1/0\n": r"Received: ZeroDivisionError: division by zero \(my\.py, line 3: 1/0\)\. Mend it\.",
    "import sys\nsys.exit(3)\n": r"my\.py to load\. Received: SystemExit: 3 \(my\.py, line 2: sys\.exit\(3\)\)",
    "import nowhere_to_be_found\n": r"ModuleNotFoundError: No module named 'nowhere_to_be_found' \(my\.py, line 1: imp",
    "": r"Expected a loss 'f' in my\.py\. Found: nothing\.",
    "def fur(a, b): ...\n": r"Expected a loss 'f' in my\.py\. Found: fur\.",
    "class f: ...\n": r"Expected a class derived from keras\.losses\.Loss\. Received: f\.",
    "f = 3\n": r"Expected a loss: .*, or a function \(y_true, y_pred\)\. Received: 3",
    "class f(ViewLoss):\n def __init__(self):\n  raise KeyError('no')\n": (
        r"Expected f\(\) to give a loss\. Received: KeyError: 'no' \(my\.py, line 5: raise KeyError\('no'\)\)\."
    ),
    "class f(ViewLoss):\n def __init__(self, size):\n  ...\n": r"missing 1 required positional argument: 'size'\. Give",
    "class f(ViewLoss):\n def __init__(self):\n  ...\n": r"constructor of f to call that of its base",
    "class f(ViewLoss):\n blind_to = None\n": r"`blind_to` of my\.py:f to be a tuple of words\. Received: None",
    "class f(ViewLoss):\n blind_to = (3,)\n": r'Received: \(3,\)\. Write, for example, `blind_to = \("chroma",\)`\.',
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_file_is_told_of_by_its_own_line(code: str, here: Path) -> None:
    begin = "from aekeras.losses import ViewLoss\n\n" if "ViewLoss" in code else ""
    (here / "my.py").write_text(begin + code)
    with pytest.raises(InputError, match=BROKEN[code]) as caught:
        losses.get("my.py:f")
    assert "\n" not in str(caught.value)


def test_a_file_that_fails_leaves_no_module_behind(here: Path) -> None:
    (here / "my.py").write_text("1/0")
    before = set(sys.modules)
    for _ in range(2):
        with pytest.raises(InputError, match="division by zero"):
            losses.get("my.py:f")
    assert set(sys.modules) == before


@pytest.mark.parametrize(
    ("returned", "received"),
    [("None", "None"), ("0.5", r"0\.5"), ("'x'", "'x'"), ("ops.mean(a - b)", "a single value for the whole batch")],
)
def test_one_value_per_image_is_asked_of_a_function(returned: str, received: str, here: Path) -> None:
    (here / "my.py").write_text(f"from keras import ops\n\ndef f(a, b):\n    return {returned}\n")
    with pytest.raises(InputError, match=rf"from my\.py:f, shape \(N,\)\. Received: {received}\. Return a tens"):
        losses.get("my.py:f")(IMAGES, IMAGES)


def test_a_keras_loss_that_does_not_keep_its_argument_is_refused(here: Path) -> None:
    (here / "my.py").write_text(FORGETFUL)
    with pytest.raises(InputError, match="Expected OfKeras to keep its argument `power` as an attribute of that name"):
        _ = losses.get("my.py:OfKeras").text


def test_an_error_is_told_with_the_last_line_that_is_ones_own(here: Path) -> None:
    (here / "my.py").write_text("def broken(a, b):\n    return 1 / 0\n")
    for loss, line in (
        (losses.get("my.py:broken"), "return 1 / 0"),
        (losses.get(lambda a, b: ops.reshape(a + b, (7, 7))), "losses.get(lambda a, b: ops.reshape("),
    ):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - of whatever kind
            loss.compare(IMAGES, IMAGES)
        assert line in explained(caught.value)
        assert "\n" not in explained(caught.value)
    assert explained(NotImplementedError()) == "NotImplementedError"
