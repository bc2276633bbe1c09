"""Further trainings that a study asks for: made once, kept, resumed, and refused where they would compare nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from aekeras.configuration import Training
from aekeras.encoding import list_models
from aekeras.errors import CollapseError, InputError, MissingError
from aekeras.outcome import Outcome
from aekeras.places import Places
from aekeras.progress import Progress
from aekeras.reconstruction import rebuild
from aekeras.run import Run
from aekeras.study import trainings
from aekeras.study.subjects import Subject, subjects

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow


class Listener(Progress):
    """Notes what it is told; ends the work after so many steps of a training."""

    def __init__(self, doom: int = 0) -> None:
        self.stages: list[tuple[str, int, int]] = []
        self.done: list[int] = []
        self._doom = doom

    def begin(self, stage: str, total: int, *, part: int = 1, parts: int = 1) -> None:
        del total
        self.stages.append((stage, part, parts))

    def advance(self, done: int, note: str = "") -> None:
        del note
        if self.stages[-1][0].startswith("training"):
            self.done.append(done)
            if self._doom and done >= self._doom:
                raise KeyboardInterrupt


def subject_of(places: Places) -> Subject:
    """The model under l1_gray."""
    ((subject,), _) = subjects(["l1_gray"], places)
    return subject


def told(model: Path) -> dict[str, Any]:
    return json.loads((model / "assets.extra" / "run.json").read_text())


def rewrite(model: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes run.json."""
    run = told(model)
    change(run)
    (model / "assets.extra" / "run.json").write_text(json.dumps(run))


def no_training(*_: Any) -> Outcome:
    raise AssertionError("a training that was not needed")


@pytest.fixture(scope="module")
def kept(trained: Project, tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A copy of the project with one more seed of l1_gray, whose training was interrupted once."""
    root = tmp_path_factory.mktemp("kept")
    shutil.copytree(trained.places.models, root / "models")
    places = Places(models=root / "models", indexes=root / "indexes")
    subject = subject_of(places)
    with pytest.raises(KeyboardInterrupt):
        trainings.of_seeds(subject, 2, places, Listener(doom=110))  # in the second of three epochs
    resumed = Listener()
    trainings.of_seeds(subject, 2, places, resumed)
    assert ("training l1_gray", 2, 2) in resumed.stages
    assert min(resumed.done) > 108  # pictures of the first epoch, which are not gone through again
    return places


@pytest.fixture
def copied(kept: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """A copy of that, which a test may change, in the working directory."""
    shutil.copytree(kept.models, tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    return Places()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The runs that would have trained; each leaves a copy of the project's model."""
    noted: list[Run] = []

    def note(run: Run) -> Outcome:
        noted.append(run)
        model = run.parent / "1"
        shutil.copytree(run.parent.parents[2] / run.name / "1", model)
        return Outcome(loss=run.loss.text, model=model, index=run.index, quality={}, epochs=1, seconds=1)

    monkeypatch.setattr(Run, "train", note)
    return noted


def test_the_models_differ_in_their_seed_only(kept: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "train", no_training)
    own, other = trainings.of_seeds(subject_of(kept), 2, kept, Progress())
    assert own.directory == kept.models / "l1_gray" / "1"
    assert other.directory == kept.models / ".report" / "seed-1" / "l1_gray" / "1"
    assert other.run["training"] == own.run["training"] | {"seed": 1}
    assert (other.run["loss"], other.run["data"]["digest"]) == (own.run["loss"], own.run["data"]["digest"])
    images = np.random.default_rng(0).integers(256, size=(2, 32, 32, 3), dtype=np.uint8)
    assert not np.allclose(own.encode(images), other.encode(images), rtol=1e-3)


def test_an_interrupted_training_went_on_to_its_end(kept: Places) -> None:
    history = told(kept.models / ".report" / "seed-1" / "l1_gray" / "1")["history"]
    assert len(history["loss"]) == 3  # of which the first was trained before the interruption
    assert not list(kept.models.glob(".report/*/*/.training"))


def test_sizes_differ_in_the_numbers_of_a_code_only_and_the_project_s_own_is_used_again(
    copied: Places, asked: list[Run]
) -> None:
    subject = subject_of(copied)
    found = trainings.of_sizes(subject, [4, 16, 32], copied, Progress())
    own = Training.from_dict(subject.encoder.run["training"])
    assert [run.config for run in asked] == [replace(own, code_dim=size) for size in (4, 32)]
    report = copied.models / ".report"
    folders = [report / "dim-4" / "l1_gray", copied.models / "l1_gray", report / "dim-32" / "l1_gray"]
    assert {size: encoder.directory.parent for size, encoder in found.items()} == dict(
        zip((4, 16, 32), folders, strict=True)
    )


def test_kept_models_rebuild_pictures(kept: Places) -> None:
    for encoder in trainings.of_seeds(subject_of(kept), 2, kept, Progress()):
        originals = np.full((3, 32, 32, 3), 0.5, np.float32)
        rebuilt = rebuild(encoder, originals)
        assert rebuilt.shape == originals.shape
        assert np.abs(rebuilt.mean(axis=-1) - 0.5).mean() < 0.3


def test_kept_models_are_none_of_the_project(kept: Places) -> None:
    assert [model.parent.name for model in list_models(kept.models)] == ["l1", "l1_gray"]


def test_what_is_finished_needs_neither_pictures_nor_training(copied: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "train", no_training)
    model = copied.models / "l1_gray" / "1"
    rewrite(model, lambda run: run["data"].update(sources=["gone"]))
    assert len(trainings.of_seeds(subject_of(copied), 2, copied, Progress())) == 2


def test_the_display_counts_models_and_trains_only_those_that_are_missing(copied: Places, asked: list[Run]) -> None:
    listener = Listener()
    trainings.of_seeds(subject_of(copied), 4, copied, listener)
    assert [(run.config.seed, run.part) for run in asked] == [(2, (3, 4)), (3, (4, 4))]
    assert [stage for stage, _, _ in listener.stages] == ["reading pictures"]  # once for both


def test_plain_models_have_no_closed_form_start_and_do_not_take_the_project_s_own(
    copied: Places, asked: list[Run]
) -> None:
    subject = subject_of(copied)
    found = trainings.of_seeds(subject, 2, copied, Progress(), plain=True)
    assert [run.config for run in asked] == [
        replace(Training.from_dict(subject.encoder.run["training"]), closed_form=False, seed=seed) for seed in (0, 1)
    ]
    assert [model.directory.parents[1].name for model in found] == ["plain-seed-0", "plain-seed-1"]


def test_a_training_of_another_configuration_is_made_anew(copied: Places, asked: list[Run]) -> None:
    model = copied.models / "l1_gray" / "1"
    rewrite(model, lambda run: run["training"].update(epochs=4))
    leftover = copied.models / ".report" / "seed-1" / "l1_gray" / ".training"
    leftover.mkdir()
    (leftover / "checkpoint.npz").write_bytes(b"of the old training")
    trainings.of_seeds(subject_of(copied), 2, copied, Progress())
    assert [run.config.epochs for run in asked] == [4]
    assert not leftover.exists()


def test_a_model_of_the_same_name_under_another_loss_is_trained_anew(copied: Places, asked: list[Run]) -> None:
    shutil.rmtree(copied.models / "l1_gray")
    (copied.models / "l1").rename(copied.models / "l1_gray")
    ((subject,), _) = subjects(["l1"], copied)
    trainings.of_seeds(subject, 2, copied, Progress())
    assert [run.loss.text for run in asked] == ["l1"]


def test_pictures_that_have_changed_are_told_before_any_training(copied: Places, asked: list[Run]) -> None:
    subject = subject_of(copied)
    pictures = sorted(Path(subject.encoder.run["data"]["sources"][0]).glob("*.png"))
    Path("fewer").mkdir()
    for picture in pictures[:-1]:
        shutil.copy(picture, "fewer")
    rewrite(subject.encoder.directory, lambda run: run["data"].update(sources=["fewer"]))
    with pytest.raises(
        InputError, match=r"pictures of fewer as they were .*: 120\. Received: 119, .* Run `aekeras train`"
    ):
        trainings.of_sizes(subject_of(copied), [8], copied, Progress())
    assert not asked


def test_pictures_that_are_gone_are_missing(copied: Places, asked: list[Run]) -> None:
    rewrite(copied.models / "l1_gray" / "1", lambda run: run["data"].update(sources=["gone"]))
    with pytest.raises(MissingError, match=r"l1_gray was trained on in gone\. Found none\. Put them back"):
        trainings.of_seeds(subject_of(copied), 3, copied, Progress())
    assert not asked


def test_an_own_loss_whose_file_has_changed_is_refused(copied: Places, asked: list[Run]) -> None:
    other = [{"reference": "mine.py:Mine", "path": "mine.py", "sha256": "0" * 64}]
    subject = subject_of(copied)
    rewrite(subject.encoder.directory, lambda run: run.update(loss_sources=other))
    changed = replace(subject, encoder=replace(subject.encoder, run=told(subject.encoder.directory)))
    with pytest.raises(InputError, match="the loss l1_gray as it was when its model was trained"):
        trainings.of_seeds(changed, 3, copied, Progress())
    assert not asked


def test_a_training_that_fails_is_told_and_the_finished_ones_stay(
    copied: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collapse(run: Run) -> Outcome:
        raise CollapseError(f"seed {run.config.seed}")

    monkeypatch.setattr(Run, "train", collapse)
    with pytest.raises(CollapseError, match="seed 2"):
        trainings.of_seeds(subject_of(copied), 3, copied, Progress())
    assert (copied.models / ".report" / "seed-1" / "l1_gray" / "1").is_dir()


@pytest.mark.parametrize("seeds", [1, -1])
def test_seeds_that_compare_nothing_are_refused(seeds: int) -> None:
    with pytest.raises(InputError, match=rf"`seeds` of at least 2, .* Received: {seeds}\."):
        trainings.check_seeds(seeds)


@pytest.mark.parametrize(("sizes", "shown"), [([0, 8], "0,8"), ([16, 8], "16,8"), ([8, 8], "8,8")])
def test_sizes_that_do_not_ascend_are_refused(sizes: list[int], shown: str) -> None:
    with pytest.raises(InputError, match=rf"ascending code sizes of at least 1\. Received: {shown}\."):
        trainings.check_sizes(sizes)


def test_nothing_and_what_ascends_is_passed() -> None:
    for seeds in (0, 2, 5):
        trainings.check_seeds(seeds)
    for sizes in ([], [1], [8, 16, 64]):
        trainings.check_sizes(sizes)
