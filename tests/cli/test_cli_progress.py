"""What long commands show: live in a terminal, plain lines elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from aekeras.cli import progress
from aekeras.cli.progress import Display


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def shown(terminal: bool) -> tuple[Display, io.StringIO]:
    text = io.StringIO()
    return Display(Console(file=text, force_terminal=terminal, width=100, highlight=False)), text


def test_in_a_terminal_a_bar_moves() -> None:
    display, text = shown(terminal=True)
    with display:
        display.begin("training l1", 100)
        display.advance(40, "epoch 1/2, loss 0.1234")
        display._bars.refresh()
        assert "epoch 1/2, loss 0.1234" in text.getvalue()
        display.end("loss 0.1000")
    assert "\x1b[" in text.getvalue()
    assert "training l1: loss 0.1000" in text.getvalue()


def test_elsewhere_a_line_comes_every_few_seconds(clock: Clock) -> None:
    display, text = shown(terminal=False)
    with display:
        display.begin("training l1", 100, part=1, parts=2)
        for done in (10, 20, 30, 40, 50):
            clock.now += 2
            display.advance(done, f"note {done}")
        display.end("done")
    assert text.getvalue().splitlines() == [
        "training l1 (1 of 2)",
        # 10 pictures in 2 s, at 30 of 100: 14 s for the rest, and 22 s for a second part like this one
        "training l1 (1 of 2): note 30, 5 images/s, 0:36 left",
        "training l1 (1 of 2): done, 10.0 s",
    ]


def test_warnings_stand_out_and_long_lines_are_not_broken() -> None:
    display, text = shown(terminal=False)
    with display:
        display.warn("Skipped [some] files: " + "x" * 200)
    assert text.getvalue() == "Warning: Skipped [some] files: " + "x" * 200 + "\n"


def test_a_resumed_stage_does_not_count_what_was_done_before(clock: Clock) -> None:
    display, text = shown(terminal=False)
    with display:
        display.begin("training l1", 1000)
        display.advance(900)
        clock.now += 6
        display.advance(906)
    assert text.getvalue().splitlines()[-1] == "training l1: 1 images/s, 1:34 left"
