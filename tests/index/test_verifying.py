"""`verify` finds what is no longer as it was written, and codes that are not those of their pictures."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from aekeras.cli import main
from aekeras.errors import AekerasError, InputError, MismatchError, MissingError
from aekeras.index import Index
from aekeras.store import Manifest, changing


def aekeras_(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_an_index_that_is_intact_passes(own: Path) -> None:
    with Index.open(own / "indexes" / "l1") as index:
        found = index.verify(sample=7)
    assert (found.count, found.files, found.encoded, found.gone) == (120, 4, 7, 0)
    assert str(found) == "indexes/l1: intact; 120 codes, 4 files, 7 pictures encoded again"


def test_pictures_that_are_gone_or_changed_are_not_held_against_it(own: Path) -> None:
    copies = own / "copies"
    shutil.copytree(own / "pictures", copies)
    with Index.open("indexes/l1") as index:
        index.remove(sorted({item.path.parent for _, item in index}))
        index.add(copies)
        for path in list(copies.glob("*.png"))[::2]:
            os.utime(path, ns=(1, 1))
        found = index.verify(sample=999)
    assert (found.encoded, found.gone) == (60, 60)
    assert str(found).endswith("60 pictures encoded again (60 more are gone or have changed)")


def test_a_code_that_is_not_that_of_its_picture_is_found(own: Path) -> None:
    with Index.open("indexes/l1") as index:
        (_, item), *_ = index
        index.remove(item.path)
        with changing(index.directory) as change:
            change.add([item], np.ones((1, 16)), np.zeros((1, 32, 32, 3), np.uint8))
            change.commit()
        index.reopen()
        with pytest.raises(InputError, match=rf"Expected the code that indexes/l1 has for .*{item.path.name}\. Rec"):
            index.verify(sample=999)
    assert own


def test_a_model_that_is_another_one_or_gone_is_told_of(own: Path) -> None:
    shutil.rmtree(own / "models/l1/1")
    with Index.open("indexes/l1") as index, pytest.raises(MissingError, match="Expected the model of indexes/l1"):
        index.verify()
    shutil.copytree("models/l1_gray/1", "models/l1/1")
    with Index.open("indexes/l1") as index, pytest.raises(MismatchError, match="Expected the model that made"):
        index.verify()


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("kind", ["manifest", "codes", "items", "images"])
def test_the_command_names_the_file_that_is_damaged_and_goes_on_with_the_others(kind: str) -> None:
    (path,) = Path("indexes/l1").glob(f"{kind}*")
    damage(path)
    result = aekeras_("index", "verify", "--json")
    assert result.exit_code == 1
    bad, good = (json.loads(line) for line in result.stdout.splitlines())
    assert (bad["index"], bad["passed"], good["index"], good["passed"]) == (
        "indexes/l1",
        False,
        "indexes/l1_gray",
        True,
    )
    assert str(path) in bad["reason"]
    assert str(path) in result.stderr
    with pytest.raises(AekerasError, match=path.name):
        Index.open("indexes/l1")


@pytest.mark.usefixtures("own")
def test_a_damaged_index_is_mended_by_building_it_anew(own: Path) -> None:
    for path in Path("indexes/l1").glob("[mci]*"):
        damage(path)
    assert aekeras_("index", "build", str(own / "pictures"), "--loss", "l1").exit_code == 0
    assert aekeras_("index", "verify").exit_code == 0
    assert Manifest.read(Path("indexes/l1")).count == 120


def test_an_index_without_its_manifest_is_not_passed_over(own: Path) -> None:
    Path("indexes/l1/manifest.json").unlink()
    result = aekeras_("index", "verify")
    assert result.exit_code == 1
    assert "Expected indexes/l1/manifest.json beside the other files of an index. Found none." in result.stderr
    assert result.stdout.startswith("indexes/l1_gray: intact; ")
    assert aekeras_("index", "info").exit_code == 1
    refused = aekeras_("index", "sync", str(own / "pictures"))
    assert refused.exit_code == 1
    assert "Expected indexes/l1/manifest.json beside the other files" in refused.stderr
    assert len(list(Path("indexes/l1").glob("codes-*"))) == 1
    assert aekeras_("index", "info", "--loss", "l1_gray").exit_code == 0


def test_a_first_build_that_was_killed_is_no_index_yet(own: Path) -> None:
    """What it left has no manifest, and never had one."""
    shutil.rmtree("indexes/l1/")
    Path("indexes/l1").mkdir()
    shutil.copy(next(Path("indexes/l1_gray").glob("codes-*")), "indexes/l1/codes-1.faiss")
    assert aekeras_("index", "verify").stdout.startswith("indexes/l1_gray: intact; ")
    result = aekeras_("index", "sync", str(own / "pictures"), "--loss", "l1")
    assert (result.exit_code, result.stdout) == (0, "indexes/l1: 120 added; 120 pictures under l1\n")
    assert aekeras_("index", "verify").exit_code == 0
