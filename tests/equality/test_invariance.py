"""Invariance, against a loop over pictures, and with encoders that agree and disagree with their loss."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from aekeras import losses, samples
from aekeras.equality.distances import as_floats, code_distances, loss_distances, losses_of_pairs
from aekeras.equality.estimates import Estimate
from aekeras.equality.invariance import Effect, Invariance, invariance
from aekeras.equality.transformations import TRANSFORMATIONS
from aekeras.equality.verdict import Judge, measured

SIDE, SEED = 16, 4
NAMES = ("l1", "l1_gray", "l1_red")
SOME = ("recolor", "drop_red", "drop_green", "jpeg_50", "flip")
CHANGES = tuple(one for one in TRANSFORMATIONS if one.name in SOME)

Encode = Callable[[np.ndarray], np.ndarray]


def own_view(name: str) -> Encode:
    """Codes that see what the loss sees."""
    return lambda images: np.asarray(losses.get(name).view(as_floats(images))).reshape(len(images), -1)


def pictures(count: int = 16) -> np.ndarray:
    drawn = np.stack([samples.draw(sample, SIDE) for sample in samples.generate(120)])
    return np.random.default_rng(0).permutation(drawn)[:count]


def judges(encode: dict[str, Encode], images: np.ndarray) -> dict[str, Judge]:
    found = {}
    for name, one in encode.items():
        loss = partial(losses_of_pairs, losses.get(name))
        found[name] = Judge(loss=loss, scales=measured(loss, one, images))
    return found


def measure(encode: dict[str, Encode], images: np.ndarray) -> Invariance:
    return invariance(judges(encode, images), encode, images, seed=SEED, transformations=CHANGES)


@pytest.fixture(scope="module")
def found() -> Invariance:
    return measure({name: own_view(name) for name in NAMES}, pictures())


def test_the_figures_are_those_of_a_loop_over_pictures(found: Invariance) -> None:
    images = pictures()
    encode = {name: own_view(name) for name in NAMES}
    pairs = np.triu_indices(len(images), 1)
    usual_losses = {name: loss_distances(losses.get(name), images, images)[pairs] for name in NAMES}
    usual_codes = {name: code_distances(encode[name](images), encode[name](images))[pairs] for name in NAMES}
    for one in CHANGES:
        after = np.asarray(one.apply(as_floats(images), SEED), np.float32)
        for name in NAMES:
            by_code, by_loss, values, softly = [], [], [], []
            for image, other in zip(as_floats(images), after, strict=True):
                if np.abs(image - other).mean() <= 1 / 255:
                    continue
                values.append(float(losses.get(name)(image[None], other[None])[0]))
                soft = [gaussian_filter(one, (SIDE / 48, SIDE / 48, 0), mode="reflect")[None] for one in (image, other)]
                softly.append(float(losses.get(name)(*soft)[0]))
                codes = [encode[name](picture[None])[0].astype(float) for picture in (image, other)]
                by_code.append(100 * np.mean(usual_codes[name] < np.linalg.norm(codes[1] - codes[0])))
                by_loss.append(100 * np.mean(usual_losses[name] < values[-1]))
            effect = found.effects[name][one.name]
            assert effect.percentile.count == len(values)
            assert effect.loss_value.value == pytest.approx(np.median(values), abs=1e-6)
            # A scale keeps quantiles of the 120 pairs, and not the pairs themselves.
            assert effect.percentile.value == pytest.approx(np.median(by_code), abs=1.5)
            assert effect.loss_percentile.value == pytest.approx(np.median(by_loss), abs=1.5)
            smooth = [gaussian_filter(as_floats(images), (0, SIDE / 48, SIDE / 48, 0), mode="reflect")] * 2
            typical = np.median(loss_distances(losses.get(name), *smooth)[pairs])
            shares = np.minimum(np.array(values) / np.median(usual_losses[name]), np.array(softly) / typical)
            assert effect.verdict.value == pytest.approx(np.median(shares), rel=1e-3, abs=1e-6)


def test_what_a_loss_is_blind_to_is_equal_and_what_it_sees_is_not(found: Invariance) -> None:
    assert found.effects["l1_gray"]["recolor"].equal
    assert found.effects["l1_gray"]["recolor"].code_equal
    assert found.effects["l1_red"]["drop_green"].equal
    assert not found.effects["l1_red"]["drop_red"].equal
    assert not any(found.effects["l1"][name].equal for name in ("recolor", "drop_red", "drop_green", "flip"))


def test_a_sentence_says_so(found: Invariance) -> None:
    (gray,) = (line for line in found.sentences() if line.startswith("Under `l1_gray`"))
    assert "recolor" in gray
    assert "of a typical loss, nearer than" in gray


def test_a_code_that_sees_colors_contradicts_a_loss_that_does_not() -> None:
    found = measure({"l1_gray": own_view("l1")}, pictures())
    assert found.effects["l1_gray"]["recolor"].surprise == "seen by the code"
    assert any("contradict" in line for line in found.sentences())
    assert any("seen by the code under `l1_gray`" in line for line in found.sentences())


def test_a_code_that_sees_nothing_of_green_misses_what_the_loss_sees() -> None:
    found = measure({"l1": own_view("l1_red")}, pictures())
    assert found.effects["l1"]["drop_green"].surprise == "missed by the code"


def test_the_table_marks_the_contradiction_where_it_is() -> None:
    found = measure({"l1_gray": own_view("l1")}, pictures())
    marked = {heading: cells[0].mark for heading, cells in found.tables()[0].rows}
    label = next(one.label for one in CHANGES if one.name == "recolor")
    assert marked[label] == "seen by the code"
    assert not any(cell.mark for _, cells in found.tables()[1].rows for cell in cells)  # the loss has only its word


def estimates(value: float, low: float, high: float) -> Estimate:
    return Estimate(value=value, low=low, high=high, count=9)


@pytest.mark.parametrize(
    ("loss", "code", "said"),
    [
        (estimates(0.0, 0.0, 0.1), estimates(8.0, 5.0, 9.0), "seen by the code"),
        (estimates(8.0, 5.0, 9.0), estimates(0.0, 0.0, 0.1), "missed by the code"),
        (estimates(0.9, 0.6, 1.2), estimates(1.1, 0.8, 1.4), ""),
        (estimates(0.2, 0.1, 0.3), estimates(1.5, 0.7, 2.0), ""),
        (estimates(8.0, 5.0, 9.0), estimates(9.0, 8.0, 9.5), ""),
    ],
    ids=["seen", "missed", "both on the border", "the code may be equal", "both see it"],
)
def test_only_what_lies_clear_of_the_threshold_is_called_a_contradiction(
    loss: Estimate, code: Estimate, said: str
) -> None:
    by_loss = dict.fromkeys(("verdict", "loss_value", "loss_share", "loss_percentile"), loss)
    effect = Effect(share=code, percentile=code, **by_loss, threshold=1.0)
    assert effect.surprise == said


def test_pictures_that_a_change_leaves_as_they_were_do_not_count() -> None:
    images = pictures()
    gray = np.repeat(images[..., :1], 3, axis=-1)
    mixed = np.concatenate([gray[:12], images[12:]])
    (greyscale,) = (one for one in TRANSFORMATIONS if one.name == "greyscale")
    for given, count in ((mixed, 4), (gray, 0)):
        encode = {"l1": own_view("l1")}
        found = invariance(judges(encode, given), encode, given, seed=SEED, transformations=[greyscale])
        counts = [effect.percentile.count for effect in found.effects["l1"].values()]
        assert counts == ([count] if count else [])
        json.dumps(found.to_dict(), allow_nan=False)


def test_the_json_has_the_fixed_keys_and_no_nan(found: Invariance) -> None:
    written = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert set(written) == set(NAMES)
    for name in NAMES:
        assert set(written[name]) == set(SOME)
        for cell in written[name].values():
            assert set(cell) >= {
                "percentile",
                "loss_value",
                "loss_percentile",
                "percentile_interval",
                "share",
                "equal",
                "code_equal",
                "verdict",
                "seed",
            }
            assert cell["percentile_interval"][0] <= cell["percentile"] <= cell["percentile_interval"][1]


def test_the_same_seed_gives_the_same_figures(found: Invariance) -> None:
    assert measure({name: own_view(name) for name in NAMES}, pictures()).to_dict() == found.to_dict()


def test_pairs_are_the_same_in_batches_and_never_below_zero() -> None:
    images = as_floats(np.concatenate([pictures(), pictures(), pictures()]))
    loss = losses.get("ssim(filter_size=5)")
    found = losses_of_pairs(loss, images, images)
    assert found.shape == (48,)
    assert found.min() >= 0.0
    others = np.roll(images, 1, axis=0)
    assert losses_of_pairs(loss, images, others) == pytest.approx(np.asarray(loss(images, others)), abs=1e-6)


def test_the_plot_names_every_loss_and_change(found: Invariance) -> None:
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    found.plot(axes)
    assert axes.get_xlabel()
    assert {text.get_text() for text in axes.get_yticklabels()} == {one.label for one in CHANGES}
