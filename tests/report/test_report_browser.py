"""The page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import QUIET, chromium
from playwright.sync_api import Browser, Page, sync_playwright
from studies import dispute, shown, study

from aekeras.report import write
from aekeras.study.parts import Study

PHONE, DESK = 320, 1280


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(playwright), args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="module")
def file(whole: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    hostile = replace(shown(0, "<img src=x onerror=document.title='broken'>.png"), image=None)
    path = tmp_path_factory.mktemp("report") / "a page's name, 100 %.html"
    losses = tuple(loss.name for loss in whole.losses)
    write(replace(whole, disputes=(*whole.disputes, dispute(losses, query=hostile))), path)
    return path


@contextmanager
def opened(browser: Browser, file: Path, scheme: str = "light", width: int = DESK) -> Iterator[Page]:
    """The page, and a failure if it complains or asks for anything but itself."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri(), wait_until="load")
    yield page
    page.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]


def test_every_picture_loads(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(widths) > 60
    assert all(widths)


def test_hostile_names_stay_text(browser: Browser, file: Path, whole: Study) -> None:
    with opened(browser, file) as page:
        assert page.title() == whole.title
        assert page.get_by_role("heading", name="<img src=x onerror").count() == 1


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_sticks_out_at_the_side(browser: Browser, file: Path, width: int) -> None:
    with opened(browser, file, width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_twenty_losses_do_not_stick_out_either(browser: Browser, tmp_path: Path) -> None:
    losses = [f"0.{number}*l1_gray + 0.5*mirror(l1_edges)" for number in range(10, 30)]
    write(replace(study(*losses, disputes=1), galleries={}), tmp_path / "many.html")
    with opened(browser, tmp_path / "many.html", width=PHONE) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.parametrize(("scheme", "width"), [("light", DESK), ("dark", PHONE)])
def test_axe_finds_no_barrier(browser: Browser, file: Path, scheme: str, width: int) -> None:
    with opened(browser, file, scheme, width) as page:
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_strongest_shade_leaves_its_figures_readable(browser: Browser, file: Path, scheme: str) -> None:
    ratio = """() => {
        const cell = document.querySelector('td.shaded');
        cell.style.setProperty('--shade', 100);
        const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
        const luminance = color => {
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);
            const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data]
                .map(part => part / 255).map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4);
            return .2126 * r + .7152 * g + .0722 * b;
        };
        const {color, backgroundColor} = getComputedStyle(cell);
        const [low, high] = [luminance(color), luminance(backgroundColor)].sort((a, b) => a - b);
        return (high + .05) / (low + .05);
    }"""
    with opened(browser, file, scheme) as page:
        assert 4.5 <= page.evaluate(ratio) < 18


def test_the_first_tab_reaches_the_skip_link_which_leads_to_the_findings(browser: Browser, file: Path) -> None:
    with opened(browser, file) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.locator(".skip").bounding_box()["y"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_a_wide_table_scrolls_by_keyboard_in_its_own_place(browser: Browser, file: Path) -> None:
    with opened(browser, file, width=PHONE) as page:
        place = page.locator(".scroll:has(table)").first
        place.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("place => place.scrollLeft > 0", arg=place.element_handle())


def test_dark_and_light_differ_and_figures_follow(browser: Browser, file: Path) -> None:
    inks, grounds = [], []
    for scheme in ("light", "dark"):
        with opened(browser, file, scheme) as page:
            inks.append(page.evaluate("getComputedStyle(document.querySelector('svg text')).fill"))
            grounds.append(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    assert len(set(inks)) == len(set(grounds)) == 2


def test_paper_is_white_and_holds_what_the_screen_folds_away(browser: Browser, file: Path) -> None:
    with opened(browser, file, "dark") as page:
        assert not page.locator("details td").first.is_visible()
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        assert page.locator("details td").first.is_visible()
        assert not page.locator("nav").is_visible()
        assert not page.locator(".skip").is_visible()
