"""Explanations against formulas and the scales of the models, and clear words where nothing is known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import pdist

from aekeras import images, index
from aekeras.encoding import Encoder, load_encoder
from aekeras.errors import InputError, MissingError, UnreadableImageError
from aekeras.explanation import Explanation, Verdict, explain
from aekeras.gallery import explanation_blocks
from aekeras.judging import MeasuredScaleWarning
from aekeras.places import Places
from aekeras.shares import nearness, shown_percent
from aekeras.training.batches import split

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow
LUMA = np.array([0.299, 0.587, 0.114])
SIDE = 32


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
    one, other = (images.read(path, SIDE) / 255.0 for path in pair)
    return one, other


def test_values_and_maps_are_those_of_the_formulas(explained: Explanation, pair: tuple[Path, Path]) -> None:
    one, other = floats(pair)
    everything, gray = np.abs(one - other).mean(axis=-1), np.abs((one - other) @ LUMA)
    for loss, expected in (("l1", everything), ("l1_gray", gray)):
        verdict = of_loss(explained)[loss]
        assert verdict.value == pytest.approx(expected.mean(), abs=1e-5)
        assert verdict.map is not None
        np.testing.assert_allclose(verdict.map, expected, atol=1e-5)


def test_shares_are_those_of_brute_force_over_the_pictures_of_the_training(
    explained: Explanation, trained: Project, pair: tuple[Path, Path]
) -> None:
    paths = sorted(trained.pictures.glob("*.png"))
    rows, _ = split(len(paths), trained.config.validation_share, trained.config.seed)
    trained_on = [images.read(paths[row], SIDE) / 255.0 for row in rows]
    one, other = floats(pair)
    for loss, see in (("l1", lambda image: image), ("l1_gray", lambda image: image @ LUMA)):
        views = [see(image) for image in trained_on]
        softly = [see(gaussian_filter(image, (SIDE / 48, SIDE / 48, 0), mode="reflect")) for image in trained_on]
        plain = np.abs(see(one) - see(other)).mean() / typical(views)
        soft = [see(gaussian_filter(image, (SIDE / 48, SIDE / 48, 0), mode="reflect")) for image in (one, other)]
        smoothed = np.abs(soft[0] - soft[1]).mean() / typical(softly)
        verdict = of_loss(explained)[loss]
        # The scale is measured on 4,096 of the pairs: its median is off by a few percent at most.
        assert verdict.plain_share == pytest.approx(plain, rel=0.05, abs=1e-4)
        assert verdict.smoothed_share == pytest.approx(smoothed, rel=0.05, abs=1e-4)
        assert verdict.share == min(verdict.plain_share, verdict.smoothed_share)


def typical(views: list[np.ndarray]) -> float:
    flat = np.stack(views).reshape(len(views), -1)
    return float(np.median(pdist(flat, "cityblock")) / flat.shape[1])


def test_the_word_of_the_codes_is_their_distance_in_typical_ones(
    explained: Explanation, trained: Project, pair: tuple[Path, Path]
) -> None:
    for loss, verdict in of_loss(explained).items():
        encoder = load_encoder(trained.places.models / loss / "1")
        code, other = (encoder.encode(images.read(path, SIDE)[None])[0].astype(float) for path in pair)
        assert verdict.distance == pytest.approx(np.linalg.norm(code - other), abs=1e-6)
        usual = encoder.run["scale"]["codes"]["typical"]
        assert verdict.code_share == pytest.approx(verdict.distance / usual, rel=1e-6)


def test_a_verdict_is_the_same_whatever_is_indexed(own: Path, pair: tuple[Path, Path]) -> None:
    del own
    pair = tuple(Path("pictures", path.name) for path in pair)
    alone, many = explain(*pair), None
    for sources in ([pair[0]], list(pair), ["pictures"]):
        index.build_indexes(sources, (), Places())
        many = explain(*pair)
        assert many.to_dict() == alone.to_dict()
    shutil.rmtree("indexes")
    assert explain(*pair).to_dict() == alone.to_dict()


def test_a_model_that_knows_no_scale_measures_it_once_on_its_index_and_keeps_it(
    own: Path, pair: tuple[Path, Path]
) -> None:
    run_file = own / "models" / "l1" / "1" / "assets.extra" / "run.json"
    run = json.loads(run_file.read_text())
    known = run.pop("scale")
    run_file.write_text(json.dumps(run))
    with pytest.warns(MeasuredScaleWarning, match=r"models/l1/1 was trained before .* measured on 120 pictures of its"):
        first = explain(*pair, losses=["l1"])
    measured = json.loads(run_file.read_text())["scale"]
    assert measured["loss"]["typical"] == pytest.approx(known["loss"]["typical"], rel=0.1)
    assert explain(*pair, losses=["l1"]).to_dict() == first.to_dict()  # and says nothing more


def test_without_a_scale_and_an_index_the_verdict_is_unknown_but_for_a_loss_of_zero(
    own: Path, pair: tuple[Path, Path]
) -> None:
    run_file = own / "models" / "l1" / "1" / "assets.extra" / "run.json"
    run = json.loads(run_file.read_text())
    del run["scale"]
    run_file.write_text(json.dumps(run))
    shutil.rmtree("indexes")
    (verdict,) = explain(*pair, losses=["l1"]).verdicts
    assert (verdict.equal, verdict.share, verdict.verdict) == (None, None, "unknown")
    assert "Run `aekeras index build --keep-images`" in verdict.note
    (same,) = explain(pair[0], pair[0], losses=["l1"]).verdicts
    assert same.equal is True


@pytest.mark.parametrize("scale", [7, {}, {"loss": {}, "smoothed": None, "codes": {}, "zero": 0}, {"loss": 1}])
def test_a_damaged_scale_is_told_of_in_a_line(scale: object, own: Path, pair: tuple[Path, Path]) -> None:
    run_file = own / "models" / "l1" / "1" / "assets.extra" / "run.json"
    run_file.write_text(json.dumps(json.loads(run_file.read_text()) | {"scale": scale}))
    explained = explain(*pair)
    assert of_loss(explained)["l1_gray"].equal is True, "the others answer"
    verdict = of_loss(explained)["l1"]
    assert verdict.equal is None
    assert "run.json: Expected the scale of a loss. Received: " in verdict.note
    assert "Run `aekeras train` again." in verdict.note


def test_pictures_that_are_all_alike_leave_no_scale_in_the_record(own: Path, pair: tuple[Path, Path]) -> None:
    Path("alike").mkdir()
    for number in range(40):  # the same pixels in different bytes
        Path("alike", f"{number}.png").write_bytes(pair[0].read_bytes() + str(number).encode())
    index.build_indexes(["alike"], ["l1"], Places())
    run_file = own / "models" / "l1" / "1" / "assets.extra" / "run.json"
    run = json.loads(run_file.read_text())
    del run["scale"]
    run_file.write_text(json.dumps(run))
    (verdict,) = explain(*pair, losses=["l1"]).verdicts
    assert (verdict.equal, verdict.verdict) == (None, "unknown")
    assert "40 pictures in its index, all equal under it. Index pictures that differ" in verdict.note
    assert "scale" not in json.loads(run_file.read_text())


def test_a_scale_measured_later_is_exact_where_the_loss_is(own: Path, pair: tuple[Path, Path]) -> None:
    run_file = own / "models" / "l1" / "1" / "assets.extra" / "run.json"
    run = json.loads(run_file.read_text())
    del run["scale"]
    run_file.write_text(json.dumps(run | {"exact": True}))
    with pytest.warns(MeasuredScaleWarning):
        (verdict,) = explain(*pair, losses=["l1"]).verdicts
    assert verdict.smoothed_share is None


def test_a_loss_that_is_not_symmetric_says_the_same_either_way_round(
    own: Path, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_sided(self: Encoder, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        del self
        return np.maximum(np.asarray(some) - others, 0.0).mean(axis=(1, 2, 3))

    monkeypatch.setattr(Encoder, "loss", one_sided)
    run_file = own / "models" / "l1" / "1" / "assets.extra" / "run.json"
    run_file.write_text(json.dumps(json.loads(run_file.read_text()) | {"symmetric": False}))
    one, other = (explain(a, b, losses=["l1"]).verdicts[0] for a, b in (pair, pair[::-1]))
    assert one.share == pytest.approx(other.share, rel=1e-6)
    assert one.value == pytest.approx(np.abs(np.subtract(*floats(pair))).mean() / 2, rel=1e-5)


def test_codes_that_contradict_the_loss_are_marked(
    trained: Project, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Encoder, "encode", lambda self, pictures: np.zeros((len(pictures), self.code_dim), np.float32))
    explained = explain(*pair, places=trained.places, losses=["l1"])
    (verdict,) = explained.verdicts
    assert (verdict.equal, verdict.code_share, verdict.contradicted) == (False, 0.0, True)
    assert "0.00 %!" in str(explained)
    assert "  !: the codes say otherwise." in str(explained).splitlines()


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
    for verdict in explain(*pair, places=trained.places, equal_within=threshold).verdicts:
        assert verdict.share is not None
        assert verdict.equal == (verdict.share <= threshold)


def test_equal_ones_come_before_different_ones_whatever_the_threshold(
    trained: Project, pair: tuple[Path, Path]
) -> None:
    for threshold in np.linspace(0, 1, 7):
        flags = [verdict.equal for verdict in explain(*pair, places=trained.places, equal_within=threshold).verdicts]
        assert flags == sorted(flags, reverse=True)


def test_a_picture_and_itself_are_equal_under_every_loss(trained: Project, pair: tuple[Path, Path]) -> None:
    same = explain(pair[0], pair[0], places=trained.places, equal_within=0.0)
    for verdict in same.verdicts:
        assert (verdict.distance, verdict.share, verdict.percentile, verdict.equal) == (0.0, 0.0, 0.0, True)
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
    assert set(told) == {"a", "b", "losses", "equal_within"}
    assert (told["a"], told["b"]) == tuple(f"pictures/{path.name}" for path in pair)
    for entry, verdict in zip(told["losses"], explained.verdicts, strict=True):
        assert entry.keys() >= {"loss", "value", "distance", "percentile", "equal"}
        assert entry["loss"] == verdict.loss
        assert entry["distance"] == pytest.approx(verdict.distance, abs=1e-6)
        assert entry["equal"] is verdict.equal


def test_the_text_is_a_table_and_the_answer_in_words(trained: Project, pair: tuple[Path, Path]) -> None:
    all_equal = explain(*pair, places=trained.places, equal_within=9.0)
    heading, columns, first, second, *_, answer = str(all_equal).splitlines()
    assert heading == f"{pair[0]} and {pair[1]}"
    assert columns.split() == ["loss", "value", "of", "typical", "smoothed", "by", "code"]
    assert (first.split()[0], second.split()[0]) == ("l1_gray", "l1")
    assert first.index("equal") == second.index("equal")
    assert answer.startswith("Equal under `l1_gray` (")
    none_equal = explain(*pair, places=trained.places, equal_within=0.0)
    assert none_equal.answer.startswith("Different under `l1_gray` (")
    assert " and `l1` (" in none_equal.answer


def test_named_losses_only(trained: Project, pair: tuple[Path, Path]) -> None:
    assert [verdict.loss for verdict in explain(*pair, places=trained.places, losses=["l1"]).verdicts] == ["l1"]
    with pytest.raises(InputError, match=r"Received: 'l1_grey'\. Did you mean 'l1_gray'\?"):
        explain(*pair, places=trained.places, losses=["l1_grey"])


@pytest.mark.usefixtures("own")
def test_two_models_of_one_loss_are_told_apart(pair: tuple[Path, Path]) -> None:
    shutil.copytree("models/l1", "models/again")
    assert {verdict.name for verdict in explain(*pair).verdicts} == {
        "l1 (models/again/1)",
        "l1 (models/l1/1)",
        "l1_gray",
    }


@pytest.mark.usefixtures("own")
def test_the_model_behind_an_index_answers_and_not_a_newer_one(pair: tuple[Path, Path]) -> None:
    shutil.copytree("models/l1/1", "models/l1/2")
    assert {str(verdict.model) for verdict in explain(*pair, losses=["l1"]).verdicts} == {"models/l1/1"}


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


@pytest.mark.parametrize("threshold", [-1.0, float("inf"), float("nan"), 11, 10**400, "x", None, True])
def test_a_threshold_that_is_no_share_is_refused(threshold: float, pair: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match=r"Expected `equal_within` from 0 to 10\. Received: "):
        explain(*pair, equal_within=threshold)


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
