from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from studies import Words, dispute, shown, study

from aekeras.equality.results import Cell, Result, Table
from aekeras.errors import StorageError
from aekeras.report import render, write
from aekeras.report.text import prose
from aekeras.study.parts import Study

HOSTILE = """<script>alert(1)</script>"'>&lt;{{ 7 * 7 }}\udce9\x07.png"""
VOID = {"meta", "link", "img", "br", "input", "hr"}


class Outline(HTMLParser):
    """What a page consists of; fails where an element is closed that is not the last one opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def page(whole: Study) -> str:
    return render(whole)


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    return Outline(page)


def with_results(*results: Result, **parts: Any) -> Study:
    return replace(study("l1", disputes=0), results=results, **parts)


def test_the_page_asks_nothing_of_a_network(outline: Outline) -> None:
    addresses = [
        value
        for _, attributes in outline.elements
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href", "srcset", "action", "data")
    ]
    assert addresses
    assert all(str(address).startswith(("#", "data:")) for address in addresses)
    assert not outline.all("script", "iframe", "object")


def test_every_link_leads_somewhere_and_no_two_parts_have_one_name(outline: Outline) -> None:
    names = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(names) == len(set(names))
    linked = [attributes["href"] for attributes in outline.all("a")]
    assert {str(link).removeprefix("#") for link in linked} <= set(names)
    assert len(linked) > 5


def test_headings_go_down_one_step_at_a_time(outline: Outline) -> None:
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_disputes_come_first_then_results_in_their_order_then_remarks_and_facts(outline: Outline) -> None:
    order = [str(attributes["id"]) for attributes in outline.all("h2")]
    assert order[order.index("disputes") :] == [
        "disputes",
        "result-fidelity",
        "result-leakage",
        "result-calibration",
        "notes",
        "facts",
    ]


def test_every_picture_has_words_in_its_place(outline: Outline) -> None:
    assert len(outline.all("img")) > 60
    named = [attributes["alt"] for attributes in outline.all("img")]
    # A picture whose name stands below it, in a gallery without labels, has no other name that would be read twice.
    assert sum(not name for name in named) < 30
    assert sum(bool(name) for name in named) > 60


def test_every_figure_of_a_table_is_on_the_page(whole: Study, outline: Outline) -> None:
    cells = [cell for result in whole.results for table in result.tables() for _, row in table.rows for cell in row]
    assert len(outline.all("td")) == len(cells)
    assert all(
        cell.text in outline.text and cell.interval in outline.text and cell.mark in outline.text for cell in cells
    )
    headings = [attributes["scope"] for attributes in outline.all("th")]
    assert set(headings) == {"row", "col"}


def test_a_long_table_is_folded_and_a_short_one_is_not(outline: Outline) -> None:
    assert len(outline.all("table")) == 2
    assert len(outline.all("details")) == 1


def test_of_several_tables_the_further_ones_are_folded_sooner() -> None:
    @dataclass(frozen=True)
    class Two(Words):
        def tables(self) -> tuple[Table, ...]:
            rows = tuple((f"row {number}", (Cell(text="1"),)) for number in range(20))
            return (Table(caption="Twenty.", corner="row", columns=("figure",), rows=rows),) * 2

    elements = [tag for tag, _ in Outline(render(with_results(Two()))).elements if tag in ("table", "details")]
    assert elements == ["table", "details", "table"]


def test_words_in_backticks_are_code() -> None:
    assert prose("`l1` < `l1_gray`") == "<code>l1</code> &lt; <code>l1_gray</code>"
    assert prose("a lone ` stays") == "a lone ` stays"
    assert prose("`a` and a lone ` after") == "<code>a</code> and a lone ` after"
    assert prose("`<b>`") == "<code>&lt;b&gt;</code>"


def test_hostile_names_are_shown_and_break_nothing() -> None:
    hostile = HOSTILE.replace("/", ":")  # no file name has a slash
    loss = f"own{hostile}:$Loss$"
    made = study(loss, disputes=0)
    page = render(
        replace(
            made,
            title=hostile,
            notes=(hostile,),
            facts=((hostile, hostile),),
            disputes=(dispute((loss,), query=shown(0, hostile)),),
        )
    )
    outline = Outline(page)
    assert not outline.all("script")
    assert page.encode()
    readable = hostile.replace("\udce9", "\ufffd").replace("\x07", "\ufffd")
    assert outline.text.count(readable) > 5
    assert "{{ 7 * 7 }}" in outline.text


def test_a_picture_that_is_gone_leaves_an_empty_frame() -> None:
    gone = replace(shown(0, "lost.png"), image=None)
    outline = Outline(render(replace(study("l1", "l1_gray"), disputes=(dispute(("l1",), query=gone),))))
    assert [one["aria-label"] for one in outline.all("span") if one.get("class") == "gone"] == [
        "lost.png, which is gone"
    ]


def test_without_disputes_remarks_and_facts_there_are_no_empty_parts() -> None:
    outline = Outline(render(replace(study("l1", disputes=0), notes=(), facts=(), galleries={})))
    names = {attributes.get("id") for _, attributes in outline.elements}
    assert names.isdisjoint({"disputes", "notes", "facts"})
    assert {attributes.get("href") for attributes in outline.all("a")}.isdisjoint({"#disputes", "#notes", "#facts"})


def test_a_study_without_any_result_is_a_page() -> None:
    outline = Outline(render(Study(title="What no loss counts as equal", results=())))
    assert "What no loss counts as equal" in outline.text


def test_a_result_without_figure_and_tables_is_its_sentences() -> None:
    outline = Outline(render(with_results(Words())))
    assert "is blind to nothing, so nothing can leak." in outline.text
    assert not outline.all("svg", "table")


def test_a_table_without_a_row_is_left_out() -> None:
    @dataclass(frozen=True)
    class Empty(Words):
        def tables(self) -> tuple[Table, ...]:
            return (Table(caption="None.", corner="loss", columns=("l1",), rows=()),)

    assert not Outline(render(with_results(Empty()))).all("table")


def test_twenty_losses_fit_and_one_does(tmp_path: Path) -> None:
    many = study(*(f"0.{number}*l1 + l1_gray" for number in range(10, 30)), disputes=1)
    write(many, tmp_path / "many.html")
    assert len(Outline((tmp_path / "many.html").read_text("utf-8")).all("th")) > 40
    assert (tmp_path / "many.html").stat().st_size < 5e6
    assert "The loss" in Outline(render(study("l1"))).text


def test_the_page_of_five_losses_is_below_five_megabytes(page: str) -> None:
    assert len(page.encode()) < 5e6


def test_a_page_that_cannot_be_written_leaves_no_half_of_one(tmp_path: Path, whole: Study) -> None:
    (tmp_path / "page.html" / "in the way").mkdir(parents=True)
    with pytest.raises(StorageError):
        write(whole, tmp_path / "page.html")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_columns_of_words_stand_at_the_left_and_figures_at_the_right() -> None:
    @dataclass(frozen=True)
    class Mixed(Words):
        def tables(self) -> tuple[Table, ...]:
            rows = (("l1", (Cell(text="l1_gray"), Cell(text="-0.5"))), ("l1_gray", (Cell(text=""), Cell(text=""))))
            return (Table(caption="Both.", corner="loss", columns=("refines", "figure"), rows=rows),)

    cells = Outline(render(with_results(Mixed()))).all("td")
    assert ["words" in str(cell["class"]) for cell in cells] == [True, False, True, False]


def test_shades_beyond_their_range_are_cut() -> None:
    @dataclass(frozen=True)
    class Shaded(Words):
        def tables(self) -> tuple[Table, ...]:
            cells = tuple(Cell(text="x", shade=shade) for shade in (-1.0, 0.5, 7.0))
            return (Table(caption="Shades.", corner="loss", columns=("a", "b", "c"), rows=(("l1", cells),)),)

    cells = Outline(render(with_results(Shaded()))).all("td")
    assert [cell["style"] for cell in cells] == ["--shade: 0", "--shade: 50", "--shade: 100"]


def test_figures_are_written_as_json(tmp_path: Path, whole: Study) -> None:
    from aekeras.report import write_figures

    write_figures(whole, tmp_path / "figures.json")
    assert json.loads((tmp_path / "figures.json").read_text())["fidelity"] == {"matrix": {}}
