"""A loss of one's own the whole way: trained, searched with, rebuilt with, and gone on with from elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aekeras import samples
from aekeras.cli import main
from aekeras.configuration import Training
from aekeras.errors import InputError
from aekeras.experiment import Options, train
from aekeras.progress import Progress
from aekeras.reconstruction import reconstruct

pytestmark = pytest.mark.slow

OF_PYTHON = """
import tensorflow as tf

def ofpython(a, b):
    '''LiteRT has no operation that calls Python.'''
    values = tf.py_function(lambda a, b: tf.reduce_mean(tf.abs(a - b), axis=(1, 2, 3)), [a, b], tf.float32)
    values.set_shape([None])
    return values
"""
TEMPLATE, PYTHON = "my.py:Colorful(pale=0.2)", "my.py:ofpython"
QUICK = ("--epochs", "1", "--image-size", "32", "--code-dim", "4")


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def output(*words: str | Path) -> str:
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pictures/, my.py with the template and more, and models of two losses in it. Not to be changed."""
    root = tmp_path_factory.mktemp("own")
    samples.write(root / "pictures", count=20)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        output("losses", "new", "my.py")
        with Path("my.py").open("a") as file:
            file.write(OF_PYTHON)
        output("train", "pictures", "--loss", TEMPLATE, "--loss", PYTHON, *QUICK)
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


def picture(root: Path) -> Path:
    return min((root / "pictures").glob("*.png"))


def test_run_json_tells_where_the_loss_came_from(project: Path) -> None:
    file = {"path": str(project / "my.py"), "sha256": hashlib.sha256((project / "my.py").read_bytes()).hexdigest()}
    told = runs(project)
    assert told[TEMPLATE]["loss_sources"] == [{"reference": "my.py:Colorful", **file}]
    assert told[PYTHON]["loss_sources"] == [{"reference": PYTHON, **file}]
    assert told[TEMPLATE]["lite"] == {"view": True, "loss": True}
    assert told[PYTHON]["lite"] == {"view": True, "loss": False}
    for run in told.values():
        assert run["quality"]["reconstruction"] < run["quality"]["constant"]


def test_search_and_reconstruct_work_elsewhere_and_without_the_file(copy: Path) -> None:
    (copy / "my.py").unlink()
    places = ("--models", copy / "models", "--indexes", copy / "indexes")
    query = picture(copy)
    for asked in (TEMPLATE, "my.py:Colorful( pale=.2 )"):
        (result,) = json.loads(output("search", query, "--loss", asked, "-k", "1", "--json", *places))["results"]
        assert result["loss"] == TEMPLATE
        assert result["neighbors"][0]["distance"] == 0
    assert f"  {TEMPLATE} (blind to luma, inversion)" in output("search", query, "--loss", TEMPLATE, *places)
    printed = output("reconstruct", query, "--loss", TEMPLATE, "--models", copy / "models", "--sheet", "sheet.png")
    assert printed.splitlines()[1].split()[0] == TEMPLATE
    assert Path("sheet.png").is_file()


def test_what_litert_cannot_express_is_computed_from_the_file_wherever_one_works(copy: Path) -> None:
    (rebuilt,) = reconstruct(picture(copy), losses=[PYTHON], models=copy / "models").models
    expected = abs(rebuilt.originals - rebuilt.reconstructions).mean()
    assert rebuilt.losses == pytest.approx([expected], rel=1e-5)


@pytest.mark.filterwarnings("always::aekeras.losses.sources.ChangedLossWarning")
def test_a_changed_file_a_missing_one_and_one_that_fails_are_told_of_in_one_line(copy: Path) -> None:
    words = ("reconstruct", picture(copy), "--models", copy / "models", "--loss", PYTHON)
    (copy / "my.py").write_text((copy / "my.py").read_text() + "# changed\n")
    result = invoke(*words)
    assert result.exit_code == 0
    assert result.stderr == (
        f"Warning: {copy}/my.py has changed since a model was trained under my.py:ofpython: distances of codes and "
        "values of the loss may no longer agree.\n"
    )
    (copy / "my.py").unlink()
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: Expected the file of the loss my.py:ofpython in {copy}/my.py. Found none. Put it back there, or run "
        "`aekeras train` again.\n"
    )
    (copy / "my.py").write_text("def ofpython(a, b):\n    return a.nothing\n")
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "my.py, line 2: return a.nothing)" in result.stderr.splitlines()[-1]


class Interrupts(Progress):
    """Stops a training in its second epoch, and says which ones were run."""

    def __init__(self) -> None:
        self.run: list[str] = []

    def advance(self, done: int, note: str = "") -> None:
        del done
        if note.startswith("epoch"):
            self.run.append(note.partition("/")[0])
        if "epoch 2" in self.run:
            raise KeyboardInterrupt


def test_a_changed_loss_is_never_resumed_into(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy)
    config = Training(image_size=32, code_dim=4, epochs=2)

    def resumed(text: str) -> list[str]:
        Path("my.py").write_text(text)
        progress = Interrupts()
        with pytest.raises(KeyboardInterrupt):
            train("pictures", losses=[TEMPLATE], config=config, options=Options(resume=True, progress=progress))
        return progress.run

    before = Path("my.py").read_text()
    assert resumed(before) == ["epoch 1", "epoch 2"]
    with pytest.raises(InputError, match=r"Expected a checkpoint of this very training in .* train without `--resume`"):
        resumed(before + "# changed\n")
    assert resumed(before) == ["epoch 2"]


def test_what_was_trained_under_the_unchanged_file_is_not_trained_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    config = Training(image_size=32, code_dim=4, epochs=1)  # that of QUICK
    outcomes = train("pictures", losses=[TEMPLATE, PYTHON], config=config, options=Options(resume=True)).outcomes
    assert [(outcome.seconds, outcome.model.name) for outcome in outcomes] == [(0, "1"), (0, "1")]


SCRIPT = """
from keras import ops
import aekeras
from aekeras import losses

class Mine(losses.ViewLoss):
    def __init__(self, *, gain=1.0, **keywords):
        self.gain = gain
        super().__init__(**keywords)

    def view(self, images):
        return images * self.gain

def function(a, b):
    return ops.mean(ops.abs(a - b), axis=(1, 2, 3))

loss = Mine(gain=2) + losses.get(function) + 0.5 * losses.get("keras.losses:Huber(delta=0.1)")
config = aekeras.Training(image_size=32, code_dim=4, epochs=1)
print(aekeras.train("pictures", losses=[loss, loss], config=config))
"""
OF_SCRIPT = "__main__:Mine(gain=2.0) + __main__:function + 0.5*keras.losses:Huber(delta=0.1)"


def test_losses_of_a_script_are_trained_and_searched_with_by_others(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pictures").symlink_to(project / "pictures")
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
    (told,) = runs(tmp_path).values()
    assert (told["loss"], told["lite"]) == (OF_SCRIPT, {"view": True, "loss": True})
    paths = {source["reference"]: source["path"] for source in told["loss_sources"]}
    assert set(paths) == {"__main__:Mine", "__main__:function", "keras.losses:Huber"}
    assert paths["__main__:Mine"] == paths["__main__:function"] == str(tmp_path / "script.py")
    assert output("search", picture(tmp_path), "-k", "1", "--loss", OF_SCRIPT).count("0.0000") == 1


BAD = {
    "1/0\n": "(bad.py, line 1: 1/0)",
    "def f(a, b):\n    return undefined\n": "(bad.py, line 2: return undefined)",
    "def f(a, b):\n    return 1.0\n": "Expected one value per image from bad.py:f",
}


@pytest.mark.parametrize("words", [("train", "pictures", "--loss"), ("losses", "check")], ids=" ".join)
@pytest.mark.parametrize("code", BAD)
def test_a_bad_loss_is_one_line_and_nothing_is_written(
    code: str, words: tuple[str, ...], project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pictures").symlink_to(project / "pictures")
    Path("bad.py").write_text(code)
    result = invoke(*words, "bad.py:f")
    assert result.exit_code == 1
    assert BAD[code] in " ".join(result.output.split())
    assert "Traceback" not in result.output
    if words[0] == "train":
        assert len(result.stderr.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"pictures", "bad.py"}
