"""`aekeras index` as it is used: in a terminal, by scripts, and interrupted."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from aekeras.cli import main
from aekeras.index import Index

pytestmark = pytest.mark.slow


def aekeras_(*words: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, (result.stderr, result.exception)
    return result


def some(own: Path, count: int = 6) -> Path:
    folder = own / "photos"
    folder.mkdir()
    for path in sorted((own / "pictures").glob("*.png"))[:count]:
        shutil.copy(path, folder)
    aekeras_("index", "build", folder)
    return folder


def test_add_sync_and_remove_say_what_they_did(own: Path) -> None:
    folder = some(own)
    first, second, *_ = sorted(folder.glob("*.png"))
    shutil.copy(first, "single.png")
    Image.new("RGB", (9, 9), "red").save(folder / "red.png")
    second.unlink()
    assert aekeras_("index", "sync", folder, "--dry-run").stdout.splitlines() == [
        *("indexes/l1: 1 added, 1 removed", "  + photos/red.png", f"  - photos/{second.name}"),
        *("indexes/l1_gray: 1 added, 1 removed", "  + photos/red.png", f"  - photos/{second.name}"),
    ]
    assert aekeras_("index", "sync", folder).stdout.splitlines() == [
        "indexes/l1: 1 added, 1 removed; 6 pictures under l1",
        "indexes/l1_gray: 1 added, 1 removed; 6 pictures under l1_gray",
    ]
    assert aekeras_("index", "add", "single.png", "--loss", "l1").stdout == (
        "indexes/l1: 1 added; 6 pictures under l1\n"  # the same bytes as those of the first
    )
    told = [json.loads(line) for line in aekeras_("index", "remove", "photos", "--json").stdout.splitlines()]
    assert [(one["index"], one["removed"], one["count"]) for one in told] == [
        ("indexes/l1", 6, 1),
        ("indexes/l1_gray", 6, 0),
    ]
    assert aekeras_("index", "sync", folder).stdout.splitlines()[1] == (
        "indexes/l1_gray: 6 added; 6 pictures under l1_gray"
    )
    info = json.loads(aekeras_("index", "info", "--json", "--loss", "l1").stdout)
    assert (info["count"], info["files"], info["kind"], info["recall"], info["keeps_images"]) == (
        6,
        7,
        "flat",
        None,
        True,
    )


def test_a_dry_run_has_the_files_in_its_json(own: Path) -> None:
    folder = some(own)
    Image.new("RGB", (9, 9), "red").save(folder / "red.png")
    told = json.loads(aekeras_("index", "add", folder, "--dry-run", "--json", "--loss", "l1").stdout)
    assert told == {
        **{"index": "indexes/l1", "loss": "l1", "added": 1, "updated": 0, "removed": 0, "unreadable": 0},
        "files": {"added": ["photos/red.png"], "updated": [], "removed": [], "unreadable": []},
    }


def test_an_index_is_rebuilt_as_another_kind_without_its_pictures(own: Path) -> None:
    folder = some(own, 100)
    query = sorted((own / "pictures").glob("cat-*.png"))[0]
    exact = aekeras_("search", query, "--loss", "l1", "-k", "3").stdout
    shutil.rmtree(folder)
    told = json.loads(aekeras_("index", "rebuild", "--kind", "HNSW8,Flat", "--loss", "l1", "--json").stdout)
    assert (told["kind"], told["count"]) == ("HNSW8,Flat", 100)
    assert told["recall"] >= 0.95
    assert aekeras_("search", query, "--loss", "l1", "-k", "3").stdout == exact
    assert "HNSW8,Flat with recall@10 " in aekeras_("index", "info", "--loss", "l1").stdout
    assert json.loads(aekeras_("index", "rebuild", "--kind", "flat", "--loss", "l1", "--json").stdout)["kind"] == "flat"


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("sync", "nowhere"), 1, "Expected a picture or a folder of pictures. Received: "),
        (("remove", "nowhere"), 1, "of which nothing is in indexes/l1, indexes/l1_gray. Check the path."),
        (("rebuild", "--kind", "IVF9999,Flat"), 1, "for codes of 16 numbers. Received: 'IVF9999,Flat'"),
        (("rebuild", "--kind", "nonsense"), 1, "Received: 'nonsense'"),
        (("rebuild", "--memory", "much"), 2, "Expected a size such as 500MB or 2GB. Received: 'much'."),
        (("add", "pictures", "--metadata", "none.csv"), 1, "Expected a table in none.csv. Found none."),
        (("add", "pictures", "--loss", "l1_grey"), 1, "Did you mean 'l1_gray'?"),
        (("info", "--indexes", "none"), 1, "Expected an index in `none`. Found none."),
    ],
)
def test_bad_input_is_one_clear_line(words: tuple[str, ...], code: int, message: str) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in Path("indexes").rglob("[!.]*.*"))
    result = aekeras_("index", *words, code=code)
    assert result.stdout == ""
    assert message in result.stderr.splitlines()[-1]
    assert sorted((path, path.stat().st_mtime_ns) for path in Path("indexes").rglob("[!.]*.*")) == before


def test_ctrl_c_in_a_terminal_leaves_a_valid_index_and_sync_goes_on(own: Path) -> None:
    """The signal itself, to the process itself, in the midst of large pictures."""
    large = own / "large"
    large.mkdir()
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (400, 400, 3), np.uint8)).save(file, "PNG")
    for number in range(600):
        (large / f"{number}.png").write_bytes(
            file.getvalue() + str(number).encode()
        )  # a reader stops before the number
    shutil.rmtree("indexes")
    command = [sys.executable, "-m", "aekeras", "index", "sync", "large", "--loss", "l1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
    while not list(Path("indexes").glob("l1/*.sqlite")):  # the first batch has come
        assert process.poll() is None, process.stderr
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert "Warning: Interrupted: what was done so far, " in error
    assert "Traceback" not in error
    with Index.open("indexes/l1") as index:
        done = len(index)
        index.verify()
    assert 0 < done < 600
    told = json.loads(aekeras_("index", "sync", "large", "--loss", "l1", "--json").stdout)
    assert (told["added"], told["count"]) == (600 - done, 600)
