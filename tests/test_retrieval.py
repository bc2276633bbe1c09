"""Search against brute force by the Keras model itself, and clear words where it cannot be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
import pytest

import aekeras
from aekeras import images, index
from aekeras.errors import InputError, MismatchError, MissingError
from aekeras.gallery import search_blocks
from aekeras.places import Places
from aekeras.retrieval import Result

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow
LOSSES = ("l1", "l1_gray")


def pictures(project: Project) -> list[Path]:
    return sorted(project.pictures.glob("*.png"))


def keras_codes(project: Project, loss: str, paths: list[Path]) -> np.ndarray:
    path = project.places.models / loss / "1" / "assets.extra" / "autoencoder.keras"
    encoder = keras.saving.load_model(path, compile=False).get_layer("encoder")
    read = np.stack([images.read(path, project.config.image_size) for path in paths])
    return np.asarray(encoder(read.astype(np.float32) / 255.0)).astype(np.float64)


def search(project: Project, *queries: Path, **arguments: object) -> list[Result]:
    return aekeras.search(queries, places=project.places, **arguments)


@pytest.mark.parametrize("loss", LOSSES)
def test_distances_and_order_are_those_of_the_keras_encoder(trained: Project, loss: str) -> None:
    paths = pictures(trained)
    codes = keras_codes(trained, loss, paths)
    found = search(trained, *paths[::17], losses=[loss], k=7)
    for row, result in zip(range(0, len(paths), 17), found, strict=True):
        exact = np.linalg.norm(codes - codes[row], axis=1)
        (answer,) = result.answers
        of_neighbors = [exact[paths.index(neighbor.path)] for neighbor in answer.neighbors]
        assert result.query == paths[row]
        assert [neighbor.rank for neighbor in answer.neighbors] == list(range(1, 8))
        np.testing.assert_allclose([n.distance for n in answer.neighbors], of_neighbors, atol=1e-4)
        np.testing.assert_allclose(of_neighbors, np.sort(exact)[:7], atol=1e-4)


def test_an_indexed_picture_finds_itself_at_no_distance(trained: Project) -> None:
    query = pictures(trained)[5]
    for answer in search(trained, query)[0].answers:
        assert answer.neighbors[0].distance == pytest.approx(0.0, abs=1e-4)
        assert query in [n.path for n in answer.neighbors if n.distance < 1e-4]


def test_gray_finds_equal_luma_where_l1_tells_colors_apart(trained: Project) -> None:
    """The samples begin with one cat in six colors of one luma, twice."""
    cats = pictures(trained)
    table = (trained.pictures / "factors.csv").read_text().splitlines()
    header, *rows = (line.split(",") for line in table)
    known = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    query = next(path for path in cats if path.name.startswith("cat-ginger"))
    of_loss = {a.loss: [known[n.path.name] for n in a.neighbors] for a in search(trained, query, k=6)[0].answers}
    assert len({row["color"] for row in of_loss["l1_gray"]}) > len({row["color"] for row in of_loss["l1"]})
    assert {row["luma_set"] for row in of_loss["l1_gray"]} == {known[query.name]["luma_set"]}


def test_losses_come_in_the_order_of_the_catalogue_or_as_they_were_asked_for(trained: Project) -> None:
    query = pictures(trained)[0]
    assert [a.loss for a in search(trained, query)[0].answers] == ["l1", "l1_gray"]
    asked = search(trained, query, losses=["l1_gray", "l1", "l1_gray"])
    assert [a.loss for a in asked[0].answers] == ["l1_gray", "l1"]


def test_a_k_above_the_size_gives_the_whole_index(trained: Project) -> None:
    (result,) = search(trained, pictures(trained)[0], k=10_000)
    for answer in result.answers:
        assert {n.path for n in answer.neighbors} == set(pictures(trained))


def test_max_distance_leaves_out_just_what_is_farther(trained: Project) -> None:
    query = pictures(trained)[0]
    (whole,) = search(trained, query, k=120, losses=["l1"])
    limit = whole.answers[0].neighbors[40].distance
    (near,) = search(trained, query, k=120, losses=["l1"], max_distance=limit)
    assert near.answers[0].neighbors == tuple(n for n in whole.answers[0].neighbors if n.distance <= limit)
    assert len(near.answers[0].neighbors) >= 41


def test_the_dictionary_has_the_keys_that_are_fixed_and_relative_paths(here: Project) -> None:
    query = Path("pictures") / pictures(here)[0].name
    (result,) = aekeras.search([query], k=2)
    told = json.loads(json.dumps(result.to_dict()))
    assert set(told) == {"query", "results"}
    assert told["query"] == str(query)
    for entry, loss in zip(told["results"], LOSSES, strict=True):
        assert set(entry) == {"loss", "model", "index", "neighbors"}
        assert (entry["loss"], entry["model"], entry["index"]) == (loss, f"models/{loss}/1", f"indexes/{loss}")
        assert [set(n) for n in entry["neighbors"]] == [{"rank", "path", "distance"}] * 2
        assert all(Path(n["path"]).parent == Path("pictures") for n in entry["neighbors"])


def test_paths_outside_the_working_directory_are_absolute(
    trained: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = search(trained, pictures(trained)[0], k=1)[0].to_dict()
    assert Path(told["results"][0]["neighbors"][0]["path"]) == pictures(trained)[0]
    assert Path(told["results"][0]["model"]) == trained.places.models / "l1" / "1"


def test_results_print_well(here: Project) -> None:
    text = str(aekeras.search([Path("pictures") / pictures(here)[0].name], k=1)[0])
    query, _, first, blind, second = text.splitlines()
    assert query == f"pictures/{pictures(here)[0].name}"
    assert first.split() == ["1", "0.0000", query]
    assert blind == "  l1_gray (blind to chroma)"
    assert second.split()[:2] == ["1", "0.0000"]


def test_an_index_of_another_model_is_refused(own: Path) -> None:
    shutil.rmtree("models/l1/1")
    shutil.copytree("models/l1_gray/1", "models/l1/1")
    with pytest.raises(MismatchError, match=r"Expected the model that made indexes/l1: l1/1.*aekeras index build"):
        aekeras.search([pictures_of(own)])


def test_an_index_of_another_model_does_not_hinder_the_others(own: Path) -> None:
    shutil.rmtree("models/l1")
    (result,) = aekeras.search([pictures_of(own)], losses=["l1_gray"])
    assert [answer.loss for answer in result.answers] == ["l1_gray"]


def test_an_index_without_its_model_is_told_of(own: Path) -> None:
    shutil.rmtree("models")
    with pytest.raises(MissingError, match=r"Expected the model of indexes/l1 in models/l1/1\. Found none\. Run `aek"):
        aekeras.search([pictures_of(own)])


def test_an_older_model_still_answers_for_its_index(own: Path) -> None:
    before = aekeras.search([pictures_of(own)], losses=["l1"])
    shutil.copytree("models/l1_gray/1", "models/l1/2")
    assert aekeras.search([pictures_of(own)], losses=["l1"]) == before


def test_no_index_yet_points_to_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        MissingError, match=r"Expected an index in `indexes`\. Found none\. Run `aekeras train` first\."
    ):
        aekeras.search(["any.png"])


def test_a_loss_without_an_index_is_told_of(trained: Project) -> None:
    with pytest.raises(InputError, match=r"l1, l1_gray\. Received: 'l1_grey'\. Did you mean 'l1_gray'\?"):
        search(trained, pictures(trained)[0], losses=["l1_grey"])
    with pytest.raises(InputError, match=r"Received: 'ssim'\. Run `aekeras train --loss ssim` first\."):
        search(trained, pictures(trained)[0], losses=["ssim"])


def test_a_k_below_one_is_refused(trained: Project) -> None:
    with pytest.raises(InputError, match=r"Expected `k` of at least 1\. Received: 0\."):
        search(trained, pictures(trained)[0], k=0)


def test_codes_can_be_indexed_anew_from_other_pictures(own: Path, tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.mkdir()
    for path in sorted(Path("pictures").glob("dog-*.png"))[:3]:
        shutil.copy(path, others)
    built = index.build_indexes([others], (), Places())
    assert [(info.loss, info.count, info.model) for info in built] == [
        ("l1", 3, "models/l1/1"),
        ("l1_gray", 3, "models/l1_gray/1"),
    ]
    (result,) = aekeras.search([pictures_of(own)], k=50)
    for answer in result.answers:
        assert sorted(n.path for n in answer.neighbors) == sorted(others.iterdir())


def test_what_is_known_of_pictures_goes_into_the_index(trained: Project) -> None:
    with aekeras.Index.open(trained.places.indexes / "l1") as index:
        items = [item for _, item in index.items()]
    assert [item.path for item in items] == pictures(trained)
    assert all(item.path.name.startswith(f"{item.metadata['shape']}-{item.metadata['color']}-") for item in items)


def test_a_sheet_shows_what_each_loss_sees_below_each_picture(trained: Project) -> None:
    (block,) = search_blocks(search(trained, pictures(trained)[0], k=3))
    everything, gray = block.rows
    assert [row.label for row in block.rows] == ["l1", "l1_gray"]
    assert (everything.note, gray.note) == ("blind to nothing", "blind to chroma")
    original = images.read(pictures(trained)[0], 32) / 255.0
    luma = original @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(everything.tiles[0].below[0], original, atol=1e-5)
    np.testing.assert_allclose(np.squeeze(gray.tiles[0].below[0]), luma, atol=1e-5)
    assert [len(row.tiles) for row in block.rows] == [3, 3]


def test_a_picture_that_has_vanished_leaves_an_empty_tile(own: Path, tmp_path: Path) -> None:
    some = tmp_path / "some"
    shutil.copytree(own / "pictures", some, ignore=lambda _, names: [n for n in names if "cat" not in n])
    index.build_indexes([some], ["l1"], Places())
    results = aekeras.search([pictures_of(own)], losses=["l1"], k=2)
    results[0].answers[0].neighbors[1].path.unlink()
    (block,) = search_blocks(results)
    first, second = block.rows[0].tiles
    assert first.image is not None
    assert second.image is None
    assert second.below == ()


def pictures_of(project: Path) -> Path:
    return sorted((project / "pictures").glob("cat-ginger-*.png"))[0]
