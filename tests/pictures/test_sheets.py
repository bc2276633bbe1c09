"""Sheets: what is where on the page."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from aekeras.errors import InputError
from aekeras.pictures import Block, Row, Tile, sheet

RED, GREEN, BLUE, GRAY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)


def plain(color: tuple[int, int, int], height: int = 8, width: int = 8) -> np.ndarray:
    return np.full((height, width, 3), color, dtype=np.uint8)


def box(page: Image.Image, color: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of all pixels of exactly this color; right and bottom are inside."""
    ys, xs = np.nonzero((np.asarray(page) == color).all(axis=-1))
    assert len(xs), f"no pixel is {color}"
    return int(xs.min()), int(ys.min()), int(xs.max()), int(ys.max())


def one_row(*tiles: Tile, heading: Tile | None = None, **row: object) -> list[Block]:
    return [Block(rows=[Row(label="l1", tiles=tiles, **row)], heading=heading)]  # type: ignore[arg-type]


def test_a_tile_is_drawn_at_full_size_in_its_color() -> None:
    page = sheet(one_row(Tile(image=plain(RED))), tile_size=80)
    left, top, right, bottom = box(page, RED)
    assert page.mode == "RGB"
    assert (right - left + 1, bottom - top + 1) == (80, 80)
    assert (np.asarray(page)[top : bottom + 1, left : right + 1] == RED).all()


def test_tiles_follow_each_other_from_left_to_right_on_one_line() -> None:
    page = sheet(one_row(*(Tile(image=plain(color)) for color in (RED, GREEN, BLUE))))
    boxes = [box(page, color) for color in (RED, GREEN, BLUE)]
    assert len({(top, bottom) for _, top, _, bottom in boxes}) == 1
    assert boxes[0][2] < boxes[1][0]
    assert boxes[1][0] - boxes[0][0] == boxes[2][0] - boxes[1][0]


def test_columns_line_up_over_rows_and_blocks_with_labels_of_any_length() -> None:
    labels = [
        "l1",
        "0.7*l1_gray + 0.3*l1_edges",
        "mirror(center(l1_gray)) and far more than there is room for",
    ]
    rows = [
        Row(label=label, tiles=[Tile(image=plain((9, 9, 9))), Tile(image=plain(color))])
        for label, color in zip(labels, (RED, GREEN, BLUE), strict=True)
    ]
    page = sheet([Block(rows=rows[:2]), Block(rows=rows[2:])])
    boxes = [box(page, color) for color in (RED, GREEN, BLUE)]
    assert len({(left, right) for left, _, right, _ in boxes}) == 1
    assert boxes[0][3] < boxes[1][1] < boxes[1][3] < boxes[2][1]


def test_a_white_picture_has_a_visible_edge_and_a_one_pixel_frame() -> None:
    page = np.asarray(sheet(one_row(Tile(image=plain((255, 255, 255)))), tile_size=64)).astype(int)
    frame = (page == (0xD0, 0xD5, 0xDB)).all(axis=-1)
    assert np.count_nonzero(frame) == 4 * 65


def test_a_wide_picture_keeps_its_shape_and_is_centered() -> None:
    page = sheet(one_row(Tile(image=plain(RED, 20, 40)), Tile(image=plain(GREEN))), tile_size=80)
    wide, square = box(page, RED), box(page, GREEN)
    assert (wide[2] - wide[0] + 1, wide[3] - wide[1] + 1) == (80, 40)
    assert wide[1] + wide[3] == square[1] + square[3]


def test_the_page_has_margins_on_all_sides() -> None:
    page = np.asarray(sheet(one_row(Tile(image=plain(RED), caption="0.012")), title="Title", tile_size=96))
    for side in (page[:20], page[-20:], page[:, :20], page[:, -20:]):
        assert (side == 255).all()


def test_companions_stand_smaller_under_the_picture_and_above_the_caption() -> None:
    tile = Tile(image=plain(RED), caption="0.012", below=(plain(GREEN),))
    page = sheet(one_row(tile))
    picture, view = box(page, RED), box(page, GREEN)
    assert view[1] > picture[3]
    assert abs((view[0] + view[2]) - (picture[0] + picture[2])) <= 1
    assert 40 <= view[2] - view[0] + 1 < 96
    assert (np.asarray(page)[view[3] + 3 :, picture[0] : picture[2]] < 128).any(), "the caption"


def test_two_companions_share_the_width_of_the_picture() -> None:
    page = sheet(one_row(Tile(image=plain(RED), below=(plain(GREEN), plain(BLUE)))))
    picture, first, second = box(page, RED), box(page, GREEN), box(page, BLUE)
    assert first[0] == pytest.approx(picture[0], abs=1)
    assert second[2] == pytest.approx(picture[2], abs=1)
    assert first[2] < second[0]
    assert first[1] == second[1]


def test_captions_of_a_row_stand_on_one_line_whether_a_tile_has_a_companion_or_not() -> None:
    both = [Tile(image=plain(RED), caption="H", below=(plain(GREEN),)), Tile(image=plain(BLUE), caption="H")]
    page = np.asarray(sheet(one_row(*both))).astype(int)
    lines = []
    for color in (RED, BLUE):
        left, _, right, bottom = box(Image.fromarray(page.astype(np.uint8)), color)
        dark = (page[bottom + 2 :, left : right + 1] < 80).all(axis=-1).any(axis=1)
        lines.append(bottom + 2 + np.flatnonzero(dark)[[0, -1]])
    assert np.array_equal(*lines)


def test_views_of_one_row_share_their_scale() -> None:
    faint, strong = np.full((4, 4, 1), 2.0), np.full((4, 4, 1), 4.0)
    tiles = [Tile(image=plain(RED), below=(faint,)), Tile(image=plain(BLUE), below=(strong,))]
    box(sheet(one_row(*tiles)), GRAY)
    with pytest.raises(AssertionError):
        box(sheet(one_row(tiles[0])), GRAY)


def test_a_row_tints_its_views_of_one_channel() -> None:
    page = sheet(one_row(Tile(image=plain(BLUE), below=(np.full((4, 4, 1), 0.5),)), tint=(0.8, 0.2, 0.2)))
    box(page, (204, 51, 51))


def test_the_image_itself_is_clipped_and_not_rescaled() -> None:
    image = np.full((4, 4, 3), (1.7, -0.4, -0.4), dtype=np.float32)
    assert box(sheet(one_row(Tile(image=image))), RED)


def test_the_heading_stands_before_the_tiles_and_once_if_no_row_sees_it_differently() -> None:
    rows = [Row(label=label, tiles=[Tile(image=plain(RED))]) for label in ("l1", "l2")]
    page = sheet([Block(rows=rows, heading=Tile(image=plain(GREEN)))])
    heading, tiles = box(page, GREEN), box(page, RED)
    assert heading[2] < tiles[0]
    assert heading[3] - heading[1] + 1 == 96
    assert heading[1] == tiles[1]


def test_the_heading_stands_in_every_row_with_what_its_loss_sees_of_it() -> None:
    rows = [Row(label="l1", tiles=[Tile(image=plain(RED))])]
    rows += [Row(label="l1_gray", tiles=[Tile(image=plain(RED))], below=(plain(BLUE),))]
    page = sheet([Block(rows=rows, heading=Tile(image=plain(GREEN)))])
    heading, tiles, view = box(page, GREEN), box(page, RED), box(page, BLUE)
    assert (heading[1], heading[3]) == (tiles[1], tiles[3])
    assert heading[0] < view[0] < view[2] < heading[2]
    assert view[1] > heading[3]


def test_a_picture_that_has_vanished_leaves_a_pale_place_with_a_word() -> None:
    page = sheet(one_row(Tile(image=None, caption="0.1", below=()), Tile(image=plain(RED))))
    place, other = box(page, (0xF3, 0xF5, 0xF7)), box(page, RED)
    assert (place[1], place[3]) == (other[1], other[3])
    assert place[2] - place[0] + 1 == 96
    inside = np.asarray(page)[place[1] + 2 : place[3] - 2, place[0] + 2 : place[2] - 2]
    assert (inside < 160).any(), "the word"


def test_a_row_without_tiles_is_drawn_with_a_word() -> None:
    empty = sheet([Block(rows=[Row(label="l1", tiles=[])], heading=Tile(image=plain(GREEN)))])
    right = box(empty, GREEN)[2]
    assert (np.asarray(empty)[:, right + 20 :] < 160).any()


def test_long_rows_are_broken_for_the_whole_block() -> None:
    rows = [
        Row(label="a", tiles=[Tile(image=plain(color)) for color in (RED, GREEN)]),
        Row(label="b", tiles=[Tile(image=plain(color)) for color in (BLUE, (1, 2, 3))]),
    ]
    page = sheet([Block(rows=rows)], columns=1)
    boxes = [box(page, color) for color in (RED, BLUE, GREEN, (1, 2, 3))]
    assert len({left for left, *_ in boxes}) == 1
    assert all(above[3] < below[1] for above, below in pairwise(boxes))


def test_a_long_caption_leaves_the_columns_where_they_are() -> None:
    short = sheet(one_row(Tile(image=plain(RED), note="a.png"), Tile(image=plain(BLUE))))
    long = sheet(one_row(Tile(image=plain(RED), note="a" * 200 + ".png"), Tile(image=plain(BLUE))))
    assert long.size == short.size
    assert box(long, BLUE) == box(short, BLUE)


def test_a_long_title_is_wrapped_to_the_width_of_the_page() -> None:
    tiles = one_row(Tile(image=plain(RED)))
    one, many = sheet(tiles, title="Title"), sheet(tiles, title="A title of many words " * 5)
    assert many.width == one.width
    assert many.height > one.height


def test_a_page_without_rows_is_refused() -> None:
    for blocks in ([], [Block(rows=[])]):
        with pytest.raises(InputError, match=r"Expected at least one row to draw\. Received: none"):
            sheet(blocks)


@pytest.mark.parametrize(("tile_size", "columns"), [(8, 12), (96, 0)])
def test_sizes_that_leave_nothing_to_see_are_refused(tile_size: int, columns: int) -> None:
    with pytest.raises(InputError, match=f"Received: {tile_size} and {columns}"):
        sheet(one_row(Tile(image=plain(RED))), tile_size=tile_size, columns=columns)


def test_an_infinite_view_is_refused_with_one_line() -> None:
    view = np.zeros((4, 4, 1))
    view[0, 0] = np.inf
    with pytest.raises(InputError, match="Expected a picture of finite values"):
        sheet(one_row(Tile(image=plain(RED), below=(view,))))
