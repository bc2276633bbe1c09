"""What losses see of the sample pictures, in rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aekeras import losses
from aekeras.errors import InputError
from aekeras.loss_gallery import shade, view_block
from aekeras.losses.catalogue.row import Row
from aekeras.pictures import Tile

OWN = """
from aekeras.losses import ViewLoss

class Small(ViewLoss):
    def view(self, images):
        return 200.0 * images[:, ::16, ::16, :1] - 100.0

class Flat(ViewLoss):
    def view(self, images):
        return images[:, 0, 0]
"""


@pytest.fixture
def own(tmp_path: Path) -> str:
    (tmp_path / "own.py").write_text(OWN)
    return str(tmp_path / "own.py")


def picture(tile: Tile) -> np.ndarray:
    assert tile.image is not None
    return tile.image.astype(np.float64)


def row_of(name: str) -> Row:
    return next(row for row in losses.catalogue() if row.name == name)


def test_the_pictures_differ_in_what_many_losses_do_not_see() -> None:
    pictures, seen = view_block([losses.get("l1_gray")]).rows
    captions = [tile.caption for tile in pictures.tiles]
    assert captions == ["a cat", "another color", "darker", "mirrored", "moved", "before stripes"]
    cat, recolored, darker, mirrored, moved, striped = map(picture, pictures.tiles)
    assert np.abs(cat - recolored).mean() > 10
    np.testing.assert_array_equal(mirrored, cat[:, ::-1])
    assert len({image.tobytes() for image in (cat, recolored, darker, mirrored, moved, striped)}) == 6
    gray_cat, gray_recolored, gray_darker, *_ = map(picture, seen.tiles)
    assert np.abs(gray_cat - gray_recolored).max() <= 2  # a luma of whole numbers is rounded, before and after
    assert np.abs(gray_cat - gray_darker).mean() > 5


def test_a_row_shows_the_view_of_its_loss() -> None:
    pictures, seen = view_block([losses.get("l1_gray")]).rows
    assert (seen.label, seen.note) == ("l1_gray", "blind to chroma")
    for tile, view in zip(pictures.tiles, seen.tiles, strict=True):
        luma = picture(tile) @ [0.299, 0.587, 0.114]
        np.testing.assert_allclose(picture(view), np.repeat(luma[..., None], 3, axis=-1), atol=0.51)


def test_a_sum_has_a_row_for_each_term_and_says_what_it_is_blind_to() -> None:
    rows = view_block([losses.get("0.5*l1_gray + 2*l1_chroma"), losses.get("l1")]).rows
    assert [row.label for row in rows[1:]] == ["0.5*l1_gray", "+ 2*l1_chroma", "l1"]
    assert rows[2].note.startswith("blind to luma; shown: -0.")
    assert rows[2].note.endswith("; the sum: blind to nothing")


def test_a_small_view_has_squares_for_pixels_and_says_its_range(own: str) -> None:
    *_, row = view_block([losses.get(f"{own}:Small")]).rows
    for tile in row.tiles:
        image = picture(tile)
        assert image.shape == (128, 128, 3)
        np.testing.assert_array_equal(image, image[::32, ::32].repeat(32, axis=0).repeat(32, axis=1))
    low, high = row.note.removeprefix("blind to nothing; shown: ").split(" to ")
    assert -100 <= float(low) < 0 < float(high) <= 100


def test_a_view_that_is_no_picture_is_refused(own: str) -> None:
    with pytest.raises(InputError, match=r"shape \(6, height, width, channels\)\. Received: \(6, 3\)\. Keep the batch"):
        view_block([losses.get(f"{own}:Flat")])


def test_a_view_of_one_channel_is_drawn_in_the_color_of_its_loss() -> None:
    red = row_of("l1_red").shade
    assert red is not None
    for text in ("l1_red", "mirror(l1_red)", "center(mirror(l1_red), size=0.5)"):
        assert shade(text) == red
    for text in ("l1", "0.5*l1_red + 0.5*l1_green", "own.py:Loss", "mirror"):
        assert shade(text) is None
    *_, row = view_block([losses.get("mirror(l1_red)")]).rows
    tints = np.concatenate([picture(tile).reshape(-1, 3) for tile in row.tiles])
    assert (tints[:, 0] >= tints[:, 1]).all()
    assert (tints[:, 0] > tints[:, 1]).any()
