"""Losses made of losses: sums by weight, and the wrappers `mirror` and `center`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from aekeras import losses
from aekeras.errors import InputError
from aekeras.losses import catalogue
from aekeras.losses.blindness import Border, Brightness, Detail, Flip, Inversion, Position
from aekeras.losses.blindness.colors import CHROMA, LUMA
from aekeras.losses.composite import Center, Mirror, Sum
from aekeras.losses.construction import deserialize, serialize
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.view_loss import ViewLoss

SIDE = 32
INNER = [row.example for row in catalogue() if row.example and not row.wraps]
X, Y = np.random.default_rng(0).random((2, 4, SIDE, SIDE, 3), dtype=np.float32)
COMPOSED = (
    "0.7*l1_gray + 0.3*l1_edges",
    "mirror(l1_gray)",
    "center(l1, size=0.5)",
    "0.5*mirror(center(ssim(filter_size=7) + 2*l1)) + spectrum",
)
L1, L2, GRAY, RED = (losses.get(name) for name in ("l1", "l2", "l1_gray", "l1_red"))


def value(loss: ImageLoss | str, images: Any = X, others: Any = Y) -> np.ndarray:
    return np.asarray((losses.get(loss) if isinstance(loss, str) else loss)(images, others))


def luma(images: np.ndarray) -> np.ndarray:
    return images @ np.transpose(LUMA).astype("float32")


def mean_absolute(difference: np.ndarray) -> np.ndarray:
    return abs(difference).mean((1, 2, 3))


def test_a_sum_mirror_and_center_have_the_values_of_their_formulas() -> None:
    gray, every = mean_absolute(luma(X - Y)), mean_absolute(X - Y)
    np.testing.assert_allclose(value("0.7*l1_gray + 0.3*l1"), 0.7 * gray + 0.3 * every, rtol=1e-5)
    near = np.concatenate([X[:2, :, ::-1] * 0.95, Y[2:]])
    expected = np.minimum(mean_absolute(luma(X - near)), mean_absolute(luma(X - near[:, :, ::-1])))
    assert (expected[:2] < 0.2 * gray[:2]).all()
    np.testing.assert_allclose(value("mirror(l1_gray)", X, near), expected, rtol=1e-5)
    for size in (0.9, 0.5, 1.0):
        u = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
        h = np.where(abs(u) < size, np.cos(np.pi * u / (2 * size)) ** 2, 0)
        weights = (h[:, None] * h)[..., None]
        np.testing.assert_allclose(value(f"center(l1, size={size})"), mean_absolute(weights * (X - Y)), rtol=1e-5)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (0.7 * GRAY + 0.3 * L1, "0.3*l1 + 0.7*l1_gray"),
        (L1 + GRAY, "l1 + l1_gray"),
        (GRAY + L1, "l1 + l1_gray"),
        (GRAY / 4 + L1 / 2, "0.5*l1 + 0.25*l1_gray"),
        (sum([GRAY, L1, L2]), "l1 + l1_gray + l2"),
        (L1 + L1, "2*l1"),
        (0.1 * L1 + 0.2 * L1, "0.3*l1"),
        (0.25 * L1 + 0.75 * L1, "l1"),
        (2 * (L1 + 0.5 * GRAY) / 2, "l1 + 0.5*l1_gray"),
        (np.float32(0.5) * L1, "0.5*l1"),
        (L1 * np.int64(2), "2*l1"),
        (Mirror(0.5 * L1 + 0.5 * RED), "mirror(0.5*l1 + 0.5*l1_red)"),
        (Mirror(L1) + GRAY, "l1_gray + mirror(l1)"),
        (0.5 * Center(Mirror(GRAY), size=0.5), "0.5*center(mirror(l1_gray), size=0.5)"),
        (Center(L1), "center(l1)"),
        (Center(L1, size=1), "center(l1, size=1.0)"),
        (Center(L1, size=np.float32(0.5)), "center(l1, size=0.5)"),
    ],
)
def test_operators_give_the_loss_of_the_expression(made: ImageLoss, text: str) -> None:
    read = losses.get(text)
    assert made == read
    assert hash(made) == hash(read)
    assert made.text == read.text == losses.canonical(text) == text
    assert type(made) is type(read)
    assert made.get_config() == read.get_config()
    np.testing.assert_allclose(value(made), value(read), rtol=1e-6)


def test_a_sum_made_by_hand_has_the_canonical_text_too() -> None:
    by_hand = Sum([GRAY, L1, GRAY], [0.25, 0.5, 0.25])
    assert by_hand == losses.get("0.5*l1 + 0.5*l1_gray")
    assert (0.5 * Mirror(by_hand)).text == "0.5*mirror(0.5*l1 + 0.5*l1_gray)"


def test_losses_that_differ_in_anything_are_not_equal() -> None:
    different = {L1, GRAY, 2 * L1, 3 * L1, L1 + GRAY, Mirror(L1), Center(L1), Center(L1, size=0.5), Center(GRAY)}
    assert len(different) == 9
    assert losses.get("l1", reduction="mean") != L1
    assert L1 != "l1"
    assert {L1, losses.get("1*l1"), losses.get("l1")} == {L1}


def test_a_sum_of_sums_is_flat_and_says_its_terms() -> None:
    total = 0.5 * (L1 + 2 * GRAY) + 0.25 * (GRAY + RED)
    assert [(weight, term.text) for weight, term in total.terms()] == [(0.5, "l1"), (1.25, "l1_gray"), (0.25, "l1_red")]
    assert L1.terms() == ((1.0, L1),)
    assert Mirror(L1 + GRAY).terms() == ((1.0, Mirror(L1 + GRAY)),)


def test_a_sum_in_a_file_adds_up_with_others(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from aekeras import losses\nMINE = 0.5 * losses.get('l1') + 0.5 * losses.get('l1_gray')\n"
    )
    found = losses.get(f"2*{tmp_path}/mine.py:MINE + l1_red")
    assert found == losses.get("l1 + l1_gray + l1_red")


def test_a_sum_has_the_reduction_that_its_terms_share() -> None:
    mean, gray = (losses.get(name, reduction="sum_over_batch_size") for name in ("l1", "l1_gray"))
    assert (0.5 * mean + 0.5 * gray).reduction == "sum_over_batch_size"
    assert value(0.5 * mean) == pytest.approx(0.5 * value(L1).mean(), rel=1e-5)
    assert (mean + GRAY).reduction == "none"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("l1_gray + 2*l1_contrast", (CHROMA,)),
        ("l1_chroma + l1_contrast", (Brightness(),)),
        ("l1 + l1_gray", ()),
        ("palette + spectrum", (Position(),)),
        ("l1_coarse + l1_coarse(factor=6)", (Detail(2),)),
        ("mirror(l1_gray) + mirror(l1_edges)", (CHROMA, Flip())),
        ("mirror(l1) + palette", (Flip(),)),
        ("center(l1, size=0.5) + center(l1_gray)", (Border(0.9),)),
        ("center(center(l1_contrast), size=0.5)", (CHROMA, Border(0.5))),
        ("center(mirror(l1_edges))", (CHROMA, Inversion(), Flip(), Border(0.9))),
        ("mirror(mirror(l1))", (Flip(), Flip())),
    ],
)
def test_what_a_composed_loss_is_blind_to_is_worked_out_from_its_parts(text: str, expected: tuple[Any, ...]) -> None:
    loss = losses.get(text)
    assert loss.blindness == expected
    words = dict.fromkeys(word for one in expected for word in one.words)
    assert loss.blind_to == tuple(words)


def test_a_sum_and_wrappers_are_distances_if_their_parts_are() -> None:
    assert (losses.get("l1 + l2").metric, losses.get("l1 + mse").metric) == (True, False)
    assert (Mirror(L1).metric, Mirror(losses.get("ssim")).metric) == (True, False)

    class Uneven(ViewLoss):
        symmetric = False

    assert not (Uneven() + L1).symmetric
    assert not Center(Uneven()).symmetric


@pytest.mark.parametrize("inner", INNER)
def test_a_mirrored_loss_does_not_see_a_flip_and_reads_none(inner: str) -> None:
    loss, flipped = losses.get(f"mirror({inner})"), X[:, :, ::-1].copy()
    assert value(loss, X, flipped).max() <= 1e-5 * value(loss).min()
    np.testing.assert_allclose(value(loss, flipped, Y), value(loss), rtol=1e-4)
    np.testing.assert_allclose(value(loss, Y, X), value(loss), rtol=1e-4)
    for one, other in zip(loss.readings(X), loss.readings(flipped), strict=True):
        assert one.shape[0] == len(X)
        np.testing.assert_allclose(one, other, atol=1e-3 * np.max(one))
    assert loss.readings(X)


@pytest.mark.parametrize("inner", INNER)
def test_a_centered_loss_does_not_see_what_lies_outside_and_sees_what_lies_inside(inner: str) -> None:
    loss = losses.get(f"center({inner}, size=0.5)")
    outside, inside = Y.copy(), X.copy()
    middle = np.s_[:, SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4]
    outside[middle], inside[middle] = X[middle], Y[middle]
    assert value(loss, X, outside).max() <= 1e-5 * value(loss, X, inside).min()
    np.testing.assert_allclose(value(loss, X, inside), value(loss), rtol=1e-4)
    assert loss.readings(X)


@pytest.mark.parametrize("text", COMPOSED)
def test_a_composed_loss_is_itself_again_by_its_structure(text: str) -> None:
    loss = losses.get(text, reduction="sum_over_batch_size")
    config = loss.get_config()
    again = type(loss).from_config(config)
    assert again == loss
    assert again.reduction == "sum_over_batch_size"
    for copy in (again, deserialize(serialize(loss)), keras.saving.deserialize_keras_object(serialize(loss))):
        assert (copy.text, copy.get_config()) == (loss.text, config)
        np.testing.assert_array_equal(value(copy), value(loss))


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("l1 + l1_gray", (32, 64, 3)),
        ("l1_gray + ssim", (32, 64, 1)),
        ("l1_channels(weights=[1, 1, 0]) + l1", (32, 64, 3)),
        ("l1_channels(weights=[1, 1, 0]) + l1_gray", (32, 64, 2)),
        ("l1 + l1_coarse", (32, 64, 3)),
        ("l1 + l1_gray + spectrum", (32, 81, 3)),
        ("mirror(l1_gray)", (32, 32, 1)),
        ("center(l1)", (32, 32, 3)),
    ],
)
def test_the_view_shows_the_views_of_the_terms_side_by_side(text: str, shape: tuple[int, ...]) -> None:
    loss = losses.get(text)
    view = np.asarray(loss.view(X))
    assert view.shape == (len(X), *shape)
    first = np.asarray(loss.terms()[0][1].view(X))
    np.testing.assert_allclose(view[:, :, : first.shape[2], : first.shape[3]], first, atol=1e-6)


def test_the_view_of_a_centered_loss_fades_to_gray() -> None:
    view = np.asarray(losses.get("center(l1, size=0.5)").view(X))
    np.testing.assert_allclose(view[:, 0], 0.5)
    np.testing.assert_allclose(view[:, SIDE // 2, SIDE // 2], X[:, SIDE // 2, SIDE // 2], atol=0.02)


@pytest.mark.parametrize("size", [0, -0.5, 1.1, float("nan"), float("inf"), "big", True, None, (0.5,)])
def test_a_size_that_is_none_is_refused(size: Any) -> None:
    with pytest.raises(InputError) as caught:
        Center(L1, size=size)
    assert str(caught.value) == (
        f"Expected `size` of center to be a number from 1e-06 to 1. Received: {size!r}. Leave it out for 0.9."
    )


@pytest.mark.parametrize("inner", ["l1", None, 1, keras.losses.MeanAbsoluteError, ViewLoss])
def test_what_is_no_loss_is_not_wrapped(inner: Any) -> None:
    for wrapper in (Mirror, Center):
        with pytest.raises(InputError, match=rf"^Expected a loss inside {wrapper.__name__}\. Received: .* Give one"):
            wrapper(inner)


@pytest.mark.parametrize(("terms", "weights"), [([], []), ([L1], []), ([L1], [1, 2]), (["l1"], [1.0])])
def test_a_sum_of_what_are_no_losses_with_weights_is_refused(terms: list[Any], weights: list[float]) -> None:
    with pytest.raises(InputError, match=r"^Expected losses, and a weight for each of them\. Received: "):
        Sum(terms, weights)


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf")])
def test_a_weight_that_is_not_above_zero_and_finite_is_refused(weight: float) -> None:
    with pytest.raises(InputError, match=r"^Expected the weight of 'l1' to be above 0 and finite\. Received: "):
        weight * L1


def test_a_division_by_zero_and_what_cannot_be_added_or_multiplied_are_refused() -> None:
    with pytest.raises(
        InputError,
        match=r"^Expected a number other than 0 to divide 0\.5\*l1 by\. Received: 0\. Leave the division out\.$",
    ):
        0.5 * L1 / 0
    for wrong in (
        lambda: L1 + 1,
        lambda: L1 + np.zeros(3),
        lambda: L1 - L1,
        lambda: L1 * L1,
        lambda: L1 * "2",
        lambda: L1 * True,
        lambda: L1 / True,
        lambda: 1 / L1,
    ):
        with pytest.raises(TypeError):
            wrong()


class UpsideDown(losses.ViewLoss):
    """Has a word and metamers of its own."""

    blind_to = ("upside down", "chroma")

    def view(self, images: Any) -> Any:
        gray = images @ np.array([[0.299], [0.587], [0.114]], "float32")
        return gray + gray[:, ::-1]

    def metamer(self, images: Any, seed: object) -> Any:
        del seed
        return images[:, ::-1]


@pytest.mark.parametrize("make", [lambda one: 0.5 * one, Mirror, lambda one: 0.5 * one + one * 2])
def test_a_word_and_metamers_of_ones_own_are_kept_in_what_is_made_of_them(make: Any) -> None:
    made = make(UpsideDown())
    assert set(made.blind_to) >= {"upside down", "chroma"}
    assert value(made, X, np.asarray(made.metamer(X, 1))).max() <= 1e-5
    assert abs(np.asarray(made.metamer(X, 1)) - X).mean() > 0.1


def test_a_sum_with_another_loss_keeps_the_words_that_both_have() -> None:
    made = UpsideDown() + losses.get("l1_gray")
    assert made.blind_to == ("chroma",)
    assert value(made, X, np.asarray(made.metamer(X, 1))).max() <= 1e-5
