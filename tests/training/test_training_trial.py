"""A loss that cannot be trained under is told of at once, in one line that says what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from keras import ops

from aekeras import losses
from aekeras.errors import InputError
from aekeras.losses import ImageLoss, ViewLoss
from aekeras.training import try_out

HEAD = """
import numpy as np
from keras import ops
from aekeras.losses import ImageLoss, ViewLoss

def mean(values):
    return ops.mean(values, axis=(1, 2, 3))

"""
FUNCTION = "def Bad(a, b):\n    "
VIEW = "class Bad(ViewLoss):\n    def view(self, x):\n        "
METAMER = "class Bad(ViewLoss):\n    def metamer(self, images, seed):\n        "

WRONG = {
    "raises": (
        FUNCTION + "return undefined",
        r"NameError: name 'undefined' is not defined \(my\.py, line 10: ret",
    ),
    "one argument": ("def Bad(a): ...", "takes 1 positional argument but 2 were given"),
    "scalar": (FUNCTION + "return ops.mean(a - b)", "Received: a single value for the whole batch"),
    "scalar distance": (
        "class Bad(ViewLoss):\n    def distance(self, a, b):\n        return ops.mean(ops.abs(a - b))",
        r"one value per image, float32, shape \(2,\) for two images\. Received: float32, shape \(\)\. Average",
    ),
    "per pixel": (
        "class Bad(ViewLoss):\n    def distance(self, a, b):\n        return ops.mean(ops.abs(a - b), axis=-1)",
        r"Received: float32, shape \(2, 16, 16\)",
    ),
    "over the batch": (FUNCTION + "return ops.mean(ops.abs(a - b), axis=(0, 1, 3))", r"float32, shape \(16,\)"),
    "double": (
        "class Bad(ViewLoss):\n    def distance(self, a, b):\n        return ops.cast(mean(ops.abs(a - b)), 'float64')",
        r"Received: float64, shape \(2,\)",
    ),
    "not a number": (FUNCTION + "return mean(ops.log(a - b))", r"values of at least 0\. Received: \[nan, nan\]"),
    "negative": (FUNCTION + "return -mean(ops.abs(a - b))", r"finite values of at least 0\. Received: \[-0\."),
    "counts the batch": (
        FUNCTION + "return ops.stack([a] * len(a))",
        "len is not well defined",
    ),
    "NumPy": (FUNCTION + "return mean(np.abs(np.asarray(a) - np.asarray(b)))", "Cannot convert a symbolic"),
    "no gradient": (
        FUNCTION + "return mean(ops.cast(a > b, 'float32'))",
        r"a gradient, .* Received: none\. ",
    ),
    "whole numbers": (FUNCTION + "return ops.cast(100 * mean(ops.abs(a - b)), 'int32')", r"gradient, .*Received: none"),
    "flat": (FUNCTION + "return mean(0 * a * b)", r"have a gradient, .* Received: 0\. Compute with keras\.ops"),
    "steep": (FUNCTION + "return ops.sqrt(mean(0 * (a - b)))", "Received: values that are not finite"),
    "no compare": ("class Bad(ImageLoss): ...", r"NotImplementedError: Expected Bad to override `compare`\. Mend it"),
    "view of three axes": (
        VIEW + "return ops.mean(x, axis=-1)",
        r"view of my\.py:Bad .* Received: \(2, 16, 16\)",
    ),
    "view of one image": (
        "class Bad(ImageLoss):\n    def compare(self, a, b):\n        return mean(ops.abs(a - b))\n"
        "    def view(self, x):\n        return x[:1]",
        r"Expected the view of my\.py:Bad to have shape \(2, .* Received: \(1, 16, 16, 3\)",
    ),
    "view raises": (
        VIEW + "return ops.foo(x)",
        r"has no attribute 'foo' \(my\.py, line 11: return ops\.foo",
    ),
    "metamer raises": (
        METAMER + "raise KeyError('x')",
        r"make metamers\. Received: KeyError: 'x' \(my\.py, line",
    ),
    "metamer of nothing": (METAMER + "pass", r"to make metamers\. Received: ValueError"),
    "metamer of another shape": (METAMER + "return images[:1]", r"Received: \(2, 16, 16, 3\) and \(1, 16, 16, 3\)"),
    "metamer too light": (METAMER + "return 3 * images", r"`metamers` of my\.py:Bad to lie in \[0, 1\]\. Received"),
    "metamer by NumPy": (METAMER + "return np.asarray(images)", "make metamers. Received: NotImplementedError"),
    "unknown word": (
        "class Bad(ViewLoss):\n    blind_to = ('fur',)",
        r"Received: 'fur'\. For a word of your own, overr",
    ),
    "misspelt word": ("class Bad(ViewLoss):\n    blind_to = ('chrome',)", r"chroma, luma.* Did you mean 'chroma'\?"),
    "no words": ("class Bad(ViewLoss):\n    blind_to = 3", r"to be a tuple of words\. Received: 3\."),
    "argument not kept": (
        "class Bad(ViewLoss):\n    def __init__(self, *, size=3, **keywords):\n        super().__init__(**keywords)",
        r"keep its argument `size` as an attribute of that name\. Found none",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_with_a_loss_is_told_in_one_line(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, message = WRONG[kind]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(HEAD.lstrip() + "\n" + code + "\n")
    with pytest.raises(InputError, match=message) as caught:
        try_out(losses.get("my.py:Bad"), 16)
    assert str(caught.value).startswith("Expected ")
    assert "\n" not in str(caught.value)


class OfAnyValue(ViewLoss):
    def __init__(self, *, by: Any = None, **keywords: Any) -> None:
        self.by = by
        super().__init__(**keywords)


def test_arguments_that_cannot_be_written_down_are_refused() -> None:
    try_out(OfAnyValue(by=(1, 2.5, "a", None, True)), 16)
    with pytest.raises(InputError, match=r"to be numbers, text, or lists of them\. Received: .*\(by=<built-in"):
        try_out(OfAnyValue(by=len), 16)


class OwnWord(ViewLoss):
    """Upside down is no word of aekeras, but this loss makes its own metamers."""

    blind_to = ("upside down",)

    def view(self, images: Any) -> Any:
        return ops.mean(images, axis=1, keepdims=True)

    def metamer(self, images: Any, seed: Any) -> Any:
        del seed
        return ops.flip(images, axis=1)


class Lone(ViewLoss):
    blind_to = "chroma"  # type: ignore[assignment]

    def view(self, images: Any) -> Any:
        return ops.matmul(images, [[0.299], [0.587], [0.114]])


def plain(a: Any, b: Any) -> Any:
    return ops.mean(ops.square(a - b), axis=-1)


@pytest.mark.parametrize("loss", [OwnWord(), Lone(), losses.get(plain), losses.get("l1 + 2*mirror(l1_gray)")])
def test_a_good_loss_passes(loss: ImageLoss) -> None:
    try_out(loss, 16)


def test_a_word_alone_is_one_word() -> None:
    assert Lone().blind_to == ("chroma",)


@pytest.mark.parametrize("row", [row for row in losses.catalogue() if row.example], ids=lambda row: row.name)
def test_every_loss_of_the_catalogue_passes(row: losses.Row) -> None:
    try_out(losses.get(row.example), 32)
