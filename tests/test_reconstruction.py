"""Reconstructions against the Keras model and the loss's formula, and what the sheet shows of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
import pytest

from aekeras import images
from aekeras.errors import InputError, MissingError
from aekeras.gallery import reconstruction_blocks
from aekeras.model_choice import chosen_models
from aekeras.reconstruction import Reconstruction, reconstruct

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow
LUMA = np.array([0.299, 0.587, 0.114])


@pytest.fixture(scope="module")
def queries(trained: Project) -> list[Path]:
    return sorted(trained.pictures.glob("*.png"))[:3]


@pytest.fixture(scope="module")
def rebuilt(trained: Project, queries: list[Path]) -> Reconstruction:
    return reconstruct(queries, models=trained.places.models)


def test_reconstructions_are_those_of_the_keras_model(
    rebuilt: Reconstruction, trained: Project, queries: list[Path]
) -> None:
    assert [model.encoder.loss_name for model in rebuilt.models] == ["l1", "l1_gray"]
    originals = np.stack([images.read(path, 32) for path in queries]).astype(np.float32) / 255
    for model in rebuilt.models:
        path = trained.places.models / model.encoder.loss_name / "1" / "assets.extra" / "autoencoder.keras"
        expected = keras.saving.load_model(path, compile=False).predict([originals], verbose=0)
        np.testing.assert_allclose(model.originals, originals)
        np.testing.assert_allclose(model.reconstructions, expected, atol=1e-5)


def test_the_losses_are_those_of_the_formula(rebuilt: Reconstruction) -> None:
    everything, gray = rebuilt.models
    difference = everything.originals - everything.reconstructions
    np.testing.assert_allclose(everything.losses, np.abs(difference).mean(axis=(1, 2, 3)), atol=1e-5)
    difference = (gray.originals - gray.reconstructions) @ LUMA
    np.testing.assert_allclose(gray.losses, np.abs(difference).mean(axis=(1, 2)), atol=1e-5)


def test_a_picture_is_recognised_in_its_reconstruction(rebuilt: Reconstruction) -> None:
    for model in rebuilt.models:
        seen, rebuilt_seen = model.encoder.view(model.originals), model.encoder.view(model.reconstructions)
        errors = np.abs(seen[:, None] - rebuilt_seen[None]).mean(axis=(2, 3, 4))
        assert (errors.diagonal() <= errors.min(axis=0) + 0.01).all()
        assert errors.diagonal().mean() < np.abs(seen - seen.mean(axis=(1, 2), keepdims=True)).mean()


@pytest.mark.usefixtures("here")
def test_the_dictionary_has_a_value_per_picture_and_loss(queries: list[Path]) -> None:
    told = json.loads(json.dumps(reconstruct(queries, losses=["l1"], models=Path("models")).to_dict()))
    assert told["images"] == [f"pictures/{path.name}" for path in queries]
    (entry,) = told["losses"]
    assert (entry["loss"], entry["model"], len(entry["values"])) == ("l1", "models/l1/1", 3)


def test_the_text_names_every_picture_with_its_losses(rebuilt: Reconstruction) -> None:
    lines = str(rebuilt).splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ")] == ["l1", "l1_gray"] * 3
    assert len(lines) == 9


def test_the_sheet_has_the_originals_and_a_row_per_loss(rebuilt: Reconstruction) -> None:
    (block,) = reconstruction_blocks(rebuilt)
    original, everything, gray = block.rows
    assert [row.label for row in block.rows] == ["original", "l1", "l1_gray"]
    assert [len(row.tiles) for row in block.rows] == [3, 3, 3]
    np.testing.assert_array_equal(original.tiles[1].image, rebuilt.models[0].originals[1])
    assert all(0 <= tile.image.min() <= tile.image.max() <= 1 for row in block.rows for tile in row.tiles)
    assert everything.tiles[0].caption == f"{rebuilt.models[0].losses[0]:.4f}"
    np.testing.assert_allclose(np.squeeze(gray.tiles[0].below[0]), original.tiles[0].image @ LUMA, atol=1e-5)


def test_the_newest_version_of_a_model_is_meant(own: Path) -> None:
    shutil.copytree("models/l1/1", "models/l1/10")
    shutil.copytree("models/l1/1", "models/l1/9")
    assert chosen_models(Path("models")) == [Path("models/l1/10"), Path("models/l1_gray/1")]
    assert own == Path.cwd()


def test_models_are_chosen_by_loss_or_name_each_once(own: Path) -> None:
    shutil.copytree("models/l1", "models/mine")
    assert chosen_models(own / "models", ["mine"]) == [own / "models/mine/1"]
    both = [own / "models/l1/1", own / "models/mine/1"]
    assert chosen_models(own / "models", ["l1", "mine"]) == both


def test_a_loss_without_a_model_is_told_of(trained: Project, queries: list[Path]) -> None:
    with pytest.raises(InputError, match=r"l1, l1_gray\. Received: 'l1_grey'\. Did you mean 'l1_gray'\?"):
        reconstruct(queries, losses=["l1_grey"], models=trained.places.models)
    with pytest.raises(InputError, match=r"Received: 'ssim'\. Run `aekeras train --loss ssim` first\."):
        reconstruct(queries, losses=["ssim"], models=trained.places.models)


def test_no_model_yet_points_to_train(tmp_path: Path, queries: list[Path]) -> None:
    with pytest.raises(MissingError, match=r"Expected a model in .*\. Found none\. Run `aekeras train` first\."):
        reconstruct(queries, models=tmp_path / "models")


def test_damaged_models_are_told_of(own: Path, queries: list[Path]) -> None:
    extra = own / "models" / "l1" / "1" / "assets.extra"
    (extra.parent / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(InputError, match=r"Expected a saved model in models/l1/1\. .* Run `aekeras train` again\."):
        reconstruct(queries, losses=["l1"])
    for content in ("{}", "[]", "no JSON"):
        (extra / "run.json").write_text(content)
        with pytest.raises(InputError, match=r"models/l1/1/assets\.extra/run\.json, which is damaged\. Run `aek"):
            reconstruct(queries)
