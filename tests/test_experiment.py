"""Pictures in, models and indexes out: what is recorded, and what is left when something is in the way."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from disk import files_no_larger_than
from PIL import Image

from aekeras import datasets, experiment, images
from aekeras.configuration import Training
from aekeras.encoding import load_encoder
from aekeras.errors import CollapseError, InputError, MissingError, StorageError
from aekeras.experiment import Options, train
from aekeras.index import Index
from aekeras.outcome import Outcome
from aekeras.places import Places
from aekeras.run import Run
from aekeras.training import checkpoint

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow
CONFIG = Training(image_size=32, code_dim=4, epochs=1)


def painted(path: Path, color: tuple[int, int, int]) -> None:
    """A picture of one color."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 30), color).save(path)


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two pictures, in a fresh working directory."""
    monkeypatch.chdir(tmp_path)
    painted(tmp_path / "two" / "dark.png", (30, 20, 10))
    painted(tmp_path / "two" / "deep" / "light.JPG", (210, 220, 230))
    return Path("two")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The runs that would have trained."""
    noted: list[Run] = []

    def note(run: Run) -> Outcome:
        noted.append(run)
        return Outcome(loss=run.loss.text, model=run.parent / "1", index=run.index, quality={}, epochs=1, seconds=1)

    monkeypatch.setattr(Run, "train", note)
    return noted


def run_of(model: Path) -> dict[str, Any]:
    return json.loads((model / "assets.extra" / "run.json").read_text())


def test_run_json_tells_how_to_train_this_model_again(trained: Project) -> None:
    for loss, blind_to in (("l1", []), ("l1_gray", ["chroma"])):
        run = run_of(trained.places.models / loss / "1")
        assert (run["loss"], run["blind_to"]) == (loss, blind_to)
        assert Training.from_dict(run["training"]) == trained.config
        assert (run["image_size"], run["code_dim"], run["seed"]) == (32, 16, 0)
        assert len(run["history"]["loss"]) == len(run["history"]["val_loss"]) == 3
        assert run["distance_scale"] > 0
        assert run["quality"]["reconstruction"] < run["quality"]["constant"]
        assert 0 < run["quality"]["fidelity"] <= 1
        assert run["scale"].keys() == {"loss", "smoothed", "codes", "zero"}
        assert run["data"]["count"] == 120
        assert run["data"]["unreadable"] == []
        assert len(run["data"]["digest"]) == len(run["key"]) == 64
        assert {"tensorflow", "keras", "faiss-cpu", "numpy"} <= set(run["versions"])


def test_everything_that_is_promised_lies_in_the_model(trained: Project) -> None:
    for loss in ("l1", "l1_gray"):
        names = {path.name for path in (trained.places.models / loss / "1" / "assets.extra").iterdir()}
        assert names >= {"autoencoder.keras", "encoder.tflite", "view.tflite", "loss.tflite", "run.json"}
        assert [path.name for path in (trained.places.models / loss).iterdir()] == ["1"], "nothing is left behind"


def test_the_index_holds_the_codes_of_all_pictures_in_order(trained: Project) -> None:
    for outcome in trained.experiment.outcomes:
        encoder = load_encoder(outcome.model)
        with Index.open(outcome.index) as index:
            paths = [item.path for _, item in index.items()]
            read = np.stack([images.read(path, 32) for path in paths])
            np.testing.assert_allclose(index.codes, encoder.encode(read), atol=1e-5)
            assert index.manifest.origin.model == f"{outcome.loss}/1"
        assert paths == sorted(trained.pictures.glob("*.png"))


def test_the_experiment_tells_what_came_of_it(here: Project) -> None:
    told = json.loads(json.dumps(here.experiment.to_dict()))
    assert (told["pictures"], told["count"], told["unreadable"]) == ("pictures", 120, [])
    assert [entry["loss"] for entry in told["losses"]] == ["l1_gray", "l1"]
    for entry in told["losses"]:
        assert (entry["model"], entry["index"]) == (f"models/{entry['loss']}/1", f"indexes/{entry['loss']}")
        assert entry["epochs"] == 3
        assert entry["reconstruction"] < entry["constant"]
        assert entry["quality"]["held_out"]
        assert entry["quality"]["pictures"] == 12
    assert told["failed"] == []
    lines = str(here.experiment).splitlines()
    assert lines[0] == "Trained on 120 pictures of pictures; the figures are of 12 that were held out:"
    for line, entry in zip(lines[1:], told["losses"], strict=True):
        found = entry["quality"]
        assert f"fidelity@10 {found['fidelity']:.2f} (PCA {found['pca_fidelity']:.2f})" in line
        assert f"loss {found['reconstruction']:.4f} (PCA {found['pca_reconstruction']:.4f}, one image for all" in line
    assert [line.split()[0] for line in lines[1:]] == ["l1_gray", "l1"]


def test_two_pictures_go_the_whole_way_even_past_an_index_that_cannot_be_written(two: Path) -> None:
    Path("file").touch()
    blocked = Options(places=Places(indexes=Path("file/indexes")))
    with pytest.raises(StorageError, match=r"Expected to read and write file/indexes/l1\. .* Choose a place that is"):
        train(two, losses=["l1"], config=CONFIG, options=blocked)
    trained_before = run_of(Path("models/l1/1"))

    # A run that was killed between the model and its index may have left its checkpoint, and half of another one.
    left = Path("models/l1/.training")
    left.mkdir()
    for name in ("checkpoint.npz", ".checkpoint.npz.00000000-1-00000000.partial"):
        (left / name).touch()
    experiment = train(two, losses=["l1"], config=CONFIG, options=Options(resume=True))
    assert experiment.outcomes[0].model == Path("models/l1/1")
    assert experiment.outcomes[0].seconds == 0, "nothing is trained again"
    assert [path.name for path in Path("models/l1").iterdir()] == ["1"]
    assert run_of(Path("models/l1/1")) == trained_before
    with Index.open(Path("indexes/l1")) as index:
        assert [item.path.name for _, item in index.items()] == ["dark.png", "light.JPG"]


@pytest.mark.parametrize("when", ["at the first checkpoint", "at the export"])
def test_a_disk_that_fills_up_leaves_nothing_half_written(
    when: str, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if when == "at the export":
        monkeypatch.setattr(checkpoint, "save", lambda path, *_: path.parent.mkdir(parents=True, exist_ok=True))
    with (
        files_no_larger_than(30_000),
        pytest.raises(StorageError, match=r"Received: File too large.*Raise the limit on"),
    ):
        train(two, losses=["l1"], config=CONFIG)
    assert [path.name for path in Path("models/l1").iterdir()] == [".training"]
    assert list(Path("models/l1/.training").iterdir()) == []
    assert not Path("indexes").exists()


def test_a_name_goes_to_model_and_index(two: Path, runs: list[Run]) -> None:
    train(two, losses=["l1"], config=CONFIG, options=Options(name="my run"))
    (run,) = runs
    assert run.parent.parent == Path("models")
    assert run.parent.name == run.index.name
    assert run.parent.name.startswith("my-run-")


def test_a_folder_is_searched_recursively_and_unreadable_files_are_told_of(two: Path, runs: list[Run]) -> None:
    (two / "deep" / "broken.png").write_bytes(b"no picture")
    (two / "notes.txt").write_text("no picture either, and it does not say so")
    experiment = train(two, losses=["l1"], config=CONFIG)
    assert [path.name for path in runs[0].gathered.collection.paths] == ["dark.png", "light.JPG"]
    ((path, reason),) = experiment.unreadable
    assert path == "two/deep/broken.png"
    assert "not a picture" in reason
    assert experiment.count == 2


def test_a_data_set_goes_the_same_way(tmp_path: Path, runs: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    digits = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    labels = np.arange(5)
    monkeypatch.setattr(datasets, "_download", lambda _: ((digits[:3], labels[:3]), (digits[3:], labels[3:])))
    experiment = train(dataset="mnist", losses=["l1_gray"], config=CONFIG)
    assert (experiment.pictures, experiment.count) == (Path("datasets/mnist"), 5)
    known = {item.path.name: item.metadata for item in runs[0].gathered.items}
    assert known["3-00000.png"] == {"label": "3"}


def test_without_pictures_the_samples_are_drawn(
    tmp_path: Path, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write = experiment.samples.write
    monkeypatch.setattr(experiment.samples, "write", lambda directory: write(directory, count=8))
    done = train(config=CONFIG)
    assert done.pictures == Path("samples")
    assert done.count == len(list(Path("samples").glob("*.png"))) == 8
    assert [run.loss.text for run in runs] == ["l1", "l1_gray", "l1_red", "l1_green", "l1_blue"]
    assert runs[0].gathered is runs[-1].gathered, "pictures are read once"


def test_another_configuration_or_other_pictures_make_another_key(two: Path, runs: list[Run]) -> None:
    train(two, losses=["l1", "l1_gray"], config=CONFIG)
    train(two, losses=["l1"], config=replace(CONFIG, seed=1))
    shutil.copy(two / "dark.png", two / "more.png")
    train(two, losses=["l1"], config=CONFIG)
    assert len({run.key for run in runs}) == len(runs) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"losses": []}, r"Expected at least one loss\. Received: none\."),
        ({"losses": ["l1", "l1_grey"]}, r"Unknown loss 'l1_grey'\. Expected one of: .* Did you mean 'l1_gray'\?"),
        ({"losses": ["l1", "l1_red"], "options": Options(name="a")}, r"Expected a single loss with `name`\."),
        ({"dataset": "mnist"}, r"Expected a folder or a data set\. Received: two and mnist\."),
        ({"dataset": "minst", "pictures": None}, r"Did you mean 'mnist'\?"),
        ({"pictures": "empty"}, r"Expected a folder with pictures \(\.bmp, .*Received: '.*empty', which has none\."),
        (
            {"pictures": "broken"},
            r"Received: 1 files, none of them readable; the first is '.*a\.png' \(an empty file\)",
        ),
        ({"pictures": "one"}, r"Expected at least 2 pictures to train on\. Received: 1\."),
        ({"pictures": "alike"}, r"under l1\. Received: 2 pictures, all equal under it"),
    ],
)
def test_what_cannot_be_trained_on_is_refused_and_nothing_is_written(
    arguments: dict[str, Any], message: str, two: Path
) -> None:
    Path("empty").mkdir()
    Path("broken").mkdir()
    Path("broken/a.png").touch()
    painted(Path("one/a.png"), (1, 2, 3))
    painted(Path("alike/a.png"), (9, 9, 9))
    painted(Path("alike/b.png"), (9, 9, 9))
    before = sorted(Path().rglob("*"))
    with pytest.raises(InputError, match=message):
        train(**{"pictures": two, "losses": ["l1"], "config": CONFIG} | arguments)
    assert sorted(Path().rglob("*")) == before


@pytest.mark.usefixtures("two")
def test_a_loss_that_sees_nothing_does_not_stop_the_others() -> None:
    green = Path("green")
    painted(green / "a.png", (0, 30, 90))
    painted(green / "b.png", (0, 200, 10))
    painted(green / "c.png", (0, 120, 220))
    done = train(green, losses=["l1_red", "l1_green"], config=CONFIG)
    assert [outcome.loss for outcome in done.outcomes] == ["l1_green"]
    ((loss, reason),) = done.failed
    assert loss == "l1_red"
    assert reason.startswith("Expected pictures that differ under l1_red. Received: 3 pictures, all equal under it")
    assert done.to_dict()["failed"] == [{"loss": "l1_red", "reason": reason}]
    assert f"l1_red    not trained: {reason}" in str(done)
    assert sorted(path.name for path in Path("models").iterdir()) == ["l1_green"]


@pytest.mark.slow
def test_gray_pictures_have_no_chroma_but_for_rounding_and_train_well_otherwise(two: Path) -> None:
    draw = np.random.default_rng(0)
    for number in range(8):
        gray = Image.fromarray(draw.integers(0, 256, (24, 24), dtype=np.uint8))
        gray.resize((96, 96)).save(two / f"{number}.jpg", quality=60)
    for name in ("dark.png", "deep/light.JPG"):
        (two / name).unlink()
    done = train(two, losses=["l1_chroma", "l1", "l1_gray", "l1_red"], config=CONFIG)
    assert [loss for loss, _ in done.failed] == ["l1_chroma"]
    assert [outcome.loss for outcome in done.outcomes] == ["l1", "l1_gray", "l1_red"]
    assert all(outcome.quality["reconstruction"] < outcome.quality["constant"] for outcome in done.outcomes)


def test_a_loss_whose_values_overflow_is_told_of_and_the_others_are_trained(two: Path) -> None:
    Path("own.py").write_text(
        "from keras import ops\n\n\ndef huge(y_true, y_pred):\n"
        "    return 1e30 * ops.mean(ops.abs(y_true - y_pred), axis=(1, 2, 3))\n"
    )
    done = train(two, losses=["own.py:huge", "l1"], config=CONFIG)
    assert [outcome.loss for outcome in done.outcomes] == ["l1"]
    ((loss, reason),) = done.failed
    assert loss == "own.py:huge"
    assert "finite" in reason


def test_a_collapse_does_not_stop_the_others(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Run.train

    def collapsing(run: Run) -> Outcome:
        if run.loss.text == "l1":
            raise CollapseError("Expected reconstructions. Received: none. Train longer.")
        return trainer(run)

    monkeypatch.setattr(Run, "train", collapsing)
    done = train(two, losses=["l1", "l1_gray"], config=CONFIG)
    assert done.failed == (("l1", "Expected reconstructions. Received: none. Train longer."),)
    assert [outcome.loss for outcome in done.outcomes] == ["l1_gray"]


def test_a_missing_folder_is_told_of(two: Path) -> None:
    with pytest.raises(MissingError, match=r"Received: '.*/nowhere', which does not exist\. Check the path\."):
        train("nowhere", losses=["l1"], config=CONFIG)
    assert [path.name for path in Path().iterdir()] == [two.name]


def test_a_name_that_another_loss_has_is_refused(trained: Project) -> None:
    options = Options(places=trained.places, name="l1_gray")
    with pytest.raises(
        InputError, match=r"^Expected a name that no other loss has\. Received: l1_gray, which .*l1_gray"
    ):
        train(trained.pictures, losses=["l1"], config=trained.config, options=options)
    assert sorted(path.name for path in (trained.places.models / "l1_gray").iterdir()) == ["1"]
