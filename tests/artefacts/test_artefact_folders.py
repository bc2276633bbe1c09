"""A folder appears whole or not at all, and versions get numbers of their own."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aekeras.artefacts import latest_version, new_directory, new_version, write_file
from aekeras.errors import InputError, StorageError

WRITER = """
import sys
from pathlib import Path
from aekeras.artefacts import new_version
with new_version(Path(sys.argv[1])) as draft:
    (draft.directory / "half").write_bytes(b"1")
    print("writing", flush=True)
    sys.stdin.read()
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def full_disk(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_new_folder_is_hidden_until_it_is_whole(tmp_path: Path) -> None:
    final = tmp_path / "12"
    with new_directory(final) as folder:
        (folder / "variables").mkdir()
        (folder / "variables" / "data").write_bytes(b"1")
        assert folder.parent == tmp_path
        assert all(name.startswith(".") for name in names(tmp_path))
    assert names(tmp_path) == ["12"]
    assert (final / "variables" / "data").read_bytes() == b"1"


def test_every_file_is_synced_before_the_folder_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[int] = set()
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.add(os.fstat(descriptor).st_ino))
    renamed: list[set[int]] = []
    rename = Path.rename

    def watched(self: Path, target: Path) -> Path:
        renamed.append({path.stat().st_ino for path in [self, *self.rglob("*")]})
        assert renamed[0] <= synced
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", watched)
    with new_directory(tmp_path / "index") as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_bytes(b"1")
        (folder / "file").write_bytes(b"2")
    assert len(renamed[0]) == 4


def fail_in_a_folder(parent: Path, problem: type[BaseException]) -> None:
    with new_directory(parent / "index") as folder:
        (folder / "half").write_bytes(b"1")
        raise problem


def fail_in_a_version(parent: Path, problem: type[BaseException]) -> None:
    with new_version(parent) as draft:
        (draft.directory / "half").write_bytes(b"1")
        raise problem


@pytest.mark.parametrize("problem", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("fail", [fail_in_a_folder, fail_in_a_version])
def test_a_failure_leaves_nothing(
    tmp_path: Path,
    fail: Callable[[Path, type[BaseException]], None],
    problem: type[BaseException],
) -> None:
    with pytest.raises(problem):
        fail(tmp_path, problem)
    assert names(tmp_path) == []


def test_a_full_disk_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StorageError, match="No space left"), new_version(tmp_path) as draft:
        (draft.directory / "file").write_bytes(b"1")
    assert names(tmp_path) == []


def test_a_folder_that_exists_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    message = r"^Expected a new folder\. Received: .*index, which exists\. Choose another name\.$"
    with pytest.raises(InputError, match=message), new_directory(tmp_path / "index"):
        pass
    assert names(tmp_path) == ["index"]


def test_a_folder_that_somebody_else_finishes_first_is_kept(tmp_path: Path) -> None:
    final = tmp_path / "index"
    late = new_directory(final)
    (late.__enter__() / "late").write_bytes(b"")
    with new_directory(final) as early:
        (early / "early").write_bytes(b"")
    with pytest.raises(InputError, match="which exists"):
        late.__exit__(None, None, None)
    assert names(tmp_path) == ["index"]
    assert names(final) == ["early"]


def test_others_may_read_what_was_written(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        with new_version(tmp_path / "l1") as draft:
            write_file(draft.directory / "file", b"1")
    finally:
        os.umask(old)
    assert (tmp_path / "l1" / "1").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "l1" / "1" / "file").stat().st_mode & 0o777 == 0o644


def test_versions_count_from_one(tmp_path: Path) -> None:
    parent = tmp_path / "models" / "l1"
    assert latest_version(parent) is None
    for number in ("1", "2"):
        with new_version(parent) as draft:
            (draft.directory / "file").write_bytes(number.encode())
        assert draft.final == latest_version(parent) == parent / number
        assert (parent / number / "file").read_bytes() == number.encode()


def test_only_names_of_digits_count_and_ten_follows_nine(tmp_path: Path) -> None:
    for name in ("9", "2", "x77", "88.old", ".99", "-5", "٣٣"):
        (tmp_path / name).mkdir()
    (tmp_path / "3").write_bytes(b"a file")
    assert latest_version(tmp_path) == tmp_path / "9"
    with new_version(tmp_path) as draft:
        pass
    assert draft.final == tmp_path / "10" == latest_version(tmp_path)


def test_versions_finished_at_the_same_time_get_different_numbers(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def write(number: int) -> tuple[int, Path | None]:
        with new_version(tmp_path) as draft:
            (draft.directory / "who").write_text(str(number))
            together.wait(timeout=30)
        return number, draft.final

    with ThreadPoolExecutor(8) as pool:
        finals = dict(pool.map(write, range(8)))
    assert names(tmp_path) == [str(number) for number in range(1, 9)]
    assert all(final and int((final / "who").read_text()) == number for number, final in finals.items())


@pytest.mark.slow
def test_what_a_killed_run_left_goes_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as killed, subprocess.Popen(command, **pipes) as living:
        assert killed.stdout
        assert living.stdout
        assert killed.stdout.readline() == living.stdout.readline() == "writing\n"
        killed.kill()
        killed.wait()
        assert len(names(tmp_path)) == 2
        with new_version(tmp_path) as draft:
            pass
        assert draft.final == tmp_path / "1"
        assert len(names(tmp_path)) == 2
        living.communicate()
    assert names(tmp_path) == ["1", "2"]
    assert names(tmp_path / "2") == ["half"]


def test_what_another_machine_writes_stays_for_a_day(tmp_path: Path) -> None:
    other = tmp_path / ".index.00000000-1-00000000.partial"
    other.mkdir()
    with new_directory(tmp_path / "index"):
        pass
    assert other.is_dir()
    two_days_ago = other.stat().st_mtime - 2 * 86_400
    os.utime(other, (two_days_ago, two_days_ago))
    write_file(tmp_path / "another", b"")
    assert other.is_dir(), "it belongs to another name"
    write_file(tmp_path / "index.json", b"")
    assert other.is_dir(), "it belongs to another name"
    with pytest.raises(InputError), new_directory(tmp_path / "index"):
        pass
    assert not other.exists()
