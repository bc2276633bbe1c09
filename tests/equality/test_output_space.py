"""How far apart several models rebuild a picture, in what a loss sees and in the rest."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure

from aekeras import losses
from aekeras.equality.spread import Spread, spread, unseen_part
from aekeras.errors import InputError

RANDOM = np.random.default_rng(0)
LUMA = np.array([0.299, 0.587, 0.114])
NAMES = ("l1_gray", "l1_red", "l1")


def pictures(count: int = 12) -> np.ndarray:
    """Away from 0 and 1, so that small changes are not clipped."""
    return (0.25 + 0.5 * RANDOM.random((count, 16, 16, 3))).astype(np.float32)


def of(*names: str) -> dict[str, losses.ImageLoss]:
    return {name: losses.get(name) for name in names}


def versions(originals: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Three models: the originals with a third of a change each, (3, N, S, S, 3)."""
    return np.stack([originals + share * change for share in (-0.5, 0.0, 0.5)])


def unseen_by_luma(originals: np.ndarray) -> np.ndarray:
    """Random changes of color that keep the luma of every pixel."""
    change = 0.2 * RANDOM.standard_normal(originals.shape)
    change -= (change @ LUMA)[..., None] * LUMA / (LUMA @ LUMA)
    return np.clip(change, -0.4, 0.4)


@pytest.fixture(scope="module")
def measured() -> Spread:
    """Of `l1_gray`, versions with free colors; of the others, versions that differ a little all over."""
    originals = pictures()
    little = versions(originals, 0.05 * RANDOM.standard_normal(originals.shape))
    free = versions(originals, unseen_by_luma(originals))
    rebuilt = {"l1_gray": little, "l1_red": little, "l1": little}
    return spread(of(*NAMES), rebuilt, originals, 3, plain={"l1_gray": free})


def test_colors_that_vary_at_equal_luma_are_outside_alone() -> None:
    originals = pictures()
    change = unseen_by_luma(originals)
    (found,) = spread(of("l1_gray"), {"l1_gray": versions(originals, change)}, originals, 0).apart.values()
    assert found.inside.value < 0.02  # 0, but for changes cut at +-0.4
    assert found.outside.low > 0.2
    assert found.excess.low > 0.2


def test_a_common_change_of_the_unseen_channels_is_an_error_and_no_spread() -> None:
    """What a decoder does that paints one tint: every model alike, and none like the original."""
    originals = pictures()
    tinted = originals.copy()
    tinted[..., 1:] = 0.25
    (found,) = spread(of("l1_red"), {"l1_red": np.stack([tinted] * 3)}, originals, 0).apart.values()
    assert (found.inside.value, found.outside.value, found.error.value) == (0.0, 0.0, 0.0)
    assert found.error_outside.low > 0.5


@pytest.mark.parametrize("name", ["l1", "l1_red", "l1_gray", "spectrum"])
def test_figures_are_those_of_a_loop_over_models_and_pictures(name: str) -> None:
    originals = pictures(6)
    rebuilt = np.clip(originals + 0.3 * RANDOM.standard_normal((3, *originals.shape)), -0.2, 1.2).astype(np.float32)
    loss = losses.get(name)
    shown = np.clip(rebuilt, 0, 1)
    seen = {"l1_gray": LUMA, "l1_red": np.array([1.0, 0.0, 0.0])}.get(name)
    null = np.eye(3) if seen is None else np.eye(3) - np.outer(seen, seen) / (seen @ seen)

    def inside(x: np.ndarray, y: np.ndarray) -> float:
        return float(loss(x[None], y[None])[0])

    def outside(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean([np.abs(null @ (p - q)) for p, q in zip(x.reshape(-1, 3), y.reshape(-1, 3), strict=True)]))

    (found,) = spread({name: loss}, {name: rebuilt}, originals, 0).apart.values()
    for distance, apart, error in ((inside, found.inside, found.error), (outside, found.outside, found.error_outside)):
        unit = np.mean([distance(a, b) for a, b in combinations(originals, 2)])
        between = np.mean([distance(a[i], b[i]) for a, b in combinations(shown, 2) for i in range(6)])
        missed = np.mean([distance(originals[i], one[i]) for one in shown for i in range(6)])
        assert apart.value == pytest.approx(between / unit, rel=1e-4)
        assert error.value == pytest.approx(missed / unit, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_models_that_rebuild_other_pictures_are_about_one_apart(name: str) -> None:
    originals = pictures(60)
    rebuilt = np.stack([np.roll(originals, step, axis=0) for step in (1, 2, 3)])
    (found,) = spread(of(name), {name: rebuilt}, originals, 0).apart.values()
    for one in (found.inside, found.outside, found.error, found.error_outside):
        assert one.value == pytest.approx(1.0, abs=0.02)


def test_models_that_agree_are_zero_apart_in_any_order() -> None:
    originals = pictures()
    same = spread(of(*NAMES), dict.fromkeys(NAMES, np.stack([originals] * 2)), originals, 0)
    assert all(one.inside.value == one.outside.value == one.error.value == 0 for one in same.apart.values())
    several = versions(originals, unseen_by_luma(originals))
    one, other = (spread(of("l1_gray"), {"l1_gray": each}, originals, 0) for each in (several, several[::-1]))
    assert one.apart["l1_gray"].outside.value == pytest.approx(other.apart["l1_gray"].outside.value)


@pytest.mark.parametrize(
    ("name", "rank"), [("l1", 3), ("l1_gray", 2), ("l1_red", 2), ("l1_chroma", 1), ("spectrum", 3)]
)
def test_the_unseen_part_is_a_projection_that_the_loss_ignores(name: str, rank: int) -> None:
    loss = losses.get(name)
    part = unseen_part(loss.matrix)
    np.testing.assert_allclose(part @ part, part, atol=1e-6)
    assert np.linalg.matrix_rank(part, tol=1e-5) == rank
    if rank < 3:
        np.testing.assert_allclose(np.array(loss.matrix) @ part, 0.0, atol=1e-6)


def test_pictures_without_color_still_have_a_unit() -> None:
    gray = np.repeat(pictures()[..., :1], 3, axis=-1)
    colored = versions(gray, unseen_by_luma(gray))
    (found,) = spread(of("l1_gray"), {"l1_gray": colored}, gray, 0).apart.values()
    assert 0.1 < found.outside.value < 10


def test_sentences_say_what_varies_with_the_seed_and_what_does_not(measured: Spread) -> None:
    said = measured.sentences()
    assert said[0].startswith("3 models per loss, which differ in their seed only, rebuild the same 12 pictures.")
    gray, red, everything, plainly, free = said[1:]
    assert gray.startswith("Under `l1_gray`")
    assert "in the rest (chroma), which does not vary more with the seed" in gray
    assert "in the rest (green and blue), which does not vary more" in red
    assert "`l1`, which is blind to nothing" in everything
    assert "without that start" in plainly
    assert "in the rest (chroma), which varies more with the seed" in free


def test_the_table_has_a_row_per_loss_and_variant(measured: Spread) -> None:
    (table,) = measured.tables()
    assert [name for name, _ in table.rows] == [*NAMES, "l1_gray, plain"]
    assert [len(cells) for _, cells in table.rows] == [len(table.columns)] * 4


def test_json_has_the_fixed_keys_with_intervals_and_the_seed(measured: Spread) -> None:
    figures = json.loads(json.dumps(measured.to_dict(), allow_nan=False))
    assert tuple(figures) == NAMES
    for found in [*figures.values(), figures["l1_gray"]["plain"]]:
        for key in ("inside", "outside", "excess", "error", "error_outside"):
            low, high = found[f"{key}_interval"]
            assert low <= found[key] <= high
    assert [figures["l1_gray"]["varies_more"], figures["l1_gray"]["plain"]["varies_more"]] == [False, True]
    assert (figures["l1"]["seeds"], figures["l1"]["seed"], figures["l1"]["pictures"]) == (3, 3, 12)


def test_the_plot_draws_what_is_seen_beside_the_rest(measured: Spread) -> None:
    axes = Figure().add_subplot()
    measured.plot(axes)
    assert [label.get_text() for label in axes.get_yticklabels()] == [*NAMES, "l1_gray, plain"]
    drawn = axes.containers[1].lines[0].get_xdata()
    rows = [*measured.apart.values(), *measured.plain.values()]
    np.testing.assert_allclose(drawn, [100 * found.outside.value for found in rows])
    assert "%" in axes.get_xlabel()


@pytest.mark.parametrize(
    ("rebuilt", "plain", "message"),
    [
        ({"l1": (1, 4, 16, 16, 3)}, {}, r"at least 2 models per loss, to compare\. Received: 1"),
        ({"l1": (2, 3, 16, 16, 3)}, {}, r"shape \(models, 4, 16, 16, 3\)"),
        ({"l1": (2, 4, 16, 16, 3), "l1_red": (3, 4, 16, 16, 3)}, {}, "as many models for every loss"),
        ({"l1": (2, 4, 16, 16, 3)}, {"l1": (3, 4, 16, 16, 3)}, "as many models for every loss"),
        ({"l1_blue": (2, 4, 16, 16, 3)}, {}, "Received: l1_blue"),
        ({"l1": (2, 4, 16, 16, 3)}, {"l1_red": (2, 4, 16, 16, 3)}, "`rebuilt` for all of `plain`"),
        ({}, {}, "Received: none"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    rebuilt: dict[str, tuple[int, ...]], plain: dict[str, tuple[int, ...]], message: str
) -> None:
    made = [{name: np.zeros(shape) for name, shape in each.items()} for each in (rebuilt, plain)]
    with pytest.raises(InputError, match=message):
        spread(of("l1", "l1_red"), made[0], pictures(4), 0, plain=made[1])


@pytest.mark.parametrize(("count", "message"), [(1, "at least 2 pictures"), (3, "3 that are all equal")])
def test_pictures_that_give_no_unit_are_refused(count: int, message: str) -> None:
    alike = np.repeat(pictures(1), count, axis=0)
    with pytest.raises(InputError, match=message):
        spread(of("l1"), {"l1": np.stack([alike] * 2)}, alike, 0)
