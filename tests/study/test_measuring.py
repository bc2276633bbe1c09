"""A project measured as a whole: every figure is there, bad input is told, and the rest still comes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from aekeras import losses, samples
from aekeras.artefacts import digest
from aekeras.equality.distances import code_distances, loss_distances
from aekeras.equality.fidelity import fidelity
from aekeras.errors import InputError
from aekeras.study import Extent, Scope, Study, measure

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow

NAMES = {"l1", "l1_gray"}


@pytest.fixture(scope="module")
def study(trained: Project) -> Study:
    return measure(scope=Scope(places=trained.places, k=5))


@pytest.fixture(scope="module")
def figures(study: Study) -> dict[str, Any]:
    return json.loads(json.dumps(study.to_dict(), allow_nan=False))


def test_nothing_is_left_out(study: Study) -> None:
    assert study.notes == ()
    assert [result.key for result in study.results] == [
        "overlap",
        "fidelity",
        "invariance",
        "blindness",
        "leakage",
        "factors",
        "calibration",
        "refinement",
    ]


def test_figures_have_the_keys_that_other_programs_read(figures: dict[str, Any]) -> None:
    assert figures["fidelity"]["k"] == 5
    assert {name: set(row) for name, row in figures["fidelity"]["matrix"].items()} == dict.fromkeys(NAMES, NAMES)
    assert set(figures["fidelity"]["controls"]) == {"pca", "mds", "untrained", "pixels"}
    assert all(set(of) == NAMES for of in figures["fidelity"]["controls"].values())
    assert set(figures["invariance"]) == NAMES
    assert {"percentile", "loss_value"} <= figures["invariance"]["l1"]["flip"].keys()
    assert set(figures["leakage"]) == {"l1_gray"}
    assert {"r2", "metamer_recall"} <= figures["leakage"]["l1_gray"].keys()
    assert {"median_ratio", "spearman"} <= figures["calibration"]["l1_gray"].keys()
    assert {name: set(row) for name, row in figures["overlap"].items()} == dict.fromkeys(NAMES, NAMES)


def test_fidelity_is_what_the_index_and_the_loss_give(trained: Project, study: Study, figures: dict[str, Any]) -> None:
    from aekeras.encoding import load_encoder
    from aekeras.study.sample import draw
    from aekeras.study.subjects import subjects

    found, _ = subjects((), trained.places)
    sample = draw(found, (), trained.places, Extent())
    encoder = load_encoder(trained.places.models / "l1_gray" / "1")
    by_code = code_distances(encoder.encode(sample.queries), encoder.encode(sample.collection))
    by_loss = loss_distances(losses.get("l1"), sample.queries, sample.collection)
    expected = fidelity(by_code, by_loss, 5).mean()
    assert figures["fidelity"]["matrix"]["l1_gray"]["l1"] == pytest.approx(expected, abs=1e-6)
    assert study.seed == 0


def test_the_gray_loss_ignores_colors_and_the_other_does_not(figures: dict[str, Any]) -> None:
    of = figures["invariance"]
    assert of["l1_gray"]["recolor"]["loss_value"] < 1e-6 < of["l1"]["recolor"]["loss_value"]
    assert of["l1_gray"]["recolor"]["percentile"] < of["l1"]["recolor"]["percentile"]
    assert figures["blindness"]["l1_gray"]["chroma"]["verdict"] == "confirmed"
    assert {"finer": "l1", "coarser": "l1_gray", "how": "exact"} in figures["refinement"]["edges"]


def test_the_same_seed_gives_the_same_figures(trained: Project, study: Study) -> None:
    again = measure(scope=Scope(places=trained.places, k=5))
    assert again.to_dict() == study.to_dict()


def test_disputed_pictures_come_with_the_neighbors_of_every_loss(study: Study) -> None:
    scores = [dispute.score for dispute in study.disputes]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0
    for dispute in study.disputes:
        assert {answer.loss for answer in dispute.answers} == NAMES
        assert dispute.query.image is not None
        assert all(len(answer.neighbors) == 6 for answer in dispute.answers)


def test_it_prints_in_words_and_figures(study: Study) -> None:
    for text in (str(study), repr(study), study.summary()):
        assert "What does each loss ignore?" in text
        assert "`l1_gray`" in text


def test_a_missing_index_leaves_the_rest(own: Path) -> None:
    shutil.rmtree(own / "indexes" / "l1")
    study = measure(scope=Scope(k=500))
    assert study.notes[0].startswith("The index of `l1` is not used")
    assert {result.key for result in study.results} >= {"invariance", "leakage", "calibration"}
    reason = "Expected more than 500 pictures to seek 500 neighbors among. Received: 108."
    for name in ("Overlap", "Fidelity"):
        assert f"{name} is left out: {reason} Add some, or lower `k`." in study.notes


def test_a_damaged_model_leaves_the_rest(own: Path) -> None:
    (own / "models" / "l1" / "1" / "assets.extra" / "encoder.tflite").write_bytes(b"x")
    study = measure()
    assert [one.name for one in study.losses] == ["l1_gray"]
    assert study.notes[0].startswith("models/l1/1 is left out: Expected the graph of a model.")


def test_a_table_that_is_no_table_of_labels_leaves_the_rest(here: Project, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("name;kind\n1;2\n")
    study = measure(scope=Scope(labels=table))
    assert any("are left out: Expected a column `path`" in note for note in study.notes)
    assert "factors" in {result.key for result in study.results}
    del here


def test_pictures_that_are_all_alike_are_an_error_that_says_so(here: Project, tmp_path: Path) -> None:
    picture = next(here.pictures.glob("*.png"))
    for number in range(6):
        shutil.copy(picture, tmp_path / f"{number}.png")
    with pytest.raises(InputError, match=r"Expected pictures that differ under l1.* that\s+are all equal\. Add others"):
        measure(tmp_path)


def test_pictures_that_one_loss_counts_as_equal_leave_that_one_out(own: Path, tmp_path: Path) -> None:
    run = own / "models" / "l1" / "1" / "assets.extra" / "run.json"
    # Of this loss nobody knows more than its text: it compares the borders, which are white in all of the pictures.
    (own / "mine.py").write_text(
        "from keras import ops\n\n\ndef border(a, b):\n    return ops.mean(ops.abs(a - b)[:, :2], (1, 2, 3))\n"
    )
    told = json.loads(run.read_text())
    told |= {"loss": "mine.py:border", "loss_sources": [_source("mine.py:border", own / "mine.py")]}
    run.write_text(json.dumps(told))
    pictures = tmp_path / "white"
    pictures.mkdir()
    draw = np.random.default_rng(0)
    for number in range(8):
        image = np.ones((32, 32, 3))
        image[8:24, 8:24] = draw.random(3)
        _write(pictures / f"{number}.png", image)
    study = measure(pictures)
    assert {one.name for one in study.losses} == {"l1_gray"}
    assert any("`mine.py:border` is left out: Expected pictures that differ" in note for note in study.notes)


def test_a_handful_of_pictures_is_measured_as_far_as_it_goes(here: Project, tmp_path: Path) -> None:
    samples.write(tmp_path, count=3)
    study = measure(tmp_path)
    keys = {result.key for result in study.results}
    assert {"invariance", "calibration", "refinement"} <= keys
    json.dumps(study.to_dict(), allow_nan=False)
    del here


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"k": 0}, "Expected `k` of at least 1. Received: 0"),
        ({"seeds": 1}, "Expected `seeds` of at least 2"),
        ({"budget": (32, 16)}, "Expected ascending code sizes of at least 1. Received: 32,16."),
    ],
)
def test_a_scope_that_makes_no_sense_is_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        Scope(**asked)
    assert str(raised.value).startswith(message)


def _source(reference: str, path: Path) -> dict[str, str]:
    return {"reference": reference, "path": str(path), "sha256": digest(path)}


def _write(path: Path, image: np.ndarray) -> None:
    from PIL import Image

    Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(path)
