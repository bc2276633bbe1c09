"""Explanations against formulas and brute force over the codes, and clear words where nothing is known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from aekeras import images, index
from aekeras.encoding import Encoder
from aekeras.errors import InputError, MissingError, UnreadableImageError
from aekeras.explanation import Explanation, Verdict, explain
from aekeras.gallery import explanation_blocks
from aekeras.index import Index
from aekeras.places import Places
from aekeras.shares import nearness, shown_percent

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow
LUMA = np.array([0.299, 0.587, 0.114])


@pytest.fixture(scope="module")
def pair(trained: Project) -> tuple[Path, Path]:
    """One cat in two colors of one luma."""
    ginger = sorted(trained.pictures.glob("cat-ginger-*.png"))[0]
    return ginger, sorted(trained.pictures.glob("cat-blue-*.png"))[0]


@pytest.fixture(scope="module")
def explained(trained: Project, pair: tuple[Path, Path]) -> Explanation:
    return explain(*pair, places=trained.places)


def of_loss(explanation: Explanation) -> dict[str, Verdict]:
    return {verdict.loss: verdict for verdict in explanation.verdicts}


def floats(pair: tuple[Path, Path]) -> tuple[np.ndarray, np.ndarray]:
    one, other = (images.read(path, 32) / 255.0 for path in pair)
    return one, other


def test_values_and_maps_are_those_of_the_formulas(explained: Explanation, pair: tuple[Path, Path]) -> None:
    one, other = floats(pair)
    everything, gray = np.abs(one - other).mean(axis=-1), np.abs((one - other) @ LUMA)
    for loss, expected in (("l1", everything), ("l1_gray", gray)):
        verdict = of_loss(explained)[loss]
        assert verdict.value == pytest.approx(expected.mean(), abs=1e-5)
        assert verdict.map is not None
        np.testing.assert_allclose(verdict.map, expected, atol=1e-5)


def test_distance_and_percentile_are_those_of_brute_force(
    explained: Explanation, trained: Project, pair: tuple[Path, Path]
) -> None:
    for loss, verdict in of_loss(explained).items():
        with Index.open(trained.places.indexes / loss) as index:
            codes = dict(zip((item.path for _, item in index.items()), index.codes.astype(float), strict=True))
        distances = [np.linalg.norm(codes[a] - codes[b]) for a in codes for b in codes if a < b]
        distance = np.linalg.norm(codes[pair[0]] - codes[pair[1]])
        assert verdict.distance == pytest.approx(distance, abs=1e-5)
        assert verdict.share == pytest.approx(distance / np.median(distances), abs=1e-4)
        nearer = 100 * np.mean(np.array(distances) < verdict.distance)
        # The pair itself, and one beside it, may fall on the other side by rounding.
        assert verdict.percentile == pytest.approx(nearer, abs=2.01 * 100 / len(distances))


def test_the_loss_that_cannot_see_the_colors_comes_first(explained: Explanation) -> None:
    gray, everything = explained.verdicts
    assert (gray.loss, everything.loss) == ("l1_gray", "l1")
    assert gray.share is not None
    assert everything.share is not None
    assert gray.share < 0.05 < everything.share
    assert (gray.equal, everything.equal) == (True, False)
    assert explained.answer.startswith("Equal under `l1_gray` (")
    assert "; different under `l1` (" in explained.answer


@pytest.mark.parametrize("threshold", [0.0, 0.01, 0.3, 10.0])
def test_equal_is_what_is_no_farther_than_the_threshold(
    threshold: float, trained: Project, pair: tuple[Path, Path]
) -> None:
    for verdict in explain(*pair, places=trained.places, threshold=threshold).verdicts:
        assert verdict.share is not None
        assert verdict.equal == (verdict.share <= threshold)


def test_equal_ones_come_before_different_ones_whatever_the_threshold(
    trained: Project, pair: tuple[Path, Path]
) -> None:
    for threshold in np.linspace(0, 1, 7):
        flags = [verdict.equal for verdict in explain(*pair, places=trained.places, threshold=threshold).verdicts]
        assert flags == sorted(flags, reverse=True)


def test_a_picture_and_itself_are_equal_under_every_loss(trained: Project, pair: tuple[Path, Path]) -> None:
    same = explain(pair[0], pair[0], places=trained.places, threshold=0.0)
    for verdict in same.verdicts:
        assert (verdict.distance, verdict.percentile, verdict.equal) == (0.0, 0.0, True)
        assert verdict.map is not None
        assert not verdict.map.any()
    assert same.answer.startswith("Equal under ")
    assert "different" not in same.answer


def test_the_order_of_the_two_does_not_matter(
    explained: Explanation, trained: Project, pair: tuple[Path, Path]
) -> None:
    for one, other in zip(explained.verdicts, explain(*pair[::-1], places=trained.places).verdicts, strict=True):
        assert (one.loss, one.percentile, one.equal) == (other.loss, other.percentile, other.equal)
        assert one.value == pytest.approx(other.value, abs=1e-6)


@pytest.mark.usefixtures("here")
def test_the_dictionary_has_the_keys_that_are_fixed(pair: tuple[Path, Path]) -> None:
    explained = explain(*pair)
    told = json.loads(json.dumps(explained.to_dict()))
    assert set(told) == {"a", "b", "losses", "threshold", "seed", "without_index"}
    assert (told["a"], told["b"]) == tuple(f"pictures/{path.name}" for path in pair)
    for entry, verdict in zip(told["losses"], explained.verdicts, strict=True):
        assert entry.keys() >= {"loss", "value", "distance", "percentile", "equal"}
        assert entry["loss"] == verdict.loss
        assert entry["distance"] == pytest.approx(verdict.distance, abs=1e-6)
        assert entry["equal"] is verdict.equal


def test_the_text_is_a_table_and_the_answer_in_words(trained: Project, pair: tuple[Path, Path]) -> None:
    all_equal = explain(*pair, places=trained.places, threshold=9.0)
    heading, columns, first, second, *_, answer = str(all_equal).splitlines()
    assert heading == f"{pair[0]} and {pair[1]}"
    assert columns.split() == ["loss", "value", "distance", "of", "typical", "percentile"]
    assert (first.split()[0], second.split()[0]) == ("l1_gray", "l1")
    assert first.index("equal") == second.index("equal")
    assert answer.startswith("Equal under `l1_gray` (")
    none_equal = explain(*pair, places=trained.places, threshold=0.0)
    assert none_equal.answer.startswith("Different under `l1_gray` (")
    assert " and `l1` (" in none_equal.answer


def test_named_losses_only(trained: Project, pair: tuple[Path, Path]) -> None:
    assert [verdict.loss for verdict in explain(*pair, places=trained.places, losses=["l1"]).verdicts] == ["l1"]
    with pytest.raises(InputError, match=r"Received: 'l1_grey'\. Did you mean 'l1_gray'\?"):
        explain(*pair, places=trained.places, losses=["l1_grey"])


@pytest.mark.usefixtures("own")
def test_an_index_of_one_picture_knows_no_percentile_and_says_so(pair: tuple[Path, Path]) -> None:
    index.build_indexes([pair[0]], ["l1"], Places())
    explained = explain(*pair)
    last = explained.verdicts[-1]
    assert (last.loss, last.percentile, last.share, last.equal) == ("l1", None, None, None)
    assert last.note == "no random pairs: indexes/l1 holds 1 picture."
    assert "  l1: no random pairs: indexes/l1 holds 1 picture." in str(explained).splitlines()
    assert explained.answer.endswith("unknown under `l1`, for want of random pairs.")
    assert explained.to_dict()["losses"][-1]["percentile"] is None
    assert of_loss(explain(pair[0], pair[0]))["l1"].equal is True


@pytest.mark.usefixtures("own")
def test_pictures_all_alike_have_no_typical_distance(pair: tuple[Path, Path]) -> None:
    Path("alike").mkdir()
    for name in ("1.png", "2.png", "3.png"):
        # The same pixels in different bytes: the same bytes would be one picture with three paths.
        Path("alike", name).write_bytes(pair[0].read_bytes() + name.encode())
    index.build_indexes(["alike"], (), Places())
    for verdict in explain(*pair).verdicts:
        assert (verdict.percentile, verdict.share, verdict.equal) == (100.0, np.inf, False)
        assert verdict.to_dict()["share"] is None
    for verdict in explain(pair[0], pair[0]).verdicts:
        assert (verdict.percentile, verdict.equal) == (0.0, True)


@pytest.mark.usefixtures("own")
def test_two_indexes_of_one_loss_are_told_apart(pair: tuple[Path, Path]) -> None:
    shutil.copytree("indexes/l1", "indexes/again")
    assert {verdict.name for verdict in explain(*pair).verdicts} == {
        "l1 (indexes/again)",
        "l1 (indexes/l1)",
        "l1_gray",
    }


def test_a_view_that_cannot_be_drawn_leaves_out_the_map_and_says_why(
    trained: Project, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_view(self: Encoder, pictures: np.ndarray) -> np.ndarray:
        if self.loss_name == "l1":
            raise InputError("Expected a file. Received: none. Bring it back.")
        return np.full((len(pictures), 4, 4, 1), np.nan)

    monkeypatch.setattr(Encoder, "view", no_view)
    explained = explain(*pair, places=trained.places)
    notes = {verdict.loss: verdict.note for verdict in explained.verdicts}
    assert notes["l1"] == "no view: Expected a file. Received: none. Bring it back."
    assert notes["l1_gray"] == "no view: it has the shape (4, 4, 1), or values that are not finite."
    assert all(verdict.map is None and verdict.percentile is not None for verdict in explained.verdicts)
    (block,) = explanation_blocks(explained)
    assert [len(row.tiles) for row in block.rows] == [2, 0, 0]


def test_the_sheet_has_the_pictures_and_per_loss_both_views_and_the_map(explained: Explanation) -> None:
    (block,) = explanation_blocks(explained)
    assert [row.label for row in block.rows] == [
        "pictures",
        *(f"{verdict.name}: {verdict.verdict}" for verdict in explained.verdicts),
    ]
    assert [len(row.tiles) for row in block.rows] == [2, 3, 3]
    gray, everything = (row.tiles[2].image for row in block.rows[1:])
    assert gray is not None
    assert everything is not None
    assert gray.max() <= 3  # of 255: the map is not stretched to what little difference there is
    assert everything.max() > 50
    assert "blind to chroma" in block.rows[1].note


@pytest.mark.parametrize("threshold", [-1.0, float("inf"), float("nan")])
def test_a_threshold_that_is_no_share_is_refused(threshold: float, pair: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match=r"Expected `threshold` from 0 to 10\. Received: "):
        explain(*pair, threshold=threshold)


def test_pictures_that_cannot_be_read_are_told_of(trained: Project, pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UnreadableImageError, match=r"text\.png"):
        explain(pair[0], tmp_path / "text.png", places=trained.places)
    with pytest.raises(MissingError, match=r"gone\.png', which does not exist"):
        explain(tmp_path / "gone.png", pair[0], places=trained.places)


def test_no_index_yet_points_to_train(pair: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"Found none\. Run `aekeras train` first\."):
        explain(*pair, places=Places(models=tmp_path / "models", indexes=tmp_path / "indexes"))


@pytest.mark.parametrize(
    ("percent", "text"), [(0.0, "0.00 %"), (0.284, "0.28 %"), (9.99, "9.99 %"), (12.4, "12 %"), (100.0, "100 %")]
)
def test_small_percentages_are_shown_more_finely(percent: float, text: str) -> None:
    assert shown_percent(percent) == text


@pytest.mark.parametrize(("percent", "share"), [(0.004, "99.99"), (1.0, "99"), (21.63, "78"), (100.0, "0")])
def test_nearness_never_claims_more_than_it_has(percent: float, share: str) -> None:
    assert nearness(percent) == f"nearer than {share} % of random pairs"
    assert nearness(0.0) == "nearer than all random pairs"


def test_a_model_without_an_index_is_named(own: Path) -> None:
    shutil.rmtree(own / "indexes" / "l1")
    pair = sorted(Path("pictures").glob("*.png"))[:2]
    found = explain(*pair)
    assert found.to_dict()["without_index"] == ["models/l1/1"]
    assert "Not asked, for want of an index: models/l1/1. Run `aekeras index build`." in str(found)
    assert explain(*pair, losses=["l1_gray"]).without_index == ()
