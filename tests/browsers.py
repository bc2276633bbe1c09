"""The browser that pages are tested in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)


def chromium(playwright: Playwright) -> str:
    """The program of a Chromium: the system's, or Playwright's own."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and Path(playwright.chromium.executable_path).is_file():
        found = playwright.chromium.executable_path
    if found is None:
        pytest.fail(f"Expected a Chromium, one of {', '.join(NAMES)}. Found none. Run `scripts/browser`.")
    return found
