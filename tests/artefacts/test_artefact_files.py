"""A file is the old one or the new one, and errors name it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from disk import files_no_larger_than

from aekeras.artefacts import digest, read_json, storage_errors, write_file, write_json
from aekeras.errors import InputError, MissingError, StorageError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def full_disk(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_digest_is_the_published_sha256_of_abc(tmp_path: Path) -> None:
    published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "abc").write_bytes(b"abc")
    assert digest(b"abc") == digest(tmp_path / "abc") == published


def test_a_digest_of_a_missing_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"^Expected a file at .*gone\. Found none\. Restore it\.$"):
        digest(tmp_path / "gone")


def test_json_comes_back_as_it_went(tmp_path: Path) -> None:
    content = {"loss": "größe", "count": 3, "scale": 0.1, "nothing": None, "name": "\udcff"}
    write_json(tmp_path / "new" / "run.json", content)
    assert read_json(tmp_path / "new" / "run.json") == content
    assert names(tmp_path / "new") == ["run.json"]


def test_a_missing_file_of_json_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"^Expected a file at .*run\.json\. Found none\. Train again\.$"):
        read_json(tmp_path / "run.json", "Train again.")


@pytest.mark.parametrize("data", [b"", b'{"loss": ', b"\xff\xfe\x00", b"[" * 100_000])
def test_a_damaged_file_of_json_is_named_with_what_to_do(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "run.json").write_bytes(data)
    with pytest.raises(InputError, match=r"^Expected JSON\. Received: .*run\.json, which is damaged\. Train\.$"):
        read_json(tmp_path / "run.json", "Train.")


def test_a_number_that_json_has_no_word_for_leaves_the_old_file(tmp_path: Path) -> None:
    write_json(tmp_path / "run.json", 1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "run.json", float("nan"))
    assert read_json(tmp_path / "run.json") == 1


def test_a_file_that_outgrows_a_limit_leaves_the_old_one(tmp_path: Path) -> None:
    write_file(tmp_path / "data", b"old")
    with (
        files_no_larger_than(1000),
        pytest.raises(StorageError, match=r"^Expected to read and write .*data\. Received: File too large"),
    ):
        write_file(tmp_path / "data", b"x" * 2000)
    assert (tmp_path / "data").read_bytes() == b"old"
    assert names(tmp_path) == ["data"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(tmp_path / "data", b"old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StorageError, match=r"No space left on device\. Free some space, then run it again\.$"):
        write_file(tmp_path / "data", b"new")
    assert (tmp_path / "data").read_bytes() == b"old"
    assert names(tmp_path) == ["data"]


def test_a_file_where_a_folder_should_be_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "models").write_bytes(b"")
    with pytest.raises(StorageError, match=r"Choose a place that is a folder\.$"):
        write_file(tmp_path / "models" / "l1" / "run.json", b"")


def test_an_error_that_is_no_refusal_passes_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="broken") as caught, storage_errors(tmp_path):
        raise OSError(errno.EIO, "broken")
    assert not isinstance(caught.value, StorageError)
