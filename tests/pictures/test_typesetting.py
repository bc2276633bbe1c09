"""Lines of text that fit their room."""

from __future__ import annotations

import numpy as np
import pytest
from rich.cells import cell_len

from aekeras.pictures.layout import PAGE
from aekeras.pictures.typesetting import Letters, shorten, wrap


def ink(text: str, width: int = 200, size: int = 14, *, centered: bool = False) -> np.ndarray:
    """Columns that a drawn line has ink in."""
    line = np.asarray(Letters(size).line(text, width, centered=centered)).astype(int)
    return np.flatnonzero((line != 255).any(axis=(0, 2)))


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert shorten("cat.png", 7) == "cat.png"


@pytest.mark.parametrize("room", range(1, 30))
def test_a_long_name_fills_its_room_and_keeps_both_ends(room: int) -> None:
    name = "preferences-desktop-wallpaper.png"
    short = shorten(name, room)
    head, tail = short.split("…")
    assert len(short) == room
    assert name.startswith(head)
    assert name.endswith(tail)
    assert 0 <= len(head) - len(tail) <= 1


def test_the_room_is_in_the_unit_of_the_measure() -> None:
    assert shorten("猫の写真.png", 8, cell_len) == "猫の…ng"
    assert cell_len(shorten("猫の写真.png", 8, cell_len)) <= 8


def test_a_name_cannot_break_the_line_or_send_control_characters() -> None:
    assert shorten("a\nb\x1b[31m\udcff.png", 20) == "a?b?[31m?.png"


def test_words_wrap_to_the_room_and_a_long_word_is_shortened() -> None:
    assert wrap("blind to chroma, brightness", 10) == ["blind to", "chroma,", "brightness"]
    assert wrap("incomprehensibilities", 9) == ["inco…ties"]
    assert wrap("", 9) == []


def test_a_line_has_the_width_asked_for_and_no_ink_beyond_it() -> None:
    letters = Letters(14)
    line = letters.line("a very long file name that cannot fit.png", 60)
    assert line.size == (60, letters.line_height)
    assert letters.width(shorten("a very long file name that cannot fit.png", 60, letters.width)) <= 60


def test_a_line_starts_at_the_left_or_stands_in_the_middle() -> None:
    left, middle = ink("cat"), ink("cat", centered=True)
    assert left[0] <= 2
    assert abs((middle[0] + middle[-1]) / 2 - 99.5) <= 1.5


def test_tall_and_low_letters_stay_within_the_line() -> None:
    line = np.asarray(Letters(14).line("Ågjpqy|", 100))
    assert (line[-1] == 255).all()
    assert (line[0] == 255).all()


def test_letters_that_the_font_lacks_become_their_plain_ones() -> None:
    letters = Letters(14)
    same = np.array_equal(letters.line("Café Ångström.png", 150), letters.line("Cafe Angstrom.png", 150))
    assert same
    assert np.array_equal(letters.line("猫.png", 150), letters.line("?.png", 150))


def test_the_ellipsis_is_drawn_and_is_no_empty_box() -> None:
    columns = ink("…", size=40)
    gaps = np.count_nonzero(np.diff(columns) > 1)
    assert gaps == 2, "three dots"


def test_the_paper_is_white_unless_another_is_asked_for() -> None:
    assert Letters(12).line("", 5).getpixel((2, 2)) == (255, 255, 255)
    assert Letters(12).line("", 5, paper="#102030").getpixel((2, 2)) == (16, 32, 48)
    assert PAGE == "#ffffff"
