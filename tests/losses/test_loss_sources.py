"""Where a loss of one's own came from, and the way back to it from elsewhere."""

from __future__ import annotations

import hashlib
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from aekeras import losses
from aekeras.errors import InputError, MissingError
from aekeras.losses.sources import ChangedLossWarning, restore, sources_of

MINE = """
from keras import ops
from aekeras.losses import ViewLoss

class Stripes(ViewLoss):
    def __init__(self, *, period=3, **keywords):
        self.period = period
        super().__init__(**keywords)

    def view(self, images):
        return images[:, :: self.period]

nameless = lambda a, b: ops.mean(ops.abs(a - b), axis=(1, 2, 3))
"""


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The working directory, with "my losses.py", and another folder."""
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    (tmp_path / "here" / "my losses.py").write_text(MINE)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here", tmp_path / "there"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_each_part_of_ones_own_is_told_with_its_file_and_content(folders: tuple[Path, Path]) -> None:
    here, _ = folders
    loss = losses.get('l1 + 2*mirror("my losses.py:Stripes"(period=2)) + 0.5*"my losses.py:nameless" + l1_gray')
    file = {"path": str(here / "my losses.py"), "sha256": sha256(here / "my losses.py")}
    assert sorted(sources_of(loss), key=lambda source: source["reference"]) == [
        {"reference": "my losses.py:Stripes", **file},
        {"reference": "my losses.py:nameless", **file},
    ]
    assert sources_of(losses.get("mirror(l1) + ssim")) == []


@pytest.mark.parametrize(
    "text", ['"my losses.py:Stripes"(period=2)', '"my losses.py:nameless"', 'l1 + 2*mirror("my losses.py:Stripes")']
)
def test_a_loss_is_found_again_from_another_folder(
    text: str, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = losses.get(text)
    sources = sources_of(loss)
    monkeypatch.chdir(folders[1])
    images = np.random.default_rng(0).random((2, 12, 12, 3), dtype=np.float32)
    expected = ops.convert_to_numpy(loss(images, images[::-1]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = restore(text, sources)
    np.testing.assert_array_equal(ops.convert_to_numpy(again(images, images[::-1])), expected)


def test_a_file_that_is_gone_is_named(folders: tuple[Path, Path]) -> None:
    here, _ = folders
    loss = losses.get('"my losses.py:Stripes"')
    sources = sources_of(loss)
    (here / "my losses.py").unlink()
    with pytest.raises(MissingError, match=r"the loss my losses\.py:Stripes in my losses\.py\. Found none\. Put"):
        restore(loss.text, sources)


def test_a_file_that_has_changed_is_told_of_and_used(folders: tuple[Path, Path]) -> None:
    here, _ = folders
    loss = losses.get('"my losses.py:Stripes"')
    sources = sources_of(loss)
    (here / "my losses.py").write_text(MINE.replace("period=3", "period=5"))
    with pytest.warns(ChangedLossWarning, match=r"my losses\.py has changed since a model was trained under my losses"):
        assert restore(loss.text, sources).knobs() == {"period": 5}


def test_a_module_is_found_by_its_file_where_python_does_not_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stripy_losses.py").write_text(MINE)
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        sources = sources_of(losses.get("stripy_losses:Stripes"))
    assert sources == [
        {
            "reference": "stripy_losses:Stripes",
            "path": str(tmp_path / "stripy_losses.py"),
            "sha256": sha256(tmp_path / "stripy_losses.py"),
        }
    ]
    monkeypatch.delitem(sys.modules, "stripy_losses")
    assert restore("stripy_losses:Stripes(period=2)", sources).knobs() == {"period": 2}
    (tmp_path / "stripy_losses.py").unlink()
    with pytest.raises(MissingError, match=r"Expected the file of the loss stripy_losses:Stripes in "):
        restore("stripy_losses:Stripes", sources)


def main_with(monkeypatch: pytest.MonkeyPatch, file: Path | None) -> types.ModuleType:
    """Another `__main__`, with a loss; of a notebook without a file."""
    module = types.ModuleType("__main__")
    exec(MINE, vars(module))
    if file is not None:
        file.write_text(MINE)
        module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, "__main__", module)
    return module


def test_a_loss_of_a_script_is_found_while_it_runs_and_else_asked_for_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        main = main_with(patch, tmp_path / "script.py")
        loss = losses.get(main.Stripes(period=2))
        sources = sources_of(loss)
        assert (loss.text, sources[0]["path"]) == ("__main__:Stripes(period=2)", str(tmp_path / "script.py"))
        assert restore(loss.text, sources) == loss
    with pytest.raises(InputError, match=r"__main__:Stripes in a file of its own\. Received: one of the script"):
        restore(loss.text, sources)


def test_what_was_typed_into_a_notebook_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    loss = losses.get(main_with(monkeypatch, None).Stripes())
    assert sources_of(loss) == []
    assert restore(loss.text, []) == loss


def test_a_loss_without_a_name_of_its_own_is_refused() -> None:
    class Local(losses.ViewLoss):
        pass

    nameless: list[Any] = [lambda a, b: a + b, Local()]
    for made in nameless:
        with pytest.raises(InputError, match=r"found again by its name\. Received: .*<locals>.*\. Define it at"):
            sources_of(losses.get(made))


def test_losses_of_keras_come_from_keras() -> None:
    (source,) = sources_of(losses.get(keras.losses.Huber(delta=0.5)))
    assert source["reference"] == "keras.losses:Huber"
    assert restore("keras.losses:Huber(delta=0.5)", [source]) == losses.get("keras.losses:Huber(delta=0.5)")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own, under NumPy 2
def test_a_keras_file_with_a_class_of_ones_own_loads_from_another_folder_and_says_which_file_it_misses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "from aekeras.losses import ViewLoss\n\n\nclass Mine(ViewLoss):\n    def __init__(self, gain=2.0):\n"
        "        super().__init__()\n        self.gain = gain\n\n    def view(self, images):\n"
        "        return self.gain * images\n"
    )
    loss = losses.get("mine.py:Mine(gain=3)")
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(3, 1)])
    model.compile("sgd", loss)
    model.save("model.keras")
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    again = keras.saving.load_model("../model.keras").loss
    assert (again.gain, again.text) == (3.0, loss.text)
    Path("../mine.py").unlink()
    with pytest.raises(MissingError, match=r"Expected the file of the loss .*mine\.py:Mine in .*mine\.py\. Found none"):
        keras.saving.load_model("../model.keras")


def test_files_of_two_folders_have_their_own_neighbors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for weight in (1.0, 2.0):
        folder = tmp_path / str(weight)
        folder.mkdir()
        (folder / "neighbor.py").write_text(f"WEIGHT = {weight}\n")
        (folder / "mine.py").write_text(
            "from neighbor import WEIGHT\n\nprint('loaded')\n\n\n"
            "def mine(y_true, y_pred):\n    return WEIGHT * abs(y_true - y_pred)\n"
        )
        images = np.zeros((1, 4, 4, 3), "float32")
        found.append(float(losses.get(f"{folder}/mine.py:mine")(images, images + 0.5)[0]))
    assert found == [0.5, 1.0]
    assert capsys.readouterr().out == ""  # where JSON goes
