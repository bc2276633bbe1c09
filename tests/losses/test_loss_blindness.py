"""What cannot be seen, as changes of images: each alone, and what two of them have in common."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf

from aekeras.losses import blindness
from aekeras.losses.blindness import (
    Arrangement,
    Border,
    Brightness,
    Colors,
    Contrast,
    Detail,
    Flip,
    Inversion,
    Position,
)
from aekeras.losses.blindness.colors import BLUE, CHROMA, DIRECTIONS, GREEN, IDENTITY, LUMA, RED

HEIGHT, WIDTH = 20, 28
SEED = 5
NO_LUMA = Colors.blind_to(("luma",))
OBLIQUE = Colors(((1.0, 0.5, 0.0), (0.0, 0.5, 1.0)))
NOTHING_SEEN = Colors.blind_to(("red", "green", "blue"))
CHANGES = {
    "chroma": CHROMA,
    "green, blue": RED,
    "luma": NO_LUMA,
    "an oblique color": OBLIQUE,
    "all colors": NOTHING_SEEN,
    "brightness": Brightness(),
    "contrast": Contrast(),
    "contrast above a floor": Contrast(0.05),
    "inversion": Inversion(),
    "position": Position(),
    "arrangement": Arrangement(),
    "flip": Flip(),
    "detail": Detail(8),
    "fine detail": Detail(3),
    "border": Border(0.5),
}
HALF_OF_THEM = {"inversion", "flip"}
MEETS: list[tuple[Any, Any, Any]] = [
    (Brightness(), Brightness(), Brightness()),
    (Brightness(), Contrast(0.01), Brightness()),
    (Contrast(0.01), Contrast(0.1), Contrast(0.1)),
    (Brightness(), Inversion(), None),
    (Contrast(), Flip(), None),
    (Inversion(), Inversion(), Inversion()),
    (NO_LUMA, Brightness(), Brightness()),
    (NO_LUMA, Contrast(0.01), Brightness()),
    (CHROMA, Brightness(), None),
    (RED, Contrast(), None),
    (CHROMA, CHROMA, CHROMA),
    (CHROMA, NO_LUMA, None),
    (Colors(IDENTITY), CHROMA, None),
    (CHROMA, Position(), None),
    (Arrangement(), Arrangement(), Arrangement()),
    (Arrangement(), Position(), Position()),
    (Arrangement(), Flip(), Flip()),
    (Position(), Flip(), None),
    (Position(), Position(), Position()),
    (Flip(), Flip(), Flip()),
    (Detail(8), Detail(6), Detail(2)),
    (Detail(8), Detail(4), Detail(4)),
    (Detail(8), Detail(3), None),
    (Detail(8), Position(), None),
    (Border(0.5), Border(0.9), Border(0.9)),
    (Border(0.5), Detail(2), None),
]


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """A smooth picture, noise, a drawing in two colors, a dark ramp; none of which is its own mirror image."""
    draw = np.random.default_rng(0)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH] / WIDTH
    smooth = np.stack([rows, columns, rows * columns], axis=-1)
    noise = draw.uniform(0.1, 0.9, (HEIGHT, WIDTH, 3))
    drawing = np.where(((rows - 0.3) ** 2 + (columns - 0.2) ** 2 < 0.05)[..., None], [0.9, 0.4, 0.2], [0.1, 0.2, 0.6])
    ramp = 0.1 + 0.3 * np.repeat(columns[..., None], 3, axis=-1) + 0.05 * noise
    return np.stack([smooth, noise, drawing, ramp]).astype("float32")


def changed(one: Any, images: np.ndarray, seed: Any = SEED) -> np.ndarray:
    return np.asarray(blindness.change((one,), keras.ops.convert_to_tensor(images), seed))


def apart(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    return abs(some - others).mean((1, 2, 3))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_gives_other_images_of_the_same_kind(name: str, images: np.ndarray) -> None:
    found = np.concatenate([changed(CHANGES[name], images, seed) for seed in range(4)])
    assert (found.shape, found.dtype) == ((16, HEIGHT, WIDTH, 3), np.float32)
    assert found.min() >= 0
    assert found.max() <= 1
    share = (apart(found, np.tile(images, (4, 1, 1, 1))) > 0.01).mean()
    assert 0.2 <= share <= 0.8 if name in HALF_OF_THEM else share >= 0.7, share


@pytest.mark.parametrize("name", CHANGES)
def test_each_image_of_a_batch_is_changed_in_its_own_way(name: str, images: np.ndarray) -> None:
    found = changed(CHANGES[name], np.repeat(images[2:3], 16, axis=0))
    kinds = {one.tobytes() for one in found}
    assert len(kinds) == 2 if name in HALF_OF_THEM else len(kinds) > 8


@pytest.mark.parametrize("name", CHANGES)
def test_a_number_gives_the_same_change_each_time_and_a_generator_a_new_one(name: str, images: np.ndarray) -> None:
    many = np.repeat(images, 4, axis=0)
    np.testing.assert_array_equal(changed(CHANGES[name], many), changed(CHANGES[name], many))
    assert apart(changed(CHANGES[name], many), changed(CHANGES[name], many, SEED + 1)).max() > 0.01
    seeds = keras.random.SeedGenerator(SEED)
    assert apart(changed(CHANGES[name], many, seeds), changed(CHANGES[name], many, seeds)).max() > 0.01


@pytest.mark.parametrize("name", CHANGES)
def test_compiled_for_any_number_of_images_a_change_is_the_same(name: str, images: np.ndarray) -> None:
    def change(batch: Any) -> Any:
        return blindness.change((CHANGES[name],), batch, SEED)

    compiled = tf.function(change, input_signature=[tf.TensorSpec([None, HEIGHT, WIDTH, 3], tf.float32)])
    np.testing.assert_allclose(compiled(images), changed(CHANGES[name], images), atol=1e-5)
    assert compiled(images[:1]).shape == (1, HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("name", CHANGES)
def test_black_white_and_even_images_stay_images(name: str) -> None:
    even = np.stack([np.full((HEIGHT, WIDTH, 3), color) for color in (0, 1, 0.5)]).astype("float32")
    even = np.concatenate([even, np.broadcast_to(np.float32([1, 0, 0.5]), (1, HEIGHT, WIDTH, 3))])
    found = changed(CHANGES[name], even)
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize(("one", "other", "expected"), MEETS, ids=str)
def test_what_two_losses_both_do_not_see(one: Any, other: Any, expected: Any) -> None:
    wanted = () if expected is None else (expected,)
    assert blindness.common([(one,), (other,)]) == wanted
    assert blindness.common([(other,), (one,)]) == wanted


@pytest.mark.parametrize("one", CHANGES.values(), ids=CHANGES)
def test_a_blindness_has_all_of_itself_in_common_with_itself_and_nothing_with_none(one: Any) -> None:
    assert blindness.common([(one,)]) == (one,)
    assert blindness.common([(one,), (one,)]) == (one,)
    assert blindness.common([(one,), ()]) == ()


def test_a_meet_of_several_keeps_each_thing_once() -> None:
    one = (CHROMA, Contrast(0.01), Arrangement())
    other = (CHROMA, Brightness(), Inversion(), Position(), Flip())
    assert blindness.common([one, other, one]) == (CHROMA, Brightness(), Position(), Flip())


@pytest.mark.parametrize(
    ("one", "other", "directions"),
    [
        (CHROMA, RED, [(0, 0.114, -0.587)]),
        (RED, GREEN, [(0, 0, 1)]),
        (CHROMA, OBLIQUE, []),
        (NO_LUMA, OBLIQUE, []),
        (OBLIQUE, NOTHING_SEEN, [(1, -2, 1)]),
        (BLUE, Colors(((0.0, 0.0, 2.0),)), [(1, 0, 0), (0, 1, 0)]),
    ],
)
def test_two_maps_of_colors_have_the_intersection_of_their_null_spaces_in_common(
    one: Colors, other: Colors, directions: list[tuple[float, ...]]
) -> None:
    for met in (one.meet(other), other.meet(one)):
        assert (met is None) == (directions == [])
        if met:
            assert same_space(met.null_space(), np.transpose(directions))


def same_space(basis: np.ndarray, other: np.ndarray) -> bool:
    ranks = [np.linalg.matrix_rank(matrix, tol=1e-5) for matrix in (basis, other, np.hstack([basis, other]))]
    return len(set(ranks)) == 1


@pytest.mark.parametrize(
    "matrix", [LUMA, IDENTITY, IDENTITY[:2], OBLIQUE.matrix, ((1, 2, 3), (2, 4, 6)), ((0, 0, 0),)], ids=str
)
def test_the_null_space_is_that_of_scipy(matrix: tuple[tuple[float, ...], ...]) -> None:
    basis, oracle = Colors(matrix).null_space(), scipy.linalg.null_space(np.array(matrix, float))
    assert basis.shape == oracle.shape
    np.testing.assert_allclose(basis @ basis.T, oracle @ oracle.T, atol=1e-6)


@pytest.mark.parametrize(
    ("words", "shown", "rank"),
    [
        (("chroma",), ("chroma",), 1),
        (("luma",), ("luma",), 2),
        (("red",), ("red",), 2),
        (("blue", "green"), ("green", "blue"), 1),
        (("red", "luma"), ("red", "luma"), 1),
        (("chroma", "luma"), ("red", "green", "blue", "chroma", "luma"), 0),
        (("red", "green", "blue"), ("red", "green", "blue", "chroma", "luma"), 0),
    ],
)
def test_words_stand_for_what_is_not_seen(words: tuple[str, ...], shown: tuple[str, ...], rank: int) -> None:
    colors = Colors.blind_to(words)
    assert colors.words == shown
    assert np.linalg.matrix_rank(colors.matrix) == rank
    for word in words:
        np.testing.assert_allclose(np.array(colors.matrix) @ np.transpose(DIRECTIONS[word]), 0, atol=1e-9)


def test_words_in_any_order_stand_for_the_same() -> None:
    assert Colors.blind_to(("blue", "green")) is Colors.blind_to(("green", "blue")) is RED


def test_words_of_colors_are_one_blindness_and_words_for_nothing_known_are_left_out() -> None:
    found = blindness.of_words(("flip", "green", "fur", "blue", "contrast", "border"))
    assert found == (RED, Flip(), Contrast())
    assert blindness.words_of(found) == ("green", "blue", "flip", "brightness", "contrast")
    assert blindness.colors_of(found) is RED
    assert blindness.colors_of(found[1:]) is None
    assert blindness.of_words(()) == ()


def test_a_map_that_mixes_all_channels_has_a_word_too_and_one_that_sees_all_has_none() -> None:
    assert OBLIQUE.words == ("some colors",)
    assert Colors(IDENTITY).words == ()
    assert Colors([[1.0, 0.0, 0.0]]) == Colors(np.eye(3)[:1])
    assert len({Colors([[1.0, 0.0, 0.0]]), Colors(((1.0, 0.0, 0.0),))}) == 1


@pytest.mark.parametrize("colors", [CHROMA, RED, GREEN, BLUE, NO_LUMA, OBLIQUE, NOTHING_SEEN, Colors(IDENTITY)])
def test_a_representative_keeps_what_is_seen_and_is_one_for_all_metamers(colors: Colors, images: np.ndarray) -> None:
    found = np.asarray(colors.representative(images))
    seen = np.transpose(colors.matrix)
    np.testing.assert_allclose(found @ seen, images @ seen, atol=1e-5)
    np.testing.assert_allclose(colors.representative(changed(colors, images)), found, atol=1e-5)
    tinted = np.broadcast_to(np.array(colors.tint, "float32"), images.shape)
    np.testing.assert_allclose(colors.representative(tinted), tinted, atol=1e-6)
    assert ((np.array(colors.tint) >= 0) & (np.array(colors.tint) <= 1)).all()


def test_each_change_moves_only_what_its_name_says(images: np.ndarray) -> None:
    brighter = changed(Brightness(), images) - images
    assert np.ptp(brighter, axis=(1, 2, 3)).max() <= 1e-6
    other = changed(Contrast(), images)
    for image, found in zip(images, other, strict=True):
        assert np.corrcoef(image.ravel(), found.ravel())[0, 1] == pytest.approx(1, abs=1e-5)
    for change in (Flip(), Position(), Arrangement()):
        sorted_colors = [sorted(map(tuple, one.reshape(-1, 3))) for one in (images[1], changed(change, images)[1])]
        assert sorted_colors[0] == sorted_colors[1]
    blocks = [one[:, :16, :24].reshape(4, 2, 8, 3, 8, 3).mean((2, 4)) for one in (images, changed(Detail(8), images))]
    np.testing.assert_allclose(blocks[1], blocks[0], atol=1e-5)
    middle = np.s_[:, 5:15, 7:21]
    np.testing.assert_array_equal(changed(Border(0.5), images)[middle], images[middle])
    np.testing.assert_allclose(changed(OBLIQUE, images) @ np.transpose(OBLIQUE.matrix),
                               images @ np.transpose(OBLIQUE.matrix), atol=1e-5)  # fmt: skip


def test_a_pixel_without_any_direction_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, images: np.ndarray) -> None:
    def nowhere(count: int, channels: int, _: object) -> np.ndarray:
        return np.zeros((count, 16, 16, channels), "float32")

    monkeypatch.setattr("aekeras.losses.blindness.colors._random_field", nowhere)
    np.testing.assert_array_equal(changed(CHROMA, images), images)
