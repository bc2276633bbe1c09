"""The file that a loss of one's own begins with."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from disk import files_no_larger_than

from aekeras import losses
from aekeras.errors import InputError, MissingError, StorageError
from aekeras.losses.template import write_template


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_template(tmp_path / "mine.py", "Mine")
    return tmp_path / "mine.py"


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    true, pred = np.random.default_rng(0).random((2, 3, 24, 16, 3)).astype("float32")
    return true, pred


def as_float(values: object) -> np.ndarray:
    return np.asarray(values, np.float64)


def test_the_class_is_the_distance_of_how_colorful_the_pixels_are(
    file: Path, pair: tuple[np.ndarray, np.ndarray]
) -> None:
    true, pred = pair
    colorful = [np.maximum(np.ptp(as_float(images), axis=-1) - 0.1, 0) for images in pair]
    expected = np.abs(colorful[0] - colorful[1]).mean(axis=(1, 2))
    np.testing.assert_allclose(as_float(losses.get(f"{file}:Mine")(true, pred)), expected, rtol=1e-5)


def test_its_knob_can_be_set_and_is_checked(file: Path) -> None:
    loss = losses.get(f"{file}:Mine(pale=0.25)")
    assert loss.knobs() == {"pale": 0.25}
    assert loss != losses.get(f"{file}:Mine")
    with pytest.raises(InputError, match=r"Expected `pale` in \[0, 1\)\. Received: 1\.5\."):
        losses.get(f"{file}:Mine(pale=1.5)")


def test_its_metamers_look_different_and_cost_nothing(file: Path, pair: tuple[np.ndarray, np.ndarray]) -> None:
    loss = losses.get(f"{file}:Mine")
    metamers = np.asarray(loss.metamer(pair[0], 1))
    assert np.abs(metamers - pair[0]).mean() > 0.05
    assert as_float(loss(pair[0], metamers)).max() < 1e-6


def test_the_function_weighs_light_tones_more(file: Path, pair: tuple[np.ndarray, np.ndarray]) -> None:
    true, pred = pair
    expected = np.abs(np.exp(as_float(true)) - np.exp(as_float(pred))).mean(axis=(1, 2, 3))
    loss = losses.get(f"{file}:highlights")
    np.testing.assert_allclose(as_float(loss(true, pred)), expected, rtol=1e-5)
    dark, light = np.zeros((1, 4, 4, 3), "float32"), np.full((1, 4, 4, 3), 0.9, "float32")
    assert loss(light, light + 0.1) > 2 * loss(dark, dark + 0.1)


def test_it_says_every_word_that_stands_for_a_blindness(file: Path) -> None:
    from aekeras.losses import blindness
    from aekeras.losses.blindness.colors import DIRECTIONS

    for word in (*DIRECTIONS, *blindness._OF_WORD):
        assert word in file.read_text()


def test_it_is_short_and_fits_an_editor(file: Path) -> None:
    text = file.read_text()
    tree = ast.parse(text)
    kind = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    statements = [node for node in ast.walk(kind) if isinstance(node, ast.stmt)]
    assert kind.name == "Mine"
    assert len(statements) <= 15
    assert max(map(len, text.splitlines())) <= 88
    assert "$" not in text


@pytest.mark.parametrize("name", ["", "my loss", "1st", "class", "None"])
def test_a_name_that_is_no_identifier_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"to be a Python identifier\. Received: {name!r}\. "):
        write_template(tmp_path / "mine.py", name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["ops", "ViewLoss", "InputError", "highlights"])
def test_a_name_that_the_file_needs_itself_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"Expected `name` to be free. Received: {name!r}"):
        write_template(tmp_path / "mine.py", name)
    assert not list(tmp_path.iterdir())


def test_a_file_or_folder_that_exists_stays_as_it_is(file: Path) -> None:
    before = file.read_bytes()
    (file.parent / "folder.py").mkdir()
    for path in (file, file.parent / "folder.py"):
        with pytest.raises(InputError, match="Expected a new file"):
            write_template(path, "Another")
    assert file.read_bytes() == before


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"Expected a folder for mine\.py"):
        write_template(tmp_path / "nowhere" / "mine.py")


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    with files_no_larger_than(100), pytest.raises(StorageError):
        write_template(tmp_path / "mine.py")
    assert not list(tmp_path.iterdir())
