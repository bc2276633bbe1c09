"""Losses from outside the catalogue: where they may lie and how they are called."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from aekeras import losses
from aekeras.errors import InputError, MissingError
from aekeras.losses import construction

MINE = """
import functools
import keras
from keras import ops
from aekeras.losses import ViewLoss

def mean(values):
    return ops.mean(values, axis=(1, 2, 3))

class Stripes(ViewLoss):
    def __init__(self, *, period=3, **keywords):
        self.period = period
        super().__init__(**keywords)

    def view(self, images):
        return images[:, :: self.period]

class OfKeras(keras.losses.Loss):
    def __init__(self, power=1.0, **keywords):
        super().__init__(**keywords)
        self.power = power

    def call(self, a, b):
        return mean(ops.abs(a - b) ** self.power)

class PerPixel(keras.losses.Loss):
    def call(self, a, b):
        return ops.mean(ops.abs(a - b), axis=-1)

class Called:
    def __call__(self, a, b):
        return mean(ops.abs(a - b))

def plain(a, b):
    return mean(ops.abs(a - b))

def double(a, b):
    return ops.cast(mean(ops.abs(a - b)), "float64")

four = Stripes(period=4)
nameless = lambda a, b: mean(ops.abs(a - b))
partial = functools.partial(lambda a, b, weight: weight * mean(ops.abs(a - b)), weight=1)
called = Called()
"""


def absolute(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.abs(x - y).mean(axis=(1, 2, 3))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh working directory with my.py."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(MINE)
    return tmp_path


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A folder on Python's path with a package of a name that no other test uses; its name."""
    name = f"package_{abs(hash(request.node.name))}"
    folder = tmp_path / "modules"
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(f"from {name}.inner import Stripes\n")
    (folder / name / "inner.py").write_text(MINE + "\n\ndef broken(a, b):\n    return 1 / 0\n")
    (folder / name / "needy.py").write_text("import nowhere_to_be_found\n")
    dist = folder / f"{name}-1.0.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    points = (f"fuzzy = {name}.inner:Stripes", f"lost = {name}.nowhere:X", f"l1 = {name}.inner:Stripes")
    (dist / "entry_points.txt").write_text("\n".join(["[aekeras.losses]", *points]))
    monkeypatch.syspath_prepend(str(folder))
    return name


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    true, pred = np.random.default_rng(0).random((2, 3, 24, 16, 3)).astype("float32")
    return true, pred


def values(loss: Any, pair: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return ops.convert_to_numpy(loss(*pair))


@pytest.mark.parametrize(
    "name", ["Stripes(period=1)", "OfKeras", "PerPixel", "plain", "double", "nameless", "partial", "called"]
)
def test_whatever_compares_two_batches_is_a_loss(name: str, here: Path, pair: tuple[np.ndarray, np.ndarray]) -> None:
    del here
    loss = losses.get(f"my.py:{name}")
    np.testing.assert_allclose(values(loss, pair), absolute(*pair), rtol=1e-5)
    assert loss(*pair).dtype == "float32"
    assert loss.text == losses.canonical(f"my.py:{name}") == f"my.py:{name}"


@pytest.mark.parametrize(
    "text",
    [
        "my.py:Stripes(period=4)",
        "my.py:OfKeras(power=2.0)",
        "my.py:nameless",
        "my.py:partial",
        "l1 + 2*mirror(my.py:Stripes(period=4)) + 0.5*my.py:plain",
        "center(my.py:PerPixel, size=0.5)",
    ],
)
def test_text_and_configuration_give_an_equal_loss(text: str, here: Path, pair: tuple[np.ndarray, np.ndarray]) -> None:
    del here
    loss = losses.get(text)
    assert loss.text == text
    copied = type(loss).from_config(loss.get_config())
    stored = construction.deserialize(construction.serialize(loss))
    for again in (losses.get(loss.text), copied, stored):
        assert again == loss
        np.testing.assert_array_equal(values(again, pair), values(loss, pair))


def test_an_instance_in_a_file_is_called_by_its_class(here: Path) -> None:
    del here
    assert losses.get("my.py:four").text == "my.py:Stripes(period=4)"
    assert losses.get("my.py:four") == losses.get("my.py:Stripes(period=4)") != losses.get("my.py:Stripes")


@pytest.mark.parametrize(
    "place", ["./my.py", "~/my.py", "deep/../my.py", "{here}/my.py"], ids=["dot", "home", "up", "absolute"]
)
def test_every_way_to_write_a_path_is_the_same_loss(place: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here))
    text = f'"{place.format(here=here)}:Stripes"(period=4)'
    assert losses.canonical(text) == losses.get(text).text == "my.py:Stripes(period=4)"
    assert losses.get(text) == losses.get("my.py:Stripes(period=4)")


def test_a_path_may_hold_spaces_and_lie_elsewhere(
    here: Path, monkeypatch: pytest.MonkeyPatch, pair: tuple[np.ndarray, np.ndarray]
) -> None:
    (here / "some where").mkdir()
    (here / "else").mkdir()
    (here / "my.py").rename(here / "some where" / "my.py")
    monkeypatch.chdir(here / "else")
    loss = losses.get('"../some where/my.py:plain"')
    assert loss.text == f'"{here}/some where/my.py:plain"'
    assert losses.get(loss.text) == loss
    np.testing.assert_allclose(values(loss, pair), absolute(*pair), rtol=1e-5)


def test_a_file_may_use_what_lies_beside_it(here: Path) -> None:
    (here / "deep").mkdir()
    (here / "deep" / "beside_my_losses.py").write_text(MINE)
    (here / "deep" / "more.py").write_text("from beside_my_losses import Stripes, plain\n")
    before = list(sys.path)
    for name in ("Stripes(period=2)", "plain"):
        loss = losses.get(f"deep/more.py:{name}")
        assert loss.text == f"deep/more.py:{name}"
    assert sys.path == before


def test_an_edited_file_is_read_again(here: Path, pair: tuple[np.ndarray, np.ndarray]) -> None:
    before = losses.get("my.py:plain")
    (here / "my.py").write_text(MINE.replace("return mean(ops.abs(a - b))", "return 2 * mean(ops.abs(a - b))"))
    after = losses.get("my.py:plain")
    np.testing.assert_allclose(values(after, pair), 2 * values(before, pair), rtol=1e-5)


def test_a_module_is_found_on_pythons_path(modules: str, pair: tuple[np.ndarray, np.ndarray]) -> None:
    loss = losses.get(f"{modules}.inner:plain")
    assert loss.text == f"{modules}.inner:plain"
    np.testing.assert_allclose(values(loss, pair), absolute(*pair), rtol=1e-5)
    assert losses.get(f"{modules}:Stripes(period=2)").text == f"{modules}:Stripes(period=2)"


def test_an_entry_point_goes_by_its_name_and_never_hides_the_catalogue(modules: str) -> None:
    del modules
    assert losses.get("fuzzy(period=4)").text == losses.canonical("fuzzy(period=4)") == "fuzzy(period=4)"
    assert losses.get("mirror(fuzzy)").text == "mirror(fuzzy)"
    assert type(losses.get("l1")).__module__ == "aekeras.losses.pixel"
    with pytest.raises(InputError, match=r"Unknown loss 'fuzy'.*, fuzzy.* Did you mean 'fuzzy'\?") as caught:
        losses.get("fuzy")
    assert str(caught.value).count(" l1,") == 1


def test_a_loss_of_keras_keeps_its_arguments_and_is_averaged(pair: tuple[np.ndarray, np.ndarray]) -> None:
    for text in ("keras.losses:MeanAbsoluteError", "keras.losses:mean_absolute_error"):
        loss = losses.get(text)
        assert loss.text == text
        np.testing.assert_allclose(values(loss, pair), absolute(*pair), rtol=1e-5)
    true, pred = pair
    error = np.abs(true - pred)
    expected = np.where(error < 0.1, error**2 / 2, 0.1 * error - 0.005).mean(axis=(1, 2, 3))
    huber = losses.get("keras.losses:Huber(delta=0.1)")
    for loss in (huber, losses.get(keras.losses.Huber(delta=0.1)), type(huber).from_config(huber.get_config())):
        assert loss == huber
        assert loss.text == "keras.losses:Huber(delta=0.1)"
        np.testing.assert_allclose(values(loss, pair), expected, rtol=1e-4)  # float32 sums of small squares
    assert losses.get("keras.losses:Huber(delta=1)").text == "keras.losses:Huber"


def module_level(a: Any, b: Any) -> Any:
    return ops.mean(ops.abs(a - b), axis=(1, 2, 3))


module_level.blind_to = "chroma"  # type: ignore[attr-defined]


def test_functions_and_losses_are_taken_as_they_are(pair: tuple[np.ndarray, np.ndarray]) -> None:
    loss = losses.get(module_level)
    np.testing.assert_allclose(values(loss, pair), absolute(*pair), rtol=1e-5)
    assert loss.text == f"{__name__}:module_level"
    assert loss.blind_to == ("chroma",)
    assert losses.get(losses.get("l1")) == losses.get("l1")
    assert values(losses.get(module_level, reduction="sum_over_batch_size"), pair).shape == ()


def test_functions_without_a_name_are_not_taken_for_one_another(pair: tuple[np.ndarray, np.ndarray]) -> None:
    weighted = [
        losses.get(functools.partial(lambda a, b, weight: weight * module_level(a, b), weight=weight))
        for weight in (1.0, 3.0)
    ]
    nameless = [losses.get(lambda a, b, w=weight: w * module_level(a, b)) for weight in (1.0, 3.0)]
    for first, second in (weighted, nameless):
        assert first != second
        np.testing.assert_allclose(values(first + second, pair), 4 * absolute(*pair), rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("none.py:F", r"Expected a file of losses in none\.py\. Found none\. `aekeras losses new` makes one\."),
        ("my.py:Strips", r"Found: .*Stripes.* Did you mean 'Stripes'\?"),
        ("my.py:Stripes(perod=2)", r"Unknown argument `perod` of my\.py:Stripes\..* Did you mean 'period'\?"),
        ("my.py:plain(weight=2)", r"Expected no arguments for my\.py:plain, which is a function\."),
        (
            "nowhere.at.all:F",
            r"Expected an installed module nowhere\.at\.all\. Found none\. Install it",
        ),
        ("{modules}.none:F", r"Expected an installed module package_\d+\.none\. Found none\."),
        ("{modules}.needy:F", r"ModuleNotFoundError: No module named 'nowhere_to_be_found'.* Install what it needs\."),
        ("lost", r"Expected the loss 'lost' of package_\d+\.nowhere:X to load\. Received: ModuleNotFoundError"),
    ],
)
def test_what_is_not_there_is_named(text: str, message: str, here: Path, modules: str) -> None:
    del here
    with pytest.raises((InputError, MissingError), match=message):
        losses.get(text.format(modules=modules))
