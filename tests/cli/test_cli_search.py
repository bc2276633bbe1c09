"""`aekeras search`, `aekeras reconstruct` and `aekeras index` on what a training has left."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from PIL import Image

import aekeras
from aekeras.cli import main

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.slow


def aekeras_(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, (result.stderr, result.exception)
    return result


def queries(project: Project) -> list[Path]:
    return [path.relative_to(project.root) for path in sorted(project.pictures.glob("cat-*.png"))[:2]]


def test_search_prints_an_object_per_query_and_line(here: Project) -> None:
    result = aekeras_("search", *queries(here), "-k", "3", "--json")
    assert result.stderr == ""
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert told == [found.to_dict() for found in aekeras.search(queries(here), k=3)]
    assert [entry["query"] for entry in told] == [str(query) for query in queries(here)]
    for entry in told:
        assert [answer["loss"] for answer in entry["results"]] == ["l1", "l1_gray"]
        assert [neighbor["rank"] for neighbor in entry["results"][0]["neighbors"]] == [1, 2, 3]


def test_search_obeys_its_options(here: Project) -> None:
    words = ("search", queries(here)[0], "--json", "--loss", "l1_gray")
    ((whole,),) = (json.loads(aekeras_(*words, "-k", "999").stdout)["results"],)
    assert len(whole["neighbors"]) == 120
    limit = whole["neighbors"][9]["distance"] + 1e-6
    ((near,),) = (json.loads(aekeras_(*words, "-k", "999", "--max-distance", str(limit)).stdout)["results"],)
    assert near["neighbors"] == [n for n in whole["neighbors"] if n["distance"] <= limit]


def test_search_leaves_out_what_is_equal_within_a_share(here: Project) -> None:
    words = ("search", queries(here)[0], "--json", "-k", "999", "--unique")
    counts = []
    for share in (None, 0.05, 0.3):
        limit = {} if share is None else {"equal_within": share}
        result = aekeras_(*words, *(() if share is None else ("--equal-within", str(share))))
        (expected,) = aekeras.search(queries(here)[0], k=999, unique=True, **limit)
        told = json.loads(result.stdout)
        assert told == expected.to_dict()
        counts.append([len(answer["neighbors"]) for answer in told["results"]])
    assert counts[0] == counts[1]
    assert all(many > few for many, few in zip(counts[1], counts[2], strict=True))


def test_a_share_without_unique_or_equal_is_wrong_usage(here: Project) -> None:
    result = CliRunner().invoke(main, ["search", str(queries(here)[0]), "--equal-within", "0.1"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Expected --unique or --equal with --equal-within. Received: neither. Name one." in result.stderr


def test_search_without_json_prints_what_the_library_prints(here: Project) -> None:
    result = aekeras_("search", *queries(here), "-k", "2")
    assert result.stdout == "".join(f"{found}\n" for found in aekeras.search(queries(here), k=2))


@pytest.mark.parametrize("name", ["sheet.png", "sheet.PDF"])
def test_search_draws_a_sheet(name: str, here: Project, tmp_path: Path) -> None:
    sheet = tmp_path / name
    result = aekeras_("search", queries(here)[0], "-k", "2", "--sheet", sheet)
    assert result.stderr == f"Drew {sheet}.\n"
    if name.endswith("png"):
        with Image.open(sheet) as image:
            assert min(image.size) > 200
    else:
        assert sheet.read_bytes().startswith(b"%PDF")


def test_search_shows_pictures_in_a_terminal(here: Project) -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | {
        "PYTHONPATH": str(Path(aekeras.__file__).parents[1]),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "COLUMNS": "100",
    }
    command = [sys.executable, "-m", "aekeras", "search", str(queries(here)[0]), "-k", "2"]
    with subprocess.Popen(command, env=environment, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        text = b""
        while chunk := _read(ours):
            text += chunk
        errors = process.stderr.read() if process.stderr else b""
    os.close(ours)
    assert (process.returncode, errors) == (0, b"")
    assert "▀" in text.decode() or "▄" in text.decode()
    assert "l1_gray" in text.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux says that the other side of a terminal is closed
        return b""


def test_reconstruct_prints_losses_and_draws_a_sheet(here: Project, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    told = json.loads(aekeras_("reconstruct", *queries(here), "--json").stdout)
    assert told["images"] == [str(query) for query in queries(here)]
    assert [(entry["loss"], len(entry["values"])) for entry in told["losses"]] == [("l1", 2), ("l1_gray", 2)]
    result = aekeras_("reconstruct", *queries(here), "--loss", "l1_gray", "--sheet", sheet)
    assert result.stderr == f"Drew {sheet}.\n"
    first = told["losses"][1]["values"][0]
    assert result.stdout.splitlines()[:2] == [str(queries(here)[0]), f"  l1_gray  {first:.4f}"]
    with Image.open(sheet) as image:
        assert image.width > 200


@pytest.mark.usefixtures("own")
def test_index_build_takes_other_pictures_and_info_tells_of_them(trained: Project, tmp_path: Path) -> None:
    (tmp_path / "others" / "deep").mkdir(parents=True)
    for path in sorted(trained.pictures.glob("dog-*.png"))[:3]:
        shutil.copy(path, tmp_path / "others" / "deep")
    (tmp_path / "others" / "broken.png").touch()
    built = aekeras_("index", "build", "others", "--loss", "l1_gray", "--json")
    lines = aekeras_("index", "info", "--json").stdout.splitlines()
    fixed = ("index", "loss", "model", "count", "code_dim", "kind")
    assert [{key: json.loads(line)[key] for key in fixed} for line in lines] == [
        {"index": "indexes/l1", "loss": "l1", "model": "models/l1/1", "count": 120, "code_dim": 16, "kind": "flat"},
        {
            "index": "indexes/l1_gray",
            "loss": "l1_gray",
            "model": "models/l1_gray/1",
            "count": 3,
            "code_dim": 16,
            "kind": "flat",
        },
    ]
    assert built.stdout.splitlines() == lines[1:]
    assert "Warning: Skipped 1 unreadable file: others/broken.png (an empty file)." in built.stderr.splitlines()
    plain = aekeras_("index", "info").stdout.splitlines()
    assert re.fullmatch(
        r"indexes/l1_gray: 3 codes of 16 numbers under l1_gray, flat, 0\.0 MB, by models/l1_gray/1", plain[1]
    )
    found = json.loads(aekeras_("search", next(trained.pictures.glob("dog-*.png")), "--json", "-k", "9").stdout)
    assert [len(answer["neighbors"]) for answer in found["results"]] == [9, 3]
    assert all(n["path"].startswith("others/deep/dog-") for n in found["results"][1]["neighbors"])


def test_index_build_goes_to_every_model_there_is(own: Path) -> None:
    result = aekeras_("index", "build", "pictures")
    assert result.stdout.splitlines() == [
        "indexes/l1: 120 pictures under l1",
        "indexes/l1_gray: 120 pictures under l1_gray",
    ]
    assert own == Path.cwd()
