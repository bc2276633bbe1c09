"""What comes into a loss is looked at where it comes in, and refused in clear words."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from aekeras import losses
from aekeras.errors import AekerasError, InputError

GRAY = losses.get("l1_gray")
IMAGES = np.random.default_rng(0).random((2, 8, 8, 3), dtype=np.float32)
SHAPE = (
    "Expected `y_true` of l1_gray to have shape (N, H, W, 3). Received: {}. "
    "Give a batch of RGB images, the batch as dimension 0."
)
ONE_INSIDE = "Expected {0} to have one loss inside, as in {0}(l1_gray). Received: {1}. Several are added: a + b."
FLOAT = (
    "Expected `y_true` of l1_gray to be float, in [0, 1]. Received: {}. "
    "Convert it: x.astype('float32') / 255 for values from 0 to 255."
)
RANGE = "Expected `y_true` of l1_gray to lie in [0, 1]. Received: values from {} to {}. {}"
TWO = (
    "Expected `y_true` and `y_pred` of l1_gray to have one shape. Received: {} and {}. "
    "Resize the images, or compare as many with as many."
)
SHAPES = [
    (IMAGES[0], "(8, 8, 3)"),
    (IMAGES[..., :1], "(2, 8, 8, 1)"),
    (np.concatenate([IMAGES, IMAGES[..., :1]], axis=-1), "(2, 8, 8, 4)"),
    (np.moveaxis(IMAGES, -1, 1), "(2, 3, 8, 8)"),
    (IMAGES[None], "(1, 2, 8, 8, 3)"),
    (np.float32(0.5), "()"),
    (IMAGES[:, :0], "(2, 0, 8, 3)"),
]
TYPES = [
    ((255 * IMAGES).astype("uint8"), "uint8"),
    (np.ones((2, 8, 8, 3), int), "int64"),
    (IMAGES > 0.5, "bool"),
    (IMAGES.astype(complex), "complex128"),
    (np.full((2, 8, 8, 3), None), "object"),
    (np.full((2, 8, 8, 3), "a"), "<U1"),
]


def message(call: Any) -> str:
    with pytest.raises(InputError) as caught:
        call()
    assert isinstance(caught.value, AekerasError)
    return str(caught.value)


@pytest.mark.parametrize(("images", "shown"), SHAPES, ids=[shown for _, shown in SHAPES])
def test_another_shape_is_refused(images: np.ndarray, shown: str) -> None:
    assert message(lambda: GRAY(images, IMAGES)) == SHAPE.format(shown)
    assert message(lambda: GRAY(tf.constant(images), IMAGES)) == SHAPE.format(shown)
    assert message(lambda: GRAY(IMAGES, images)) == SHAPE.format(shown).replace("y_true", "y_pred")
    assert message(lambda: GRAY.metamer(images, 0)) == SHAPE.format(shown).replace("y_true", "images")


@pytest.mark.parametrize(("images", "shown"), TYPES, ids=[shown for _, shown in TYPES])
def test_another_type_is_refused(images: np.ndarray, shown: str) -> None:
    assert message(lambda: GRAY(images, IMAGES)) == FLOAT.format(shown)
    assert message(lambda: GRAY(IMAGES, images)) == FLOAT.format(shown).replace("y_true", "y_pred")
    assert message(lambda: GRAY.metamer(images, 0)) == FLOAT.format(shown).replace("y_true", "images")


def test_lists_are_taken_as_the_arrays_that_they_are_and_refused_as_such() -> None:
    np.testing.assert_allclose(GRAY(IMAGES.tolist(), IMAGES[::-1].tolist()), GRAY(IMAGES, IMAGES[::-1]), rtol=1e-6)
    assert GRAY.metamer(IMAGES.tolist(), 0).shape == IMAGES.shape
    assert message(lambda: GRAY([[[[0, 1, 0]]]], [[[[0.0, 1.0, 0.0]]]])) == FLOAT.format("int64")
    assert message(lambda: GRAY([0.5], [0.5])) == SHAPE.format("(1,)")
    assert message(lambda: GRAY(None, IMAGES)) == SHAPE.format("()")


def test_images_of_several_sizes_are_no_batch() -> None:
    ragged = [IMAGES[0], IMAGES[1, :4]]
    assert message(lambda: GRAY(ragged, IMAGES)) == (
        "Expected `y_true` of l1_gray to have shape (N, H, W, 3). Received: a list of images of several shapes. "
        "Give all images of a batch one size."
    )


@pytest.mark.parametrize(
    ("others", "shown"),
    [(IMAGES[:1], "(1, 8, 8, 3)"), (IMAGES[:, :4], "(2, 4, 8, 3)"), (IMAGES[:, :, :4], "(2, 8, 4, 3)")],
)
def test_images_of_two_shapes_are_not_compared(others: np.ndarray, shown: str) -> None:
    assert message(lambda: GRAY(IMAGES, others)) == TWO.format("(2, 8, 8, 3)", shown)


@pytest.mark.parametrize(
    ("images", "low", "high", "remedy"),
    [
        (255 * np.round(IMAGES), "0", "255", "Divide by 255."),
        (np.float32([0, 1]).repeat(192).reshape(2, 8, 8, 3) * 2 - 1, "-1", "1", "Scale or clip it."),
        (np.where(IMAGES.max() == IMAGES, np.inf, 0 * IMAGES), "0", "inf", "Scale or clip it."),
        (np.where(IMAGES.max() == IMAGES, np.nan, IMAGES), "nan", "nan", "Replace what is not a number."),
        (np.full_like(IMAGES, 1000), "1000", "1000", "Scale or clip it."),
    ],
)
def test_values_outside_are_named(images: np.ndarray, low: str, high: str, remedy: str) -> None:
    for given in (images, tf.constant(images), tf.Variable(images), images.tolist()):
        assert message(lambda given=given: GRAY(given, IMAGES)) == RANGE.format(low, high, remedy)
    assert message(lambda: GRAY.metamer(images, 0)) == RANGE.format(low, high, remedy).replace("y_true", "images")


def test_a_network_may_overshoot_and_resizing_may_round() -> None:
    for others in (3 * IMAGES - 1, 255 * IMAGES):
        assert np.isfinite(GRAY(IMAGES, others)).all()
    assert np.isnan(GRAY(IMAGES, np.nan * IMAGES)).all()
    assert np.isfinite(GRAY(np.where(IMAGES > 0.5, 1.0005, -0.0005).astype("float32"), IMAGES)).all()


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32", "float64"])
def test_every_kind_of_float_is_taken_and_float32_given(kind: str) -> None:
    images, others = (tf.cast(x, kind) for x in (IMAGES, IMAGES[::-1]))
    found = GRAY(images, others)
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found, GRAY(IMAGES, IMAGES[::-1]), rtol=1e-2)


def test_no_images_at_all_have_no_values() -> None:
    assert GRAY(IMAGES[:0], IMAGES[:0]).shape == (0,)


def traced(*shapes: Any, kind: Any = tf.float32) -> Any:
    """Traces the loss on tensors of which only these shapes are known."""
    signature = [tf.TensorSpec(shape, kind) for shape in shapes]
    return tf.function(lambda a, b: GRAY(a, b), input_signature=signature, autograph=False).get_concrete_function()


def test_where_values_are_not_known_yet_shapes_and_types_are_still_refused() -> None:
    free, single = (None, 8, 8, 3), (None, 8, 8, 1)
    assert message(lambda: traced(single, free)) == SHAPE.format("(N, 8, 8, 1)")
    assert message(lambda: traced(free, (8, 8, 3))) == SHAPE.format("(8, 8, 3)").replace("y_true", "y_pred")
    assert message(lambda: traced(free, free, kind=tf.uint8)) == FLOAT.format("uint8")
    assert message(lambda: traced(free, (None, 4, 8, 3))) == TWO.format("(N, 8, 8, 3)", "(N, 4, 8, 3)")


def test_a_function_that_tensorflow_rewrites_still_says_what_is_wrong() -> None:
    with pytest.raises(Exception, match=r"Received: \(2, 8, 8, 1\)\. Give a batch of RGB images"):
        tf.function(lambda a: GRAY(a, a))(IMAGES[..., :1])


def test_where_values_are_not_known_yet_they_pass() -> None:
    compiled = traced((None, 8, 8, 3), (None, 8, 8, 3))
    np.testing.assert_allclose(
        compiled(tf.constant(IMAGES), tf.constant(3 * IMAGES)), GRAY(IMAGES, 3 * IMAGES), rtol=1e-5
    )
    traced((None, None, None, 3), (2, 8, 8, 3))
    traced((None, None, None, None), (None, 8, 8, 3))
    assert GRAY(keras.Input((8, 8, 3)), keras.Input((8, 8, 3))).shape == (None,)


def test_a_model_of_another_size_says_so_when_it_is_fitted() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.AveragePooling2D(2)])
    model.compile(loss=GRAY)
    assert TWO.format("(N, 8, 8, 3)", "(N, 4, 4, 3)") in message(lambda: model.fit(IMAGES, IMAGES, verbose=0))


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("l1_grey", "Did you mean 'l1_gray'?"),
        ("0.5*l1 + mirror(l1_gry)", "Did you mean 'l1_gray'?"),
        ("mirrow(l1)", "Did you mean 'mirror'?"),
        ("ssim(filter_sise=7)", "Expected one of: filter_size, sigma, k1, k2. Did you mean 'filter_size'?"),
        ("center(l1, width=1)", "Unknown argument `width` of center. Expected one of: size."),
        ("l1(size=2)", "Unknown argument `size` of l1. It takes none."),
        ("mirror(l1, size=2)", "Unknown argument `size` of mirror. It takes none."),
        ("l1(reduction='sum')", "Unknown argument `reduction` of l1. It takes none."),
        ("l1(l2)", "Expected l1 to have no loss inside. Received: l2. Several are added: a + b."),
        ("mirror", ONE_INSIDE.format("mirror", "none")),
        ("center(l1, l2)", ONE_INSIDE.format("center", "l1, l2")),
        ("center(loss='l1')", ONE_INSIDE.format("center", "none")),
        (
            "center(l1, size='big')",
            "Expected `size` of center to be a number from 1e-06 to 1. Received: 'big'. Leave it out for 0.9.",
        ),
    ],
)
def test_an_expression_that_means_nothing_is_refused(expression: str, told: str) -> None:
    found = message(lambda: losses.get(expression))
    assert found.endswith(told)
    assert found.startswith(("Unknown", "Expected"))


def test_a_reduction_that_keras_does_not_know_is_refused_at_once() -> None:
    assert message(lambda: losses.get("l1", reduction="avg")) == (
        "Expected `reduction` to be one of 'none', 'sum', 'sum_over_batch_size', 'mean', 'mean_with_sample_weight'. "
        "Received: 'avg'."
    )
    assert losses.get("l1", reduction=None)(IMAGES, IMAGES).shape == (2,)


def test_a_loss_that_is_given_keeps_its_reduction_unless_another_one_is_asked_for() -> None:
    summed = losses.get("l1", reduction="sum")
    assert losses.get(summed) is summed
    again = losses.get(summed, reduction="none")
    assert (again.reduction, again.text) == ("none", "l1")


@pytest.mark.parametrize("ask", [losses.canonical, losses.get])
@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("0.5*l1 + mirror(l1_grey)", "Unknown loss 'l1_grey' at column 17 of '0.5*l1 + mirror(l1_grey)'."),
        ("l1 + ssim(size=7)", "Unknown argument `size` of ssim at column 6 of 'l1 + ssim(size=7)'."),
        ("2*mirror()", "Expected mirror at column 3 of '2*mirror()' to have one loss inside"),
        ("ssim(size=7)", "Unknown argument `size` of ssim. Expected one of: filter_size, "),
    ],
)
def test_what_is_wrong_in_an_expression_is_told_with_its_column(ask: Any, text: str, where: str) -> None:
    assert message(lambda: ask(text)).startswith(where)


def test_a_value_that_a_loss_does_not_take_is_told_with_its_column() -> None:
    assert message(lambda: losses.get("l1 + center(l1, size=3)")).endswith(
        "It stands at column 6 of 'l1 + center(l1, size=3)'."
    )
