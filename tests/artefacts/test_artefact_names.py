"""Names are safe on every system, and paths read from where one stands."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from aekeras.artefacts import safe_name, shown_path
from aekeras.errors import InputError

TEXTS = [
    "l1_gray",
    "L1_gray",
    "l1_gray ",
    "0.7*l1_gray + 0.3*l1_edges",
    "0.7*l1_gray+0.3*l1_edges",
    "mirror(l1_gray)",
    "mirror[l1_gray]",
    "my/losses.py:Stripes",
    "my/losses.py:stripes",
    r"C:\losses.py:Stripes",
    "../../etc",
    "..",
    "*",
    "größe.py:Maß",
    "con",
    "nul.txt",
    "l1.",
    "x" * 300,
    "x" * 301,
]


@pytest.mark.parametrize("text", ["l1", "l1_gray", "ms_ssim", "my-cats", "v1.2"])
def test_a_plain_name_stays_as_it_is(text: str) -> None:
    assert safe_name(text) == text


@pytest.mark.parametrize("text", TEXTS)
def test_a_name_is_safe_on_every_system(text: str) -> None:
    name = safe_name(text)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", name)
    assert not name.endswith(".")
    assert name.split(".")[0].lower() not in {"con", "nul"}


def test_different_texts_get_different_names_even_where_case_does_not_count() -> None:
    assert len({safe_name(text).lower() for text in TEXTS}) == len(TEXTS)


def test_a_name_stays_readable_where_characters_had_to_go() -> None:
    assert safe_name("0.7*l1_gray + 0.3*l1_edges").startswith("0.7-l1_gray-0.3-l1_edges-")
    assert safe_name("my/losses.py:Stripes").startswith("my-losses.py-Stripes-")


def test_the_same_text_gives_the_same_name_in_every_run() -> None:
    mark = hashlib.sha256(b"mirror(l1_gray)").hexdigest()[:8]
    assert safe_name("mirror(l1_gray)") == f"mirror-l1_gray-{mark}"


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(InputError, match=r"^Expected a name that is not empty\. Received: ' '\. Give it a name\.$"):
        safe_name(" ")


def test_a_path_is_shown_from_the_working_directory_where_it_lies_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert shown_path(here / "photos" / "7.png") == str(Path("photos", "7.png"))
    assert shown_path(Path("photos/../7.png")) == "7.png"
    assert shown_path(Path("../7.png")) == str(tmp_path / "7.png")
    assert shown_path(tmp_path / "here2" / "7.png") == str(tmp_path / "here2" / "7.png")


def test_a_path_is_shown_by_the_name_of_the_link_not_of_its_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    (here / "photos").symlink_to(elsewhere)
    monkeypatch.chdir(here)
    assert shown_path(here / "photos" / "7.png") == str(Path("photos", "7.png"))
