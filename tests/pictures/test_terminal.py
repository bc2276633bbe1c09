"""Thumbnails and galleries in a terminal."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from rich.console import Console
from rich.segment import Segment

from aekeras.pictures import Block, Row, Tile
from aekeras.pictures.terminal import Gallery, thumbnail

RED, BLUE = (255, 0, 0), (0, 0, 255)


def plain(color: tuple[int, int, int], height: int = 8, width: int = 8) -> np.ndarray:
    return np.full((height, width, 3), color, dtype=np.uint8)


def console(width: int = 80, *, color_system: str | None = "truecolor", no_color: bool = False) -> Console:
    return Console(
        file=io.StringIO(),
        width=width,
        color_system=color_system,
        force_terminal=True,
        no_color=no_color,  # type: ignore[arg-type]
    )


def lines_of(gallery: Gallery, of: Console) -> list[list[Segment]]:
    return of.render_lines(gallery, pad=False)


def text_of(gallery: Gallery, of: Console) -> list[str]:
    return ["".join(segment.text for segment in line).rstrip() for line in lines_of(gallery, of)]


def some_row(count: int = 8, **row: object) -> Row:
    tiles = [
        Tile(image=plain(RED), caption=f"0.{number:03}", note=f"a-rather-long-file-name-{number}.png")
        for number in range(count)
    ]
    return Row(label="l1_gray", tiles=tiles, note="blind to chroma", **row)  # type: ignore[arg-type]


def test_two_pixels_become_one_half_block_with_their_exact_colors() -> None:
    text = thumbnail(np.array([[[1, 2, 3]], [[250, 128, 7]]], dtype=np.uint8), width=1)
    assert text.plain == "▀"
    style = text.spans[0].style
    assert style.color.get_truecolor() == (1, 2, 3)  # type: ignore[union-attr]
    assert style.bgcolor.get_truecolor() == (250, 128, 7)  # type: ignore[union-attr]


def test_the_escape_codes_name_both_colors() -> None:
    terminal = console()
    terminal.print(thumbnail(np.array([[[1, 2, 3]], [[250, 128, 7]]], dtype=np.uint8), width=1))
    written = terminal.file.getvalue()  # type: ignore[attr-defined]
    assert "38;2;1;2;3" in written
    assert "48;2;250;128;7" in written


def test_every_pixel_has_its_place() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 3), dtype=np.uint8)
    lines = console().render_lines(thumbnail(pixels, width=4), pad=False)
    shown = np.zeros_like(pixels)
    for y, line in enumerate(lines):
        cells = [segment for segment in line for _ in segment.text]
        for x, cell in enumerate(cells):
            assert cell.style is not None
            assert cell.style.color is not None
            assert cell.style.bgcolor is not None
            shown[2 * y, x] = cell.style.color.get_truecolor()
            shown[2 * y + 1, x] = cell.style.bgcolor.get_truecolor()
    assert np.array_equal(shown, pixels)


@pytest.mark.parametrize(("height", "width", "lines"), [(64, 64, 6), (32, 64, 3), (64, 32, 12), (1, 64, 1)])
def test_a_thumbnail_keeps_the_shape_of_its_image(height: int, width: int, lines: int) -> None:
    rows = thumbnail(plain(RED, height, width), width=12).plain.split("\n")
    assert len(rows) == lines
    assert {len(row) for row in rows} == {12}


def test_one_channel_and_floats_are_shown_too() -> None:
    text = thumbnail(np.array([[[0.2]], [[1.4]]]), width=1)
    assert text.spans[0].style.color.get_truecolor() == (51, 51, 51)  # type: ignore[union-attr]
    assert text.spans[0].style.bgcolor.get_truecolor() == (255, 255, 255)  # type: ignore[union-attr]


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    heading = Tile(image=plain(BLUE), caption="query", note="x" * 300 + ".png")
    long = Row(label="mirror(l1_gray) + " * 20, tiles=some_row().tiles, note="blind to " * 30)
    lines = lines_of(Gallery([Block(rows=[some_row(), long], heading=heading)]), console(width))
    assert max(Segment.get_line_length(line) for line in lines) <= width


@pytest.mark.parametrize(("width", "shown"), [(80, 5), (120, 8), (10, 1)])
def test_as_many_tiles_as_fit_stand_beside_each_other(width: int, shown: int) -> None:
    lines = text_of(Gallery([Block(rows=[some_row()])]), console(width))
    distances = [re.findall(r"0\.\d{3}", line) for line in lines]
    assert [found for found in distances if found] == [[f"0.{number:03}" for number in range(shown)]]


def test_the_headline_says_how_many_are_left_out() -> None:
    assert "l1_gray   blind to chroma   5 of 8 shown" in text_of(Gallery([Block(rows=[some_row()])]), console(80))
    assert "l1_gray   blind to chroma" in text_of(Gallery([Block(rows=[some_row(5)])]), console(80))


def test_captions_start_under_their_pictures() -> None:
    row = Row(label="l1", tiles=[Tile(image=plain(RED), caption="one"), Tile(image=plain(BLUE), caption="two")])
    lines = lines_of(Gallery([Block(rows=[row])]), console(80))
    text = ["".join(segment.text for segment in line) for line in lines]
    captions = next(line for line in text if "one" in line)
    pictures = next(line for line in text if "▀" in line)
    assert [match.start() for match in re.finditer("▀+", pictures)] == [
        captions.index("one"),
        captions.index("two"),
    ]


def test_a_tall_picture_is_no_higher_than_a_square_one() -> None:
    row = Row(label="l1", tiles=[Tile(image=plain(RED, 400, 20))])
    lines = text_of(Gallery([Block(rows=[row])]), console(80))
    assert sum("▀" in line for line in lines) <= 10


def test_markup_and_control_characters_in_names_are_shown_and_not_obeyed() -> None:
    row = Row(label="l1", tiles=[Tile(image=plain(RED), caption="[red]x", note="a\x1b[2Jb\n.png")])
    for colors in ("truecolor", None):
        written = "\n".join(text_of(Gallery([Block(rows=[row])]), console(80, color_system=colors)))
        assert "[red]x" in written
        assert "a?[2Jb?.png" in written


@pytest.mark.parametrize("of", [console(color_system=None), console(no_color=True)], ids=["piped", "NO_COLOR"])
def test_without_colors_each_tile_is_a_line_of_text(of: Console) -> None:
    row = Row(
        label="l1",
        note="blind to nothing",
        tiles=[
            Tile(image=plain(RED), caption="0.1", note="a.png"),
            Tile(image=None, caption="0.25", note="b.png"),
        ],
    )
    heading = Tile(image=plain(BLUE), caption="query", note="q.png")
    assert text_of(Gallery([Block(rows=[row], heading=heading)]), of) == [
        "query  q.png",
        "l1   blind to nothing",
        "  0.1   a.png",
        "  0.25  b.png  (missing)",
    ]


def test_the_environment_variable_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="truecolor")
    terminal.print(Gallery([Block(rows=[some_row()])]))
    assert "▀" not in terminal.file.getvalue()  # type: ignore[attr-defined]


def test_a_picture_that_has_vanished_leaves_a_place_with_a_word() -> None:
    row = Row(label="l1", tiles=[Tile(image=None, caption="0.1"), Tile(image=plain(RED), caption="0.2")])
    lines = text_of(Gallery([Block(rows=[row])]), console(80))
    assert sum("missing" in line for line in lines) == 1
    assert any("0.1" in line and "0.2" in line for line in lines)


def test_a_row_without_tiles_says_so() -> None:
    for colors in ("truecolor", None):
        gallery = Gallery([Block(rows=[Row(label="l1", tiles=[])])])
        assert "l1   none" in text_of(gallery, console(color_system=colors))
