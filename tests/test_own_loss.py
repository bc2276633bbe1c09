"""A loss of one's own the whole way: trained, searched with, rebuilt with, and gone on with from elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aekeras import samples
from aekeras.artefacts import latest_version
from aekeras.cli import main
from aekeras.configuration import Training
from aekeras.errors import InputError
from aekeras.experiment import Options, train
from aekeras.places import Places
from aekeras.progress import Progress
from aekeras.reconstruction import reconstruct

pytestmark = pytest.mark.slow

MINE = """
import tensorflow as tf
from keras import ops
from aekeras.losses import ViewLoss

class Stripes(ViewLoss):
    def __init__(self, *, period=3, **keywords):
        self.period = period
        super().__init__(**keywords)

    def view(self, images):
        return images[:, :: self.period]

def ofpython(a, b):
    '''LiteRT has no operation that calls Python.'''
    values = tf.py_function(lambda a, b: tf.reduce_mean(tf.abs(a - b), axis=(1, 2, 3)), [a, b], tf.float32)
    values.set_shape([None])
    return values
"""
CONFIG = Training(image_size=32, code_dim=4, epochs=1)
STRIPES, OF_PYTHON, KERAS = "my.py:Stripes(period=4)", "my.py:ofpython", "l1 + 0.5*keras.losses:Huber(delta=0.1)"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pictures/, my.py, and the models of three losses. Not to be changed."""
    root = tmp_path_factory.mktemp("own")
    samples.write(root / "pictures", count=60)
    (root / "my.py").write_text(MINE)
    before = Path.cwd()
    os.chdir(root)
    try:
        train("pictures", losses=[STRIPES, OF_PYTHON, KERAS], config=CONFIG)
    finally:
        os.chdir(before)
    return root


@pytest.fixture
def copy(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, which a test may damage; the working directory is another one."""
    root = tmp_path / "project"
    shutil.copytree(project, root)
    for run in root.glob("models/*/1/assets.extra/run.json"):
        run.write_text(run.read_text().replace(str(project), str(root)))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return root


def runs(root: Path) -> dict[str, dict[str, Any]]:
    found = (json.loads(path.read_text()) for path in root.glob("models/*/1/assets.extra/run.json"))
    return {run["loss"]: run for run in found}


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def output(*words: str | Path) -> str:
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def picture(root: Path) -> Path:
    return min((root / "pictures").glob("*.png"))


def test_run_json_tells_where_the_loss_came_from(project: Path) -> None:
    file = {"path": str(project / "my.py"), "sha256": hashlib.sha256((project / "my.py").read_bytes()).hexdigest()}
    told = runs(project)
    assert told[STRIPES]["loss_sources"] == [{"reference": "my.py:Stripes", **file}]
    assert told[OF_PYTHON]["loss_sources"] == [{"reference": OF_PYTHON, **file}]
    assert [source["reference"] for source in told[KERAS]["loss_sources"]] == ["keras.losses:Huber"]
    assert told[STRIPES]["lite"] == {"view": True, "loss": True}
    assert told[OF_PYTHON]["lite"] == {"view": True, "loss": False}
    for run in told.values():
        assert run["reconstruction"] < run["constant"]


def test_search_and_reconstruct_work_elsewhere_and_without_the_file(copy: Path) -> None:
    (copy / "my.py").unlink()
    places = ("--models", copy / "models", "--indexes", copy / "indexes")
    query = picture(copy)
    for asked in (STRIPES, "my.py:Stripes( period=4 )", KERAS, "0.5*keras.losses:Huber(delta=0.1) + l1"):
        (result,) = json.loads(output("search", query, "--loss", asked, "-k", "1", "--json", *places))["results"]
        assert result["loss"] in (STRIPES, KERAS)
        assert result["neighbors"][0]["distance"] == 0
    printed = output("reconstruct", query, "--loss", STRIPES, "--models", copy / "models", "--sheet", "sheet.png")
    assert printed.splitlines()[1].split()[0] == STRIPES
    assert Path("sheet.png").is_file()


def test_what_litert_cannot_express_is_computed_from_the_file_wherever_one_works(copy: Path) -> None:
    query = picture(copy)
    (rebuilt,) = reconstruct(query, losses=[OF_PYTHON], models=copy / "models").models
    expected = abs(rebuilt.originals - rebuilt.reconstructions).mean()
    assert rebuilt.losses == pytest.approx([expected], rel=1e-5)


def test_a_changed_file_is_told_of_in_one_line(copy: Path) -> None:
    (copy / "my.py").write_text(MINE + "# changed\n")
    done = subprocess.run(
        [sys.executable, "-m", "aekeras", "reconstruct", picture(copy), "--models", copy / "models"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.splitlines() == [
        f"Warning: {copy}/my.py has changed since a model was trained under my.py:ofpython: distances of codes and "
        "values of the loss may no longer agree."
    ]


def test_a_missing_file_and_one_that_fails_are_told_of_in_one_line(copy: Path) -> None:
    words = ("reconstruct", picture(copy), "--models", copy / "models", "--loss", OF_PYTHON)
    (copy / "my.py").unlink()
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: Expected the file of the loss my.py:ofpython in {copy}/my.py. Found none. Put it back there, or run "
        "`aekeras train` again.\n"
    )
    (copy / "my.py").write_text("def ofpython(a, b):\n    return a.nothing\n")
    with (
        pytest.warns(UserWarning, match="has changed"),
        pytest.raises(InputError, match=r"my\.py, line 2: ret"),
    ):
        reconstruct(picture(copy), losses=[OF_PYTHON], models=copy / "models")


class Interrupts(Progress):
    """Stops the first training after its first epoch."""

    def advance(self, done: int, note: str = "") -> None:
        del done
        if "epoch 1" in note:
            raise KeyboardInterrupt


def test_a_changed_loss_is_never_resumed_into(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy)
    places = Places(models=Path("m"), indexes=Path("i"))
    again = {"losses": ["my.py:Stripes"], "config": Training(image_size=32, code_dim=4, epochs=2)}
    with pytest.raises(KeyboardInterrupt):
        train("pictures", **again, options=Options(places=places, progress=Interrupts()))
    assert list(Path("m").rglob("checkpoint.npz"))
    (copy / "my.py").write_text(MINE + "# changed\n")
    with pytest.raises(InputError, match=r"Expected a checkpoint of this very training in .* train without `--resume`"):
        train("pictures", **again, options=Options(places=places, resume=True))
    (copy / "my.py").write_text(MINE)
    (first,) = train("pictures", **again, options=Options(places=places, resume=True)).outcomes
    (finished,) = train("pictures", **again, options=Options(places=places, resume=True)).outcomes
    assert (finished.seconds, finished.model) == (0, first.model)
    (copy / "my.py").write_text(MINE + "# changed\n")
    (anew,) = train("pictures", **again, options=Options(places=places, resume=True)).outcomes
    assert anew.model == latest_version(first.model.parent) != first.model


SCRIPT = """
import keras
from keras import ops
import aekeras
from aekeras.losses import ViewLoss

class Mine(ViewLoss):
    def __init__(self, *, gain=1.0, **keywords):
        self.gain = gain
        super().__init__(**keywords)

    def view(self, images):
        return images * self.gain

def function(a, b):
    return ops.mean(ops.abs(a - b), axis=(1, 2, 3))

config = aekeras.Training(image_size=32, code_dim=4, epochs=1)
print(aekeras.train("pictures", losses=[Mine(gain=2), function, function], config=config))
"""


def test_losses_of_a_script_are_trained_and_searched_with_by_others(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy)
    shutil.rmtree("models")
    shutil.rmtree("indexes")
    Path("script.py").write_text(SCRIPT)
    path = os.pathsep.join(place for place in sys.path if place)
    done = subprocess.run(
        [sys.executable, "script.py"],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = runs(copy)
    assert set(told) == {"__main__:Mine(gain=2.0)", "__main__:function"}
    assert {source["path"] for run in told.values() for source in run["loss_sources"]} == {str(copy / "script.py")}
    printed = output(
        "search", picture(copy), "-k", "1", "--loss", "__main__:Mine(gain=2.0)", "--loss", "__main__:function"
    )
    assert printed.count("0.0000") == 2
    assert all(run["lite"]["loss"] for run in told.values())


BAD = {
    "def f(a, b)\n": r"(bad.py, line 1: def f(a, b))",
    "1/0\n": "(bad.py, line 1: 1/0)",
    "def f(a, b):\n    return undefined\n": "(bad.py, line 2: return undefined)",
    "def f(a, b):\n    return 1.0\n": "Expected one value per image from bad.py:f",
    "def ff(a, b):\n    return a\n": "Found: ff.",
}


@pytest.mark.parametrize("command", [("train", "pictures", "--loss"), ("losses", "check")], ids=" ".join)
@pytest.mark.parametrize("code", BAD)
def test_a_bad_loss_is_one_line_and_nothing_is_written(
    code: str, command: Sequence[str], copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy)
    Path("bad.py").write_text(code)
    before = {path for path in copy.rglob("*") if "__pycache__" not in path.parts}
    result = invoke(*command, "bad.py:f")
    assert result.exit_code == 1
    told = " ".join(result.output.split())
    assert BAD[code] in told
    assert "Traceback" not in told
    if command[0] == "train":
        assert len(result.stderr.splitlines()) == 1
    assert {path for path in copy.rglob("*") if "__pycache__" not in path.parts} == before


def test_the_template_goes_the_whole_way(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy)
    output("losses", "new", "my_losses.py")
    loss = "my_losses.py:Colorful(pale=0.2)"
    result = invoke("train", "pictures", "--loss", loss, "--epochs", "2", "--image-size", "32")
    assert result.exit_code == 0, result.output
    assert f"  {loss} (blind to luma, inversion)" in output("search", picture(copy), "--loss", loss, "-k", "1")
    output("reconstruct", picture(copy), "--loss", loss, "--sheet", "sheet.png")
    assert Path("sheet.png").is_file()
