"""From examples to a loss: the ranking, the fitted sum, and examples that cannot be met."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aekeras import losses, samples
from aekeras.errors import InputError, MissingError
from aekeras.samples import Sample
from aekeras.shares import EQUAL_WITHIN
from aekeras.suggestion import Suggested, Suggestion, suggest
from aekeras.suggestion.examples import gather

SIZE = 32
CAT = Sample(shape="cat", color="ginger")
SOME = ["l1", "l1_gray", "l1_red", "palette", "spectrum", "mirror(l1)"]
LUMA = np.array([0.299, 0.587, 0.114])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cats and others by their names; every path of these tests is below it."""
    folder = tmp_path_factory.mktemp("pictures")
    for shape, color in product(("cat", "dog", "fish", "bird"), ("ginger", "blue", "green")):
        samples.draw(replace(CAT, shape=shape, color=color), SIZE).save(folder / f"{shape}-{color}.png")
    cat = np.asarray(samples.draw(CAT, SIZE))
    Image.fromarray(cat[:, ::-1]).save(folder / "cat-mirrored.png")
    Image.fromarray(np.roll(cat, 5, axis=1)).save(folder / "cat-moved.png")
    Image.fromarray(cat).save(folder / "cat-again.png")
    return folder


@pytest.fixture(autouse=True)
def _there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def pair(a: str, b: str) -> tuple[str, str]:
    return f"{a}.png", f"{b}.png"


RECOLORED = [pair(f"{shape}-ginger", f"{shape}-blue") for shape in ("cat", "dog", "fish")]
RESHAPED = [pair(f"cat-{color}", f"dog-{color}") for color in ("ginger", "blue", "green")]


def ranked(suggestion: Suggestion) -> dict[str, Suggested]:
    return {one.loss: one for one in suggestion.losses}


@pytest.fixture(scope="module")
def cats_of_two_colors(folder: Path) -> Suggestion:
    equal, different = pair("cat-ginger", "cat-blue"), pair("cat-ginger", "dog-ginger")
    return suggest([[folder / name for name in equal]], [[folder / name for name in different]], size=SIZE)


def test_one_recolored_cat_and_one_dog_bring_the_losses_that_see_no_color_to_the_front(
    cats_of_two_colors: Suggestion,
) -> None:
    of_color = ["chroma" in one.blind_to for one in cats_of_two_colors.losses]
    assert sum(of_color) >= 7
    assert of_color == sorted(of_color, reverse=True)
    for one, blind in zip(cats_of_two_colors.losses, of_color, strict=True):
        assert (one.violations == ()) is blind
        assert one.interval is None
    assert cats_of_two_colors.sum is None or not cats_of_two_colors.sum.recommended


def test_every_example_of_the_catalogue_is_ranked_or_left_out(cats_of_two_colors: Suggestion) -> None:
    told = {one.loss for one in cats_of_two_colors.losses} | {loss for loss, _ in cats_of_two_colors.left_out}
    assert told >= {row.example for row in losses.catalogue() if row.example}
    assert "mirror(l1)" in told


def test_a_mirrored_cat_brings_the_losses_that_do_not_care() -> None:
    suggestion = suggest([pair("cat-ginger", "cat-mirrored")], losses=SOME, size=SIZE)
    assert {one.loss for one in suggestion.losses if not one.violations} == {"palette", "mirror(l1)"}
    assert {one.loss for one in suggestion.losses[:2]} == {"palette", "mirror(l1)"}


def test_a_moved_cat_and_no_recolored_one_brings_palette_and_spectrum() -> None:
    equal, different = [pair("cat-ginger", "cat-moved")], [pair("cat-ginger", "cat-blue")]
    suggestion = suggest(equal, different, losses=SOME, size=SIZE)
    assert {one.loss for one in suggestion.losses if not one.violations} == {"palette", "spectrum"}
    assert suggestion.best in ("palette", "spectrum")
    assert ranked(suggestion)["l1_gray"].agreement == 0


def test_figures_are_those_of_the_formula() -> None:
    suggestion = suggest(RECOLORED, RESHAPED, losses=["l1_gray"], size=SIZE, fit=False)
    examples = gather(RECOLORED, RESHAPED, SIZE, seed=0)
    luma = examples.pictures / 255 @ LUMA
    values = np.array([np.abs(luma[a] - luma[b]).mean() for a, b in examples.pairs])
    unit = np.median(values[6:])
    (one,) = suggestion.losses
    assert one.unit == pytest.approx(unit, rel=1e-4)
    assert one.margin == pytest.approx((values[3:6].min() - values[:3].max()) / unit, abs=1e-4)
    assert (one.agreement, one.interval, one.violations) == (1.0, (1.0, 1.0), ())


def test_violations_are_what_the_threshold_says_otherwise_of() -> None:
    (one,) = suggest(RECOLORED, RESHAPED, losses=["l1"], size=SIZE, fit=False).losses
    examples = gather(RECOLORED, RESHAPED, SIZE, seed=0)
    images = examples.pictures / 255
    values = [np.abs(images[a] - images[b]).mean() / one.unit for a, b in examples.pairs[:6]]
    expected = [
        example for example, v in zip(examples.given, values, strict=True) if (v <= EQUAL_WITHIN) != example.equal
    ]
    assert list(one.violations) == expected
    assert str(one.violations[0]) == "cat-ginger.png = cat-blue.png"


def test_the_order_of_two_pictures_and_of_the_examples_does_not_matter() -> None:
    there = suggest(RECOLORED, RESHAPED, losses=SOME, size=SIZE, fit=False)
    back = suggest([p[::-1] for p in RECOLORED], [p[::-1] for p in RESHAPED], losses=SOME, size=SIZE, fit=False)
    for one, other in zip(there.losses, back.losses, strict=True):
        assert (one.loss, one.agreement) == (other.loss, other.agreement)


def test_the_same_seed_gives_the_same_and_another_seed_other_unrelated_pairs() -> None:
    first, again, other = (suggest(RECOLORED[:1], losses=["l1"], size=SIZE, seed=seed).to_dict() for seed in (0, 0, 1))
    assert first == again
    assert first["losses"][0]["unit"] != other["losses"][0]["unit"]


def test_a_sum_is_recommended_where_no_single_loss_will_do_and_loss_takes_it() -> None:
    """Equal: neither red nor blue differs. Different: one of the two does."""
    plain = np.full((SIZE, SIZE, 3), 100, np.uint8)
    equal, different = [], []
    for number in range(4):
        base = plain + np.uint8(7 * number)
        for channel, kind in ((0, different), (1, equal), (2, different)):
            other = base.copy()
            other[..., channel] += np.uint8(80)
            names = f"base-{number}.png", f"changed-{number}-{channel}.png"
            for name, picture in zip(names, (base, other), strict=True):
                Image.fromarray(picture).save(name)
            kind.append(names)
    suggestion = suggest(equal, different, losses=["l1_red", "l1_green", "l1_blue"], size=SIZE)
    assert suggestion.losses[0].agreement < 0.9
    assert suggestion.sum is not None
    fitted = suggestion.sum.suggested
    assert (suggestion.sum.held_out, suggestion.sum.recommended, fitted.agreement) == (1.0, True, 1.0)
    assert suggestion.best == fitted.loss
    loss = losses.get(fitted.loss)
    assert [term.text for _, term in loss.terms()] == ["l1_red", "l1_blue"]
    assert losses.canonical(fitted.loss) == loss.text == fitted.loss
    assert all(float(f"{weight:.2g}") == weight for weight, _ in loss.terms())
    assert loss.blind_to == fitted.blind_to
    assert f"The fitted sum `{fitted.loss}` agrees better than every single loss: 100 %" in str(suggestion)


def test_a_sum_that_is_no_better_is_not_recommended() -> None:
    suggestion = suggest(RECOLORED, RESHAPED, losses=["l1", "l1_gray", "l1_edges"], size=SIZE)
    assert suggestion.best == suggestion.losses[0].loss
    assert suggestion.sum is None or not suggestion.sum.recommended
    assert suggest(RECOLORED, RESHAPED, losses=SOME, size=SIZE, fit=False).sum is None
    assert suggest(RECOLORED, losses=SOME, size=SIZE).sum is None


def test_pairs_that_are_equal_by_way_of_others_are_no_unrelated_ones() -> None:
    chain = [pair("cat-ginger", "cat-blue"), pair("cat-blue", "cat-green")]
    examples = gather(chain, [pair("cat-ginger", "dog-ginger")], SIZE, seed=0)
    unrelated = {tuple(sorted(one)) for one in examples.pairs[3:].tolist()}
    assert (0, 2) not in unrelated
    assert {(1, 3), (2, 3)} <= unrelated
    assert len(unrelated) == examples.unrelated == 64
    assert examples.with_samples == 62


def test_with_many_pictures_no_samples_are_drawn() -> None:
    names = [f"{shape}-{color}" for shape in ("cat", "dog", "fish", "bird") for color in ("ginger", "blue", "green")]
    different = [pair(*names[i : i + 2]) for i in range(0, 12, 2)]
    examples = gather([], [*different, pair("cat-moved", "cat-mirrored")], SIZE, seed=0)
    assert (len(examples.pictures), examples.unrelated, examples.with_samples) == (14, 91 - 7, 0)


def test_an_example_that_is_given_twice_counts_once() -> None:
    cats = pair("cat-ginger", "cat-blue")
    assert len(gather([cats, cats[::-1], pair("cat-again", "cat-blue")], [], SIZE, seed=0).given) == 1


def test_examples_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(InputError, match=r"either equal or different\. Received: cat-ginger\.png = cat-blue\.png and"):
        suggest([pair("cat-ginger", "cat-blue")], [pair("cat-blue", "cat-again")], size=SIZE)
    with pytest.raises(InputError, match=r"Received: cat-ginger\.png != cat-again\.png, whose pixels are the same"):
        suggest([], [pair("cat-ginger", "cat-again")], size=SIZE)
    with pytest.raises(InputError, match=r"Expected a pair of equal or of different pictures\. Received: none"):
        suggest(size=SIZE)
    with pytest.raises(MissingError, match=r"gone\.png"):
        suggest([pair("cat-ginger", "gone")], size=SIZE)
    with pytest.raises(InputError, match=r"Did you mean 'l1_gray'\?"):
        suggest(RECOLORED, more=["l1_grey"], size=SIZE)


def test_an_example_that_no_loss_can_meet_is_named() -> None:
    told = str(suggest([pair("cat-ginger", "bird-green")], losses=["l1", "l1_gray"], size=SIZE))
    assert "No loss calls cat-ginger.png and bird-green.png equal: look whether" in told
    assert "No pair is given as different, so agreement is the share of unrelated pairs that are farther" in told


OWN = """
from aekeras.losses import ImageLoss
class Broken(ImageLoss):
    def compare(self, true, pred):
        raise RuntimeError("out of order")
class Nothing(ImageLoss):
    def compare(self, true, pred):
        return 0.0 * true[:, 0, 0, 0]
class NoNumber(ImageLoss):
    def compare(self, true, pred):
        return true[:, 0, 0, 0] / 0.0
"""


def test_losses_that_fail_are_left_out_with_their_reason_and_the_others_come() -> None:
    Path("own.py").write_text(OWN)
    more = ["own.py:Broken", "own.py:Nothing", "own.py:NoNumber", "gone.py:Loss"]
    suggestion = suggest(RECOLORED, RESHAPED, losses=["l1_gray"], more=more, size=SIZE)
    assert [one.loss for one in suggestion.losses] == ["l1_gray"]
    reasons = dict(suggestion.left_out)
    assert list(reasons) == more
    assert "out of order" in reasons["own.py:Broken"]
    assert "a median of 0" in reasons["own.py:Nothing"]
    assert "one finite value of at least 0 per pair" in reasons["own.py:NoNumber"]
    assert "gone.py" in reasons["gone.py:Loss"]
    assert "  gone.py:Loss: Expected" in str(suggestion)
    with pytest.raises(InputError, match=r"Expected a loss that can be compared\. Received: own\.py:Broken \("):
        suggest(RECOLORED, losses=more[:1], size=SIZE)


def test_the_dictionary_has_every_figure_and_no_nan(cats_of_two_colors: Suggestion) -> None:
    told = json.loads(json.dumps(cats_of_two_colors.to_dict(), allow_nan=False))
    assert set(told) >= {"losses", "sum", "seed", "unit", "examples", "left_out"}
    for entry, one in zip(told["losses"], cats_of_two_colors.losses, strict=True):
        assert (entry["loss"], entry["interval"], entry["blind_to"]) == (one.loss, None, list(one.blind_to))
        assert entry["agreement"] == pytest.approx(one.agreement, abs=1e-6)
        assert entry["margin"] == pytest.approx(one.margin, abs=1e-6)
        assert [violation["equal"] for violation in entry["violations"]] == [v.equal for v in one.violations]
    assert told["unit"] == {"statistic": "median", "pairs": 64, "with_samples": 63}


def test_the_text_names_the_examples_by_number_and_says_what_came_of_it(cats_of_two_colors: Suggestion) -> None:
    lines = str(cats_of_two_colors).splitlines()
    assert lines[1].endswith("cat-ginger.png = " + lines[1].split(" = ")[1])
    (row,) = [line for line in lines if line.startswith("  palette ")]
    assert row.split()[1:] == ["0", "%", row.split()[3], "1", "arrangement,", "position,", "flip"]
    assert any(line.endswith("agrees with all 2 examples.") for line in lines)
    assert any(line.startswith("So do `") for line in lines)
