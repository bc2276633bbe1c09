"""Pictures beside and below each other."""

from __future__ import annotations

import numpy as np

from aekeras.pictures.layout import beside, blank, centered, stacked

WHITE, RED, BLUE = [255, 255, 255], [255, 0, 0], [0, 0, 255]


def test_pictures_beside_each_other_share_their_upper_edge() -> None:
    page = np.asarray(beside([blank(2, 3, "red"), blank(4, 1, "blue")], gap=5))
    assert page.shape == (3, 11, 3)
    assert (page[:, :2] == RED).all()
    assert (page[0, 7:] == BLUE).all()
    assert (page[1:, 7:] == WHITE).all()
    assert (page[:, 2:7] == WHITE).all()


def test_stacked_pictures_share_their_left_edge() -> None:
    page = np.asarray(stacked([blank(3, 2, "red"), blank(1, 4, "blue")], gap=5))
    assert page.shape == (11, 3, 3)
    assert (page[:2] == RED).all()
    assert (page[7:, 0] == BLUE).all()
    assert (page[7:, 1:] == WHITE).all()


def test_a_centered_picture_has_the_same_margin_on_both_sides() -> None:
    page = np.asarray(centered(blank(2, 4, "red"), 6, 8))
    assert page.shape == (8, 6, 3)
    assert (page[2:6, 2:4] == RED).all()
    assert np.count_nonzero((page == RED).all(axis=-1)) == 8
