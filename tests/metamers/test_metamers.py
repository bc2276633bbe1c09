"""Pictures that a loss cannot tell from a given one: drawn, sought, and told of."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from aekeras import losses, pictures
from aekeras.errors import InputError, MissingError, UnreadableImageError
from aekeras.metamers import Metamers, descent, metamer
from aekeras.samples import Sample, draw

OWN = """
import numpy as np
from keras import ops
from aekeras.losses import ViewLoss

def red(a, b):
    return ops.mean(ops.abs(a - b)[..., 0], axis=(1, 2))

def nearly_red(a, b):
    return red(a, b) + 1e-6 * ops.mean(ops.abs(a - b), axis=(1, 2, 3))

def squares(a, b):
    return ops.mean(ops.square(a - b), axis=(1, 2, 3))

def rough(a, b):
    return ops.sqrt(ops.mean(ops.square(a - b), axis=(1, 2, 3)))

def rounded(a, b):
    return ops.mean(ops.abs(ops.stop_gradient(a - b)), axis=(1, 2, 3))

def broken(a, b):
    return nothing

def infinite(a, b):
    return ops.mean(ops.abs(a - b), axis=(1, 2, 3)) / 0.0

class Liar(ViewLoss):
    blind_to = ("chroma",)
    def view(self, images):
        return images

class Flat(ViewLoss):
    blind_to = ("tone",)
    def view(self, images):
        return images
    def metamer(self, images, seed):
        return images[:1]

class Upright(ViewLoss):
    def view(self, images):
        return ops.mean(images, axis=1, keepdims=True)
    def metamer(self, images, seed):
        return ops.flip(ops.convert_to_tensor(images), axis=1)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(OWN)
    draw(Sample(shape="cat", color="ginger"), 64).save(tmp_path / "cat.png")
    Image.new("RGB", (40, 40), "white").save(tmp_path / "white.png")
    return tmp_path


def made(loss: str, **asked: object) -> Metamers:
    return metamer("cat.png", loss, **({"size": 24, "count": 4} | asked))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "loss", ["l1_gray", "l1_red", "l1_chroma", "l1_contrast", "spectrum", "palette", "l1_coarse", "center(l1_gray)"]
)
def test_what_is_drawn_differs_from_the_picture_and_is_equal_under_the_loss(loss: str) -> None:
    found = made(loss)
    assert not found.descended
    assert found.images.shape == (4, 24, 24, 3)
    assert found.images.min() >= 0
    assert found.images.max() <= 1
    true = np.repeat(found.original[None], 4, axis=0)
    values = np.asarray(losses.get(loss)(true, found.images))
    np.testing.assert_allclose([one.value for one in found.metamers], values, atol=1e-6)
    assert values.max() < 1e-4 * found.usual
    differences = np.abs(found.images - found.original).mean(axis=(1, 2, 3))
    np.testing.assert_allclose([one.difference for one in found.metamers], differences, atol=1e-6)
    assert differences.min() > 2 / 255
    assert list(differences) == sorted(differences, reverse=True)
    assert all(one.within_tolerance for one in found.metamers)


def test_no_two_of_them_are_the_same() -> None:
    found = made("l1_gray", count=8).images
    apart = np.abs(found[:, None] - found[None]).mean(axis=(2, 3, 4))
    assert apart[~np.eye(8, dtype=bool)].min() > 2 / 255


def test_there_are_as_many_as_differ() -> None:
    found = made("mirror(l1)")
    np.testing.assert_array_equal(found.images, found.original[None, :, ::-1])
    assert "1 and not 4" in str(found)


def test_a_picture_without_another_metamer_is_told_of() -> None:
    found = metamer("white.png", "l1_gray", size=16)
    assert found.images.shape == (0, 16, 16, 3)
    assert "this one equals only itself" in str(found)
    assert found.to_dict()["metamers"] == []
    assert pictures.sheet(found.blocks()).width > 100


@pytest.mark.parametrize("loss", ["own.py:red", "0.5*l1_gray + 0.5*l1_coarse"])
def test_where_blindness_is_not_known_it_is_found_by_descent(loss: str) -> None:
    found = made(loss, count=6)
    assert found.descended
    true = np.repeat(found.original[None], 6, axis=0)
    values = np.asarray(losses.get(loss)(true, found.images))
    assert values.max() <= 0.01 * found.usual
    assert np.abs(found.images - found.original).mean(axis=(1, 2, 3)).min() > 2 / 255
    assert len({one.made_by for one in found.metamers}) == 6
    assert f"are equal under {loss}" in found.sentences()[-1]


def test_a_descent_leaves_alone_what_the_loss_does_not_see() -> None:
    found = made("own.py:red", count=2)
    negative = found.images[1]
    assert found.metamers[1].made_by == "descent from its negative"
    np.testing.assert_allclose(negative[..., 0], found.original[..., 0], atol=0.01)
    np.testing.assert_allclose(negative[..., 1:], 1 - found.original[..., 1:], atol=1e-5)


def test_a_pull_as_faint_as_rounding_hardly_moves_a_picture() -> None:
    negative = made("own.py:nearly_red", count=2).images[1]
    np.testing.assert_allclose(negative[..., 1:], 1 - made("l1").original[..., 1:], atol=0.05)


@pytest.mark.parametrize("loss", ["l1", "l2", "own.py:squares", "own.py:rough"])
def test_a_loss_that_sees_everything_has_the_picture_as_its_only_metamer(loss: str) -> None:
    found = made(loss)
    assert all(one.within_tolerance and one.difference < 2 / 255 for one in found.metamers)
    assert f"{loss} seems to be blind to nothing" in str(found)


def test_descent_can_be_asked_for_where_blindness_is_known() -> None:
    found = made("l1_gray", descent=True)
    assert all(one.made_by.startswith("descent from ") for one in found.metamers)
    luma = np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(found.images @ luma, np.repeat((found.original @ luma)[None], 4, axis=0), atol=0.01)
    assert min(one.difference for one in found.metamers) > 2 / 255


def test_what_does_not_come_within_the_tolerance_is_told_of() -> None:
    found = made("spectrum", descent=True, tolerance=1e-7)
    assert not any(one.within_tolerance for one in found.metamers)
    assert found.sentences() == ("4 of 4 did not come within the tolerance. Allow a larger one, or try another seed.",)
    assert found.blocks()[0].rows[0].tiles[0].note == "beyond tolerance"


def test_a_wrong_declaration_is_found_out() -> None:
    found = made("own.py:Liar")
    assert not any(one.within_tolerance for one in found.metamers)
    assert "own.py:Liar sees what it says that it is blind to" in str(found)


def test_metamers_that_a_loss_makes_itself_are_taken() -> None:
    found = made("own.py:Upright")
    np.testing.assert_array_equal(found.images, found.original[None, ::-1])
    assert found.metamers[0].made_by == "the loss itself"


@pytest.mark.parametrize("asked", [{}, {"descent": True}])
def test_the_same_seed_gives_the_same_pictures_and_another_one_others(asked: dict[str, bool]) -> None:
    once, again, other = (made("l1_gray", seed=seed, **asked).images for seed in (5, 5, 6))
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - other).max() > 0.1


def test_a_machine_that_is_busy_at_the_start_gives_the_same_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = made("l1_gray", descent=True).images
    seconds = itertools.chain([0.0], itertools.repeat(5.0))
    monkeypatch.setattr(descent, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    np.testing.assert_array_equal(made("l1_gray", descent=True).images, expected)


def test_the_tolerance_is_a_share_of_the_usual_loss() -> None:
    found = made("l1_gray", tolerance=0.02)
    assert found.limit == pytest.approx(0.02 * found.usual)
    assert 0.05 < found.usual < 0.8  # of luma
    assert found.to_dict()["tolerance"] == pytest.approx(found.limit, abs=1e-6)


def test_json_holds_what_is_printed() -> None:
    found = made("l1_gray")
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["image"] == "cat.png"
    assert (told["loss"], told["blind_to"]) == ("l1_gray", ["chroma"])
    assert told["metamers"][0].keys() == {"value", "difference", "within_tolerance", "made_by"}
    assert all(f"{one['difference']:.4f}  a change of chroma" in str(found) for one in told["metamers"])


def test_a_sheet_shows_below_each_picture_what_the_loss_sees_of_it() -> None:
    (block,) = made("l1_gray").blocks()
    (row,) = block.rows
    assert len(row.tiles) == 4
    for tile in row.tiles:
        np.testing.assert_allclose(tile.below[0], row.below[0], atol=1e-4)
    assert made("own.py:red").blocks()[0].rows[0].below == ()  # a plain function has no view of its own


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("own.py:broken", r"own\.py:broken to run\. Received: NameError: name 'nothing'.*own\.py, line"),
        ("own.py:infinite", "finite values of at least 0 of own.py:infinite"),
        ("own.py:rounded", "a gradient of own.py:rounded. Received: none"),
        ("own.py:Flat", r"metamers of own\.py:Flat to have the shape of the pictures"),
        ("l1_grey", "Did you mean 'l1_gray'"),
    ],
)
def test_a_loss_that_does_not_work_is_told_of(loss: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        made(loss)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"count": 0}, "`count` of at least 1. Received: 0"),
        ({"size": 4}, "`size` of at least 8. Received: 4"),
        ({"tolerance": 0.0}, "`tolerance` between 0 and 1, a share of the usual loss. Received: 0.0"),
        ({"tolerance": float("nan")}, "Received: nan"),
    ],
)
def test_numbers_out_of_range_are_refused(asked: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        made("l1_gray", **asked)


def test_a_file_that_is_no_picture_is_refused(here: Path) -> None:
    with pytest.raises(MissingError, match=r"absent\.png"):
        metamer("absent.png", "l1")
    with pytest.raises(UnreadableImageError, match=r"own\.py"):
        metamer(here / "own.py", "l1")
