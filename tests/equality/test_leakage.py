"""What can be read from codes, for codes of which it is known."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from aekeras import losses
from aekeras.equality.distances import as_floats
from aekeras.equality.leakage import Leakage, leakage
from aekeras.equality.probe import Probe
from aekeras.losses import ImageLoss
from aekeras.samples import draw, generate

_SIDE, _COUNT = 16, 120


@cache
def pictures() -> np.ndarray:
    return np.stack([np.asarray(draw(sample, _SIDE)) for sample in generate(_COUNT * 4)[::4]])


@cache
def gray() -> ImageLoss:
    return losses.get("l1_gray")


def luma(images: np.ndarray) -> np.ndarray:
    """Blind to chroma, but for rounding."""
    return (as_floats(images) @ np.float32([0.299, 0.587, 0.114])).reshape(len(images), -1)


def pixels(images: np.ndarray) -> np.ndarray:
    """Sees everything, linearly."""
    return as_floats(images).reshape(len(images), -1)


def half_blind(images: np.ndarray) -> np.ndarray:
    """Luma, and a faint red, both in blocks of 4x4 pixels."""
    values = np.concatenate([luma(images).reshape(-1, _SIDE, _SIDE, 1), 0.2 * as_floats(images)[..., :1]], axis=-1)
    return values.reshape(len(images), _SIDE // 4, 4, _SIDE // 4, 4, 2).mean(axis=(2, 4)).reshape(len(images), -1)


@cache
def measured() -> Leakage:
    encode = {"l1_gray": luma, "l1_red": pixels, "l1": pixels}
    of_losses = {name: losses.get(name) for name in encode}
    return leakage(of_losses, encode, {"untrained": {"l1_gray": pixels, "l1_red": half_blind}}, pictures(), seed=0)


def metamers(loss: ImageLoss) -> np.ndarray:
    return np.stack([np.asarray(loss.metamer(as_floats(pictures()), 1 + i)) for i in range(4)], axis=1)


def test_nothing_is_read_from_a_code_that_is_blind_but_for_rounding() -> None:
    assert measured().trained["l1_gray"].r2.value < 0.02
    assert measured().trained["l1_gray"].recall.value > 0.5  # the other pictures are those of the same luma


def test_almost_all_is_read_from_a_code_that_sees_everything() -> None:
    assert measured().trained["l1_red"].r2.value > 0.9
    assert measured().controls["untrained"]["l1_gray"].r2.value > 0.9


def test_nothing_is_read_where_the_answers_are_those_of_other_pictures() -> None:
    assert measured().shuffled.keys() == {"l1_gray", "l1_red"}
    assert all(found.value < 0.1 for found in measured().shuffled.values())


def test_the_more_a_code_holds_the_more_is_read() -> None:
    probe = Probe.of(metamers(gray()), 0)
    blind, half, seeing = (probe.read(encode, as_floats(pictures())).r2.value for encode in (luma, half_blind, pixels))
    assert blind + 0.1 < half < seeing - 0.1


def test_metamers_of_a_blind_code_lead_to_their_own_picture_and_those_of_a_seeing_one_do_not() -> None:
    recall, control = measured().trained["l1_gray"].recall, measured().controls["untrained"]["l1_gray"].recall
    assert recall.value > control.value
    by_hand = [
        int(np.argmin(((pixels(pictures()) - code) ** 2).sum(axis=1)) == row)
        for row, code in enumerate(pixels(metamers(gray())[:, 0]))
    ]
    assert control.value == pytest.approx(np.mean(by_hand))


def test_the_probe_is_scikit_learns_ridge_and_r2_score() -> None:
    probe = Probe.of(metamers(gray()), 0)
    noise = np.random.default_rng(1).normal(0.0, 0.02, (*probe.targets.shape[:2], 24))
    inputs = probe.targets[..., :24] + noise
    taught, asked = inputs[probe.taught].reshape(-1, 24), inputs[~probe.taught].reshape(-1, 24)
    answers = probe.targets[probe.taught].reshape(len(taught), -1)
    wanted = probe.targets[~probe.taught].reshape(len(asked), -1)
    unit = np.square(taught - taught.mean(axis=0)).sum() / len(taught)  # as `closed_form.ridge` scales penalties
    oracle = Ridge(alpha=1e-3 * unit).fit(taught, answers)
    expected = r2_score(wanted, oracle.predict(asked), multioutput="variance_weighted")
    assert 0.3 < expected < 0.99
    assert probe._r2(inputs).value == pytest.approx(expected, abs=1e-3)


def test_the_probe_is_judged_on_pictures_that_it_was_not_taught_with() -> None:
    probe = Probe.of(metamers(gray()), 0)
    noise = np.random.default_rng(2).normal(size=(*probe.targets.shape[:2], 500))  # more numbers than lessons
    assert probe._r2(noise).value < 0.05


def test_a_loss_blind_to_nothing_has_no_figures_and_is_named() -> None:
    assert measured().blind_to_nothing == ("l1",)
    assert "`l1` is blind to nothing" in measured().sentences()[-1]
    assert measured().to_dict().keys() == {"l1_gray", "l1_red"}


def test_the_figures_go_to_json_with_intervals_and_seed() -> None:
    told = json.loads(json.dumps(measured().to_dict(), allow_nan=False))["l1_red"]
    low, high = told["r2_interval"]
    assert 0 <= low <= told["r2"] <= high <= 1
    assert told["seed"] == 0
    assert told["controls"]["untrained"].keys() >= {"r2", "metamer_recall"}


def test_the_same_seed_gives_the_same_figures_and_another_one_others() -> None:
    once, again, other = (
        leakage({"l1_gray": gray()}, {"l1_gray": half_blind}, {}, pictures(), seed=seed) for seed in (3, 3, 4)
    )
    assert once.to_dict() == again.to_dict()
    assert once.to_dict()["l1_gray"]["r2"] != other.to_dict()["l1_gray"]["r2"]


def test_words_tables_and_plot_name_every_loss() -> None:
    for text in ("`l1_gray`", "`l1_red`", "chroma", "green and blue"):
        assert any(text in sentence for sentence in measured().sentences())
    for table in measured().tables():
        assert [name for name, _ in table.rows] == ["l1_gray", "l1_red"]
        assert all(len(cells) == len(table.columns) for _, cells in table.rows)
    axes = Figure().add_subplot()
    measured().plot(axes)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["l1_gray", "l1_red"]
    assert axes.get_ylabel()
