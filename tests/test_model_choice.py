"""Which models are meant: by loss, however it is written, or by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aekeras.errors import InputError, MissingError
from aekeras.model_choice import chosen, chosen_models

MINE = """
from keras import ops
from aekeras.losses import ViewLoss

class Stripes(ViewLoss):
    def __init__(self, *, period=3, **keywords):
        self.period = period
        super().__init__(**keywords)

four = Stripes(period=4)
"""
LOSSES = {
    "gray": "l1_gray",
    "l1": "l1",
    "mixed": "0.7*l1_gray + 0.3*ssim",
    "four": "my.py:Stripes(period=4)",
    "three": "my.py:Stripes",
}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models of which only run.json is there, in two versions each, and my.py beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(MINE)
    for name, loss in LOSSES.items():
        for version in ("1", "2"):
            folder = tmp_path / "models" / name / version / "assets.extra"
            folder.mkdir(parents=True)
            (folder / "run.json").write_text(json.dumps({"loss": loss}))
    return tmp_path / "models"


def names(found: list[Path]) -> list[str]:
    assert all(path.name == "2" for path in found), "the newest version"
    return [path.parent.name for path in found]


def test_without_a_choice_all_come_in_the_order_of_the_catalogue(models: Path) -> None:
    assert names(chosen_models(models)) == ["l1", "gray", "mixed", "three", "four"]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("l1_gray", "gray"),
        ("gray", "gray"),
        ("1*l1", "l1"),
        ("0.3*ssim(filter_size=11)+l1_gray*0.7", "mixed"),
        ("mixed", "mixed"),
        ("my.py:Stripes(period=4)", "four"),
        ("./my.py:Stripes( period = 4 )", "four"),
        ("my.py:Stripes(period=4.0)", "four"),
        ("my.py:four", "four"),
        ("my.py:Stripes(period=3)", "three"),
    ],
)
def test_a_loss_is_found_however_it_is_written(asked: str, name: str, models: Path) -> None:
    assert names(chosen_models(models, [asked])) == [name]


def test_the_order_is_that_of_the_question_and_none_comes_twice(models: Path) -> None:
    assert names(chosen_models(models, ["mixed", "l1", "l1_gray", "gray"])) == ["mixed", "l1", "gray"]


def test_one_loss_may_have_several_models() -> None:
    of, name_of = {Path("a"): "l1", Path("b"): "l1"}, {Path("a"): "a", Path("b"): "b"}
    assert chosen(["l1"], of, name_of, "a loss") == [Path("a"), Path("b")]
    assert chosen(["b"], of, name_of, "a loss") == [Path("b")]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("l1_grey", r"models: l1, l1_gray, .*Received: 'l1_grey'\. Did you mean 'l1_gray'\?"),
        (
            "l1_red + spectrum",
            r"Received: 'l1_red \+ spectrum'\. Run `aekeras train --loss 'l1_red \+ spec",
        ),
        ("my.py:Stripes(period=7)", r"Did you mean 'my\.py:Stripes\(period=4\)'\?"),
        ("gone.py:Mine", r"Received: 'gone\.py:Mine'\."),
    ],
)
def test_a_loss_without_a_model_is_told_of(asked: str, message: str, models: Path) -> None:
    with pytest.raises(InputError, match=message):
        chosen_models(models, [asked])


def test_one_of_ones_own_is_found_by_its_text_when_its_file_is_gone(models: Path) -> None:
    Path("my.py").unlink()
    assert names(chosen_models(models, ["my.py:Stripes(period=4)"])) == ["four"]


def test_no_model_at_all_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"Expected a model in .*none\. Found none\. Run `aekeras train` first\."):
        chosen_models(tmp_path / "none")
