"""Each loss against an oracle from outside: its formula in NumPy, Pillow's and scikit-image's own gray."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import skimage.color
import skimage.data
from PIL import Image

from aekeras import losses
from aekeras.losses.blindness import Colors
from aekeras.losses.linear import LinearViewLoss

Formula = Callable[[np.ndarray], np.ndarray]
VIEWS: dict[str, Formula] = {
    "l1": lambda x: x,
    "l1_gray": lambda x: 0.299 * x[..., :1] + 0.587 * x[..., 1:2] + 0.114 * x[..., 2:],
    "l1_red": lambda x: x[..., :1],
    "l1_green": lambda x: x[..., 1:2],
    "l1_blue": lambda x: x[..., 2:],
}


@pytest.fixture(scope="module")
def photographs() -> np.ndarray:
    """Four crops of real photographs, uint8, shape (4, 64, 64, 3)."""
    astronaut, cat = skimage.data.astronaut(), skimage.data.chelsea()
    return np.stack([astronaut[:64, :64], astronaut[200:264, 200:264], cat[100:164, 100:164], cat[:64, 200:264]])


def floats(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / 255.0


@pytest.mark.parametrize("name", VIEWS)
def test_view_and_value_are_those_of_the_formula(name: str, photographs: np.ndarray) -> None:
    exact, images = photographs / 255.0, floats(photographs)
    view = VIEWS[name](exact)
    np.testing.assert_allclose(losses.get(name).view(images), view, atol=1e-6)
    expected = abs(view - view[::-1]).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(losses.get(name)(images, images[::-1]), expected, rtol=1e-5)


def test_luma_is_the_gray_of_pillow_to_half_a_step_of_256(photographs: np.ndarray) -> None:
    gray = np.stack([np.asarray(Image.fromarray(image).convert("L")) for image in photographs])
    luma = np.asarray(losses.get("l1_gray").view(floats(photographs)))[..., 0]
    assert abs(255 * luma - gray).max() <= 0.51


def test_luma_is_the_y_of_scikit_image(photographs: np.ndarray) -> None:
    """Its Y runs from 16 to 235; its matrix has the weights of the same recommendation."""
    y = skimage.color.rgb2ycbcr(photographs)[..., 0]
    luma = np.asarray(losses.get("l1_gray").view(floats(photographs)))[..., 0]
    np.testing.assert_allclose(luma, (y - 16) / 219, atol=2e-4)


def test_a_ginger_and_a_blue_pixel_of_one_luma_are_equal_in_gray_alone() -> None:
    ginger = np.array([0.8, 0.4, 0.1])
    blue = np.array([0.2, 0.55, (ginger @ (0.299, 0.587, 0.114) - 0.2 * 0.299 - 0.55 * 0.587) / 0.114])
    assert 0 <= blue[2] <= 1
    images, others = (np.broadcast_to(color, (1, 8, 8, 3)).astype("float32") for color in (ginger, blue))
    unequal = {name for name in VIEWS if float(losses.get(name)(images, others)[0]) > 1e-6}
    assert unequal == {"l1", "l1_red", "l1_green", "l1_blue"}


@pytest.mark.parametrize("matrix", [((0.5, 0.5, 0.0), (0.0, 0.2, 0.8)), ((0.4, 0.4, 0.2),), ((0.0, 0.0, 1.0),)])
def test_a_linear_view_is_the_matrix_applied_to_every_pixel(
    matrix: tuple[tuple[float, ...], ...], photographs: np.ndarray
) -> None:
    kind = type("Linear", (LinearViewLoss,), {"colors": Colors(matrix)})
    images = floats(photographs)
    np.testing.assert_allclose(kind().view(images), np.einsum("nhwc,vc->nhwv", images, matrix), atol=1e-6)
    assert np.asarray(kind()(images, kind().representative(images))).max() <= 1e-6
