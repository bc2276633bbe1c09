"""What TensorBoard's projector reads: asked of the real plugin."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
from werkzeug.test import Client

from aekeras import projector, samples
from aekeras.configuration import Training
from aekeras.errors import InputError, StorageError
from aekeras.experiment import Options, train
from aekeras.index import Index
from aekeras.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 16


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.stack([np.asarray(samples.draw(sample, SIZE)) for sample in samples.generate(11)])


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(11, 4)).astype(np.float32)


class Asked:
    """The plugin for a folder of logs."""

    def __init__(self, logs: Path) -> None:
        multiplexer = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(logs))
        multiplexer.Reload()
        provider = data_provider.MultiplexerDataProvider(multiplexer, str(logs))
        plugin = ProjectorPlugin(TBContext(logdir=str(logs), data_provider=provider, flags=SimpleNamespace()))
        self._clients = {route: Client(app) for route, app in plugin.get_plugin_apps().items()}

    def get(self, route: str, **query: Any) -> bytes:
        answer = self._clients[route].get("/", query_string=query)
        assert answer.status_code == 200, answer.data
        return answer.data

    def runs(self) -> list[str]:
        return json.loads(self.get("/runs"))

    def codes(self, run: str = ".") -> np.ndarray:
        (told,) = json.loads(self.get("/info", run=run))["embeddings"]
        return np.frombuffer(self.get("/tensor", run=run, name="codes"), np.float32).reshape(told["tensorShape"])

    def table(self, run: str = ".") -> list[list[str]]:
        return [line.split("\t") for line in self.get("/metadata", run=run, name="codes").decode().split("\n")[:-1]]

    def thumbnails(self, run: str = ".") -> Iterator[np.ndarray]:
        """As the projector cuts them out, from left to right and from top to bottom."""
        (told,) = json.loads(self.get("/info", run=run))["embeddings"]
        wide, high = told["sprite"]["singleImageDim"]
        with Image.open(io.BytesIO(self.get("/sprite_image", run=run, name="codes"))) as image:
            assert max(image.size) <= 8192
            sheet = np.asarray(image)
        for y in range(0, len(sheet), high):
            for x in range(0, sheet.shape[1], wide):
                yield sheet[y : y + high, x : x + wide]


def test_the_plugin_serves_the_codes_the_pictures_and_their_names(
    codes: np.ndarray, pictures: np.ndarray, tmp_path: Path
) -> None:
    names = [f"{i}.png" for i in range(11)]
    projection = projector.write(tmp_path, codes, pictures, names)
    asked = Asked(tmp_path)
    assert asked.runs() == ["."]
    np.testing.assert_allclose(asked.codes(), codes, rtol=1e-5)
    assert asked.table() == [[name] for name in names], "one column has no heading"
    thumbnails = list(asked.thumbnails())
    np.testing.assert_array_equal(thumbnails[:11], pictures)
    assert [one.min() for one in thumbnails[11:]] == [255]
    assert str(projection) == f"11 pictures, 16x16, in {tmp_path}"


def test_factors_become_columns_under_a_heading(codes: np.ndarray, pictures: np.ndarray, tmp_path: Path) -> None:
    names = [f"{i}.png" for i in range(11)]
    shapes, others = ["cat", "dog"] * 5 + ["cat"], [""] * 11
    projector.write(tmp_path, codes, pictures, names, {"shape": shapes, "name": others})
    heading, *rows = Asked(tmp_path).table()
    assert heading == ["name", "shape", "name (factor)"]
    assert rows == [[name, shape, "-"] for name, shape in zip(names, shapes, strict=True)]


@pytest.mark.parametrize("name", ["a\tb.png", "a\nb.png", "a\r\nb.png", "a\u2028b.png", " a b.png "])
def test_names_stay_on_their_line_and_in_their_column(
    name: str, codes: np.ndarray, pictures: np.ndarray, tmp_path: Path
) -> None:
    projector.write(tmp_path, codes[:2], pictures[:2], [name, "\n"], {"tab\tbed": ["x\ty", "z"]})
    assert Asked(tmp_path).table() == [["name", "tab bed"], ["a b.png", "x y"], ["-", "z"]]


def test_names_that_are_no_unicode_are_written_as_they_can_be(
    codes: np.ndarray, pictures: np.ndarray, tmp_path: Path
) -> None:
    projector.write(tmp_path, codes[:2], pictures[:2], ["\udcff.png", "é.png"])
    assert Asked(tmp_path).table() == [["\\udcff.png"], ["é.png"]]


def test_of_many_pictures_a_sample_is_shown_with_what_belongs_together(
    codes: np.ndarray, pictures: np.ndarray, tmp_path: Path
) -> None:
    names = [str(i) for i in range(11)]
    projection = projector.write(tmp_path, codes, pictures, names, {"row": names}, most=5, seed=3)
    rows = list(projection.rows)
    asked = Asked(tmp_path)
    assert rows == sorted(set(rows))
    assert len(rows) == 5
    np.testing.assert_allclose(asked.codes(), codes[rows], rtol=1e-5)
    assert asked.table()[1:] == [[names[row], names[row]] for row in rows]
    np.testing.assert_array_equal(list(asked.thumbnails())[:5], pictures[rows])
    assert str(projection) == f"5 pictures of 11, drawn by seed 3, 16x16, in {tmp_path}"
    assert projector.write(tmp_path, codes, pictures, names, most=5, seed=3).rows == projection.rows
    assert projector.write(tmp_path, codes, pictures, names, most=5, seed=4).rows != projection.rows


def test_ten_thousand_thumbnails_fit_on_the_sheet(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(256, size=(1, 64, 64, 3), dtype=np.uint8)
    many = np.broadcast_to(images, (10_001, 64, 64, 3))
    projection = projector.write(tmp_path, np.ones((10_001, 1)), many, ["x"] * 10_001)
    assert (len(projection.rows), projection.thumbnail) == (10_000, 40)
    with Image.open(tmp_path / "sprite.png") as sheet:
        assert sheet.size == (4000, 4000)


def test_one_picture_and_one_number_are_enough(pictures: np.ndarray, tmp_path: Path) -> None:
    projection = projector.write(tmp_path, np.array([[0.25]]), pictures[:1], ["only"])
    asked = Asked(tmp_path)
    np.testing.assert_array_equal(asked.codes(), [[0.25]])
    assert asked.table() == [["only"]]
    assert str(projection).startswith("1 picture, 16x16")


def test_what_does_not_belong_together_is_refused(codes: np.ndarray, pictures: np.ndarray, tmp_path: Path) -> None:
    names = ["x"] * 11
    with pytest.raises(InputError, match=r"Expected one of each per code, 11\. Received: 10 images\."):
        projector.write(tmp_path, codes, pictures[:10], names)
    with pytest.raises(InputError, match=r"Received: 2 values of 'shape'\."):
        projector.write(tmp_path, codes, pictures, names, {"shape": ["cat", "dog"]})
    with pytest.raises(InputError, match=r"Expected finite codes"):
        projector.write(tmp_path, codes * np.nan, pictures, names)
    with pytest.raises(InputError, match=r"Expected uint8 images .* Received: float64"):
        projector.write(tmp_path, codes, pictures / 255, names)
    assert not any(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"Choose a place that is a folder"):
        projector.write(tmp_path / "file" / "logs", codes, pictures, names)


@pytest.mark.slow
def test_training_with_tensorboard_leaves_a_projector_for_each_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    samples.write(tmp_path / "pictures", count=40)
    config = Training(image_size=32, code_dim=4, epochs=1)
    options = Options(places=Places(), tensorboard=tmp_path / "logs")
    experiment = train(tmp_path / "pictures", losses=["l1", "l1_gray"], config=config, options=options)
    asked = Asked(tmp_path / "logs")
    assert sorted(asked.runs()) == ["l1/train", "l1_gray/train"]
    for outcome in experiment.outcomes:
        with Index.open(outcome.index) as index:
            np.testing.assert_allclose(asked.codes(f"{outcome.loss}/train"), index.codes, rtol=1e-4, atol=1e-6)
            paths = [str(item.path.relative_to(tmp_path)) for _, item in index.items()]
            shapes = [item.metadata["shape"] for _, item in index.items()]
        heading, *rows = asked.table(f"{outcome.loss}/train")
        assert [row[0] for row in rows] == paths
        assert [row[heading.index("shape")] for row in rows] == shapes
        run = json.loads((outcome.model / "assets.extra" / "run.json").read_text())
        assert len(run["history"]["fidelity"]) == 1
