"""`aekeras report` on what a training has left, with further trainings, to the page in a browser."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import QUIET, chromium
from click.testing import CliRunner, Result
from playwright.sync_api import sync_playwright

from aekeras.cli import main

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow

KEYS = (
    "overlap",
    "fidelity",
    "invariance",
    "blindness",
    "leakage",
    "factors",
    "calibration",
    "refinement",
    "output_space",
    "budget",
)


@dataclass(frozen=True)
class Reported:
    """What the command left."""

    root: Path
    result: Result

    @property
    def page(self) -> Path:
        return self.root / "report.html"

    @property
    def figures(self) -> dict[str, Any]:
        return json.loads((self.root / "figures.json").read_text())


def invoke(*words: str) -> Result:
    return CliRunner().invoke(main, ["report", *words])


@pytest.fixture(scope="module")
def reported(trained: Project, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """A whole report on a copy of the project, since it trains further models."""
    root = tmp_path_factory.mktemp("reported")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("models", "indexes"):
            shutil.copytree(trained.root / name, root / name)
        shutil.copytree(trained.pictures, root / "pictures")
        patch.chdir(trained.root)
        words = (
            "--models",
            str(root / "models"),
            "--out",
            str(root / "report.html"),
            "--json",
            str(root / "figures.json"),
        )
        return Reported(root, invoke(*words, "--seeds", "2", "--budget", "8,16", "-k", "5"))


def test_every_measurement_is_in_the_figures_and_on_the_page(reported: Reported) -> None:
    assert reported.result.exit_code == 0, reported.result.output
    assert reported.figures["notes"] == []
    assert set(KEYS) <= reported.figures.keys()
    page = reported.page.read_text()
    for question in ("What does each loss ignore?", "What does the loss leave open?", "How large must a code be?"):
        assert question in reported.result.stdout
        assert question in page


def test_the_further_trainings_are_measured_and_kept_out_of_sight(reported: Reported) -> None:
    assert set(reported.figures["budget"]["sizes"]) == {"8", "16"}
    assert reported.figures["output_space"]["l1_gray"]["seeds"] == 2
    kept = {path.name for path in (reported.root / "models" / ".report").iterdir() if not path.name.startswith(".")}
    assert {"seed-1", "dim-8"} <= kept


def test_the_real_page_loads_without_a_complaint_and_is_accessible(reported: Reported) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(playwright), args=QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(reported.page.as_uri(), wait_until="load")
        assert complaints == []
        assert all(page.evaluate("[...document.images].map(image => image.naturalWidth)"))
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        browser.close()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--out", "none/report.html"), "Expected a folder for report.html"),
        (("--json", "report.html"), "Expected two files. Received: report.html for both"),
        (("--budget-loss", "l1"), "Expected code sizes with `budget_loss`"),
        (("--seeds", "1"), "Expected `seeds` of at least 2"),
        (("--loss", "l2"), "Expected a loss with a model in models"),
        (("--labels", "none.csv"), "Expected a table in none.csv"),
        (("--budget", "8", "--budget-loss", "l2"), "Expected the loss for the budget to be one of: l1, l1_gray."),
    ],
)
def test_bad_input_is_one_clear_line(here: Project, words: tuple[str, ...], message: str) -> None:
    del here
    result = invoke(*words)
    assert result.exit_code == 1
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert line.startswith(f"Error: {message}")
    assert not Path("report.html").exists()


def test_sizes_that_are_no_numbers_are_wrong_usage(here: Project) -> None:
    del here
    result = invoke("--budget", "8,many")
    assert result.exit_code == 2
    assert "Expected whole numbers such as 16,32,64. Received: '8,many'." in result.stderr
