"""One training for all tests that only look at what it leaves."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from aekeras import samples
from aekeras.configuration import Training
from aekeras.experiment import Experiment, Options, train
from aekeras.places import Places


@dataclass(frozen=True, kw_only=True)
class Project:
    """A working directory with pictures/, models/ and indexes/.

    Attributes:
        root: The directory.
        config: What the training was told.
        experiment: What `train` gave.
    """

    root: Path
    config: Training
    experiment: Experiment

    @property
    def pictures(self) -> Path:
        return self.root / "pictures"

    @property
    def places(self) -> Places:
        return Places(models=self.root / "models", indexes=self.root / "indexes")


LONGEST = ("test_quality.py", "test_every_loss.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no core has one of them left when the others are done."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Models and indexes of l1_gray and l1, in this order, of 120 samples. Not to be changed."""
    root = tmp_path_factory.mktemp("project")
    samples.write(root / "pictures", count=120)
    config = Training(image_size=32, code_dim=16, epochs=3, batch_size=32)
    places = Places(models=root / "models", indexes=root / "indexes")
    experiment = train(root / "pictures", losses=["l1_gray", "l1"], config=config, options=Options(places=places))
    return Project(root=root, config=config, experiment=experiment)


@pytest.fixture
def here(trained: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The trained project, as the working directory."""
    monkeypatch.chdir(trained.root)
    return trained


@pytest.fixture
def own(trained: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of models/ and indexes/ that a test may damage, as the working directory; the pictures are a link."""
    for name in ("models", "indexes"):
        shutil.copytree(trained.root / name, tmp_path / name)
    (tmp_path / "pictures").symlink_to(trained.pictures)
    monkeypatch.chdir(tmp_path)
    return tmp_path
