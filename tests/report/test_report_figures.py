"""Plots as the page shows them, and their colors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from studies import Words

from aekeras.report import render
from aekeras.report.colors import of_losses
from aekeras.report.figures import figure
from aekeras.study.parts import Study


def test_a_loss_keeps_its_color_from_figure_to_figure(whole: Study) -> None:
    losses = [loss.name for loss in whole.losses]
    scatter = whole.results[2]
    alone, among = figure(scatter, losses), figure(scatter, ["another", *losses])
    assert all(f"var(--loss-{number})" in alone for number in range(len(losses)))
    assert "var(--loss-0)" not in among
    assert all(f"var(--loss-{number + 1})" in among for number in range(len(losses)))


def test_a_figure_takes_colors_and_type_from_the_page(whole: Study) -> None:
    drawn = figure(whole.results[0], ["l1"])
    assert drawn.startswith("<svg")
    assert ">share of the 10 nearest that are found</text>" in drawn
    assert "DejaVu" not in drawn
    assert "<style" not in drawn
    assert "#fdf" not in drawn
    assert "var(--ink)" in drawn


def test_bars_and_their_legend_have_the_color_of_their_loss() -> None:
    @dataclass(frozen=True)
    class Bars(Words):
        key: ClassVar[str] = "bars"

        def plot(self, axes: Any) -> None:
            axes.bar([0], [1], label="l1_gray")
            axes.legend()

    assert figure(Bars(), ["l1", "l1_gray"]).count("fill: var(--loss-1)") == 2


def test_a_name_with_dollars_or_letters_unknown_to_matplotlib_is_drawn_as_it_is() -> None:
    @dataclass(frozen=True)
    class Named(Words):
        def plot(self, axes: Any) -> None:
            axes.text(0, 0, "own/損失$x$.py:Loss<1>")

    assert "own/損失$x$.py:Loss&lt;1&gt;" in figure(Named(), [])


def test_a_figure_with_many_names_is_higher() -> None:
    @dataclass(frozen=True)
    class Rows(Words):
        count: int

        def plot(self, axes: Any) -> None:
            axes.barh(range(self.count), range(self.count))
            axes.set_yticks(range(self.count), [f"name {number}" for number in range(self.count)])

    def height(count: int) -> float:
        size = re.search(r'viewBox="0 0 (\S+) (\S+)"', figure(Rows(count=count), []))
        assert size
        return float(size[2])

    assert height(24) > 1.5 * height(3)


def test_losses_about_a_color_have_it_and_others_differ() -> None:
    colors = of_losses(["l1", "l1_red", "own:Loss", "l1_gray", "spectrum"])
    assert len({color.light for color in colors.values()}) == 5
    red, green, blue = (int(colors["l1_red"].light[start : start + 2], 16) for start in (1, 3, 5))
    assert red > 2 * max(green, blue)


def contrast(one: str, other: str) -> float:
    """Of two colors, as WCAG 2 defines it."""

    def luminance(color: str) -> float:
        parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_every_color_stands_out_from_its_page(whole: Study) -> None:
    page = render(whole)
    light, dark = re.findall(r"--paper: (#\w{6});", page)[:2]
    for color in of_losses(["l1", "l1_gray", "l1_red", "l1_green", "l1_blue", *"abcdef"]).values():
        assert contrast(color.light, light) >= 3
        assert contrast(color.dark, dark) >= 3
