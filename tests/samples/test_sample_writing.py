"""The folder of samples: whole or not there, and never over anything else."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from aekeras.errors import InputError, StorageError
from aekeras.samples import Sample, draw, generate, write, writing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "samples", count=8, size=16)
    return tmp_path / "samples"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_each_sample_is_a_png_with_a_speaking_name(tmp_path: Path) -> None:
    paths = write(tmp_path / "new" / "samples", count=9, size=32, seed=3)
    for number, (path, sample) in enumerate(zip(paths, generate(9, seed=3), strict=True)):
        assert path.name == f"{sample.shape}-{sample.color}-{number:04d}.png"
        with Image.open(path) as image:
            assert (image.format, image.mode) == ("PNG", "RGB")
            assert image.tobytes() == draw(sample, 32).tobytes()


def test_the_table_says_what_each_picture_shows(folder: Path) -> None:
    with (folder / "factors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [path.name for path in write(folder, count=8, size=16)]
    told = [
        Sample(
            **{key: row[key] for key in ("shape", "color", "ground", "ground_color")},
            **{key: float(row[key]) for key in ("x", "y", "size")},
            mirrored=row["mirrored"] == "true",
        )
        for row in rows
    ]
    assert told == generate(8)
    assert [row["luma_set"] for row in rows] == ["middle"] * 6 + ["dark", "light"]
    assert {row["image_size"] for row in rows} == {"16"}


def test_the_folder_holds_nothing_else_and_neither_does_its_parent(folder: Path) -> None:
    assert len(list(folder.iterdir())) == 9
    assert list(folder.parent.iterdir()) == [folder]


def test_samples_that_are_there_are_used_again(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    paths = write(folder, count=8, size=16)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert set(paths) == before.keys() - {folder / "factors.csv"}


def test_hidden_files_do_not_matter(folder: Path) -> None:
    (folder / ".DS_Store").touch()
    assert len(write(folder, count=8, size=16)) == 8


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    assert all(path.is_file() for path in write(tmp_path / "samples", count=3, size=16))


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"seed": 1}, "(its factors.csv is missing or of other samples|it holds '.*png')"),
        ({"size": 17}, "its factors.csv is missing or of other samples"),
        ({"count": 7}, "it holds '.*png'"),
    ],
)
def test_other_samples_are_not_overwritten(folder: Path, arguments: dict[str, int], found: str) -> None:
    before = contents(folder)
    with pytest.raises(InputError, match=found):
        write(folder, **{"count": 8, "size": 16, **arguments})
    assert contents(folder) == before


def test_a_folder_of_other_files_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"precious")
    (tmp_path / "notes.txt").write_bytes(b"mine")
    message = (
        "Expected a folder that is new, empty, or holds just these 8 samples. "
        f"Received: {str(tmp_path)!r} (it holds 'holiday.jpg' and 1 more). "
        "Choose another folder, or remove this one first."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        write(tmp_path, count=8, size=16)
    assert contents(tmp_path) == {"holiday.jpg": b"precious", "notes.txt": b"mine"}


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_folder_that_lacks_a_picture_is_refused(folder: Path, damage: object) -> None:
    damage(folder / "cat-blue-0001.png")
    with pytest.raises(InputError, match=r"'cat-blue-0001.png' is missing or empty"):
        write(folder, count=8, size=16)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "samples").write_bytes(b"precious")
    with pytest.raises(InputError, match="a file"):
        write(tmp_path / "samples", count=8, size=16)
    assert (tmp_path / "samples").read_bytes() == b"precious"


def test_an_interrupted_run_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def interrupted(sample: Sample, size: int) -> Image.Image:
        drawn.append(sample)
        if len(drawn) == 4:
            raise KeyboardInterrupt
        return draw(sample, size)

    monkeypatch.setattr(writing, "draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "samples", count=8, size=16)
    assert list(tmp_path.iterdir()) == []


def test_two_runs_at_once_end_with_one_whole_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(sample: Sample, size: int) -> Image.Image:
        monkeypatch.setattr(writing, "draw", draw)
        write(tmp_path / "samples", count=8, size=16)
        return draw(sample, size)

    monkeypatch.setattr(writing, "draw", overtaken)
    assert all(path.is_file() for path in write(tmp_path / "samples", count=8, size=16))
    assert list(tmp_path.iterdir()) == [tmp_path / "samples"]


def test_a_place_where_no_folder_can_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"Expected a folder .* Received: .* \(Not a directory\)"):
        write(tmp_path / "file" / "samples", count=8, size=16)


@pytest.mark.slow
def test_a_disk_that_takes_no_more_is_a_storage_error_and_leaves_nothing(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="limits of a process exist on POSIX only")
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from aekeras.errors import StorageError; from aekeras.samples import write\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))\n"
        "try: write(Path(sys.argv[1]), count=8, size=64)\n"
        "except StorageError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "samples"], capture_output=True, text=True, check=True
    )
    assert "(File too large). Free some space or choose another folder." in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_importing_the_samples_loads_no_heavy_guest() -> None:
    program = "import sys, aekeras.samples; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "aekeras.samples.shapes" in done.stdout.split()
    assert {"tensorflow", "keras", "faiss"}.isdisjoint(done.stdout.split())
