"""Whatever a file holds, reading it ends soon, in bounded memory, with a picture or a reason."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from damage import EXIF, SIDE, SMOOTH, bombs, chunk, damaged, encoded, gif, png, tiff, wholes
from PIL import Image

from aekeras.errors import UnreadableImageError
from aekeras.images import bounds, read

FILES = 10_000
MEBIBYTE = 1024**2

# Streams the files of a folder by one thread and tells what came of each, and how much memory it took at most.
READER = """
import faulthandler, json, os, resource, sys
from pathlib import Path
from PIL import Image
from aekeras.images import Unreadable, stream

folder, most_pixels, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
os.sched_getaffinity = lambda _: {0}
resource.setrlimit(resource.RLIMIT_AS, (8 * 1024**3, 8 * 1024**3))
Image.MAX_IMAGE_PIXELS = most_pixels
Image.preinit()

def peak():
    if Path("/proc/self/status").exists():  # where the peak of rusage starts with the parent's
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        return int(status["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

files = sorted(folder.iterdir())
before, told = peak(), []
faulthandler.enable()
faulthandler.dump_traceback_later(seconds, exit=True)
for file, outcome in zip(files, stream(files, (8,))):
    faulthandler.dump_traceback_later(seconds, exit=True)
    if isinstance(outcome, Unreadable):
        told.append([outcome.path == file, outcome.reason])
    else:
        pixels = outcome.pixels[8]
        told.append([outcome.file.path == file and (pixels.dtype, pixels.shape) == ("uint8", (8, 8, 3)), ""])
json.dump({"told": told, "memory": peak() - before}, sys.stdout)
"""


def written(folder: Path, contents: Iterable[bytes]) -> Path:
    folder.mkdir()
    for number, each in enumerate(contents):
        (folder / f"{number:05}").write_bytes(each)
    return folder


def told_by_reader(folder: Path, most_pixels: int) -> tuple[list[str], int]:
    """For each file the reason, empty for a picture, and the bytes of memory; no file takes longer than 10 seconds."""
    command = [sys.executable, "-W", "error", "-c", READER, str(folder), str(most_pixels), "10"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert all(right for right, _ in found["told"])
    reasons = [reason for _, reason in found["told"]]
    assert len(reasons) == len(list(folder.iterdir()))
    assert all(len(reason.splitlines()) <= 1 for reason in reasons)
    assert not [reason for reason in reasons if "encountered" in reason], "a warning of numpy"
    return reasons, found["memory"]


@pytest.mark.slow
def test_ten_thousand_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    pictures = wholes()
    contents = [damaged(number, pictures) for number in range(FILES)]
    reasons, memory = told_by_reader(written(tmp_path / "files", contents), 1_000_000)
    assert memory < 96 * MEBIBYTE
    kinds = Counter(each[:2] for each, reason in zip(contents, reasons, strict=True) if not reason)
    assert all(kinds[start] > 20 for start in (b"\x89P", b"\xff\xd8", b"RI", b"BM", b"GI", b"II")), kinds
    assert sum(map(bool, reasons)) > FILES // 2


@pytest.mark.slow
def test_files_that_unfold_to_far_more_than_they_hold_are_read_in_bounded_memory(tmp_path: Path) -> None:
    reasons, memory = told_by_reader(written(tmp_path / "files", bombs().values()), 1_000_000)
    told = dict(zip(bombs(), reasons, strict=True))
    refused = {name for name, reason in told.items() if "more than 1,000,000 pixels" in reason}
    assert {"wide.png", "sixteen.png", "canvas.gif", "frame.gif", "negative.bmp"} <= refused
    assert told["canvas.webp"]  # which Pillow or libwebp refuses, whoever of them looks first
    assert memory < 96 * MEBIBYTE


@pytest.mark.slow
def test_the_largest_pictures_take_at_most_24_bytes_for_each_pixel(tmp_path: Path) -> None:
    side = 3000
    packed = zlib.compress(bytes(4 * side * side), 9)
    strip = {"t258": [32], "t273": [8], "t278": [side], "t279": [len(packed)]}
    clear = Image.new("RGBA", (side, side))
    largest = [
        png((b"\0" + bytes(8 * side)) * side, side=side, color=6, depth=16),
        png((b"\0" + bytes(2 * side)) * side, side=side, depth=16),
        tiff(packed, side, side, 8, **strip, t339=[3]),
        tiff(packed, side, side, 8, **strip, t339=[2]),
        gif((side, side), (1, 1), b"!\xf9\x04\x01\0\0\0\0"),
        encoded("WEBP", clear, lossless=True, method=0),
        encoded("JPEG", clear.convert("CMYK"), progressive=True),
    ]
    reasons, memory = told_by_reader(written(tmp_path / "files", largest), side * side)
    assert reasons == [""] * len(largest)
    assert memory < 24 * side * side + 16 * MEBIBYTE


# What the hunt has found


def refused(file: Path, why: str) -> None:
    with pytest.raises(UnreadableImageError, match=why):
        read(file, 8)


def test_a_tiff_whose_one_tile_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tile.tif"
    file.write_bytes(bombs()["tile.tif"])
    refused(file, r"tiles of 46,336 x 46,336 pixels, far larger than the picture")


def test_a_tiff_smaller_than_its_tile_is_read(tmp_path: Path) -> None:
    tile = zlib.compress(bytes([200]) * 1024**2)
    file = tmp_path / "tile.tif"
    file.write_bytes(tiff(tile, SIDE, SIDE, 8, t322=[1024], t323=[1024], t324=[8], t325=[len(tile)]))
    assert (read(file, 8) == 200).all()


def with_scans(count: int) -> bytes:
    """A progressive gray JPEG whose last scan comes again and again."""
    whole = encoded("JPEG", SMOOTH.convert("L"), progressive=True)
    # The first scan of coefficients 1 to 5, with the table before it; it may come again as often as one likes.
    start = whole.index(b"\xff\xc4", whole.index(b"\xff\xda"))
    end = whole.index(b"\xff\xc4", whole.index(b"\xff\xda", start))
    return whole[:end] + whole[start:end] * count + whole[end:]


def test_a_jpeg_that_goes_over_its_pixels_a_thousand_times_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "scans.jpg"
    file.write_bytes(with_scans(400))
    read(file, 8)
    file.write_bytes(with_scans(1000))
    refused(file, "more than 500 scans")


def test_a_jpeg_with_very_many_parts_of_exif_is_refused(tmp_path: Path) -> None:
    whole = encoded("JPEG")
    part = b"\xff\xe1" + (len(EXIF) + 2).to_bytes(2, "big") + EXIF
    file = tmp_path / "exif.jpg"
    file.write_bytes(whole[:2] + 100 * part + whole[2:])
    read(file, 8)
    file.write_bytes(whole[:2] + 101 * part + whole[2:])
    refused(file, "more than 100 parts of EXIF data")


def test_a_hollow_file_of_a_gibibyte_is_refused_before_it_is_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "hollow.webp"
    file.write_bytes(encoded("WEBP"))
    with file.open("r+b") as stream:
        stream.truncate(1024**3)
    refused(file, "more than 536,870,912 bytes besides the pixels")


@pytest.mark.parametrize("before", [True, False])
def test_text_of_any_length_before_or_after_the_pixels_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    whole, text = encoded("PNG"), chunk(b"prVt", bytes(2 * MEBIBYTE))
    place = whole.index(b"IDAT" if before else b"IEND") - 4
    file = tmp_path / "text.png"
    file.write_bytes(whole[:place] + text + whole[place:])
    read(file, 8)
    monkeypatch.setattr(bounds, "_BESIDES_PIXELS", MEBIBYTE)
    refused(file, "more than 1,048,576 bytes besides the pixels")


def test_floats_are_stretched_in_little_more_memory_than_they_take(tmp_path: Path) -> None:
    values = np.linspace(-5, 9, 2000 * 2000, dtype=np.float32).reshape(2000, 2000)
    file = tmp_path / "floats.tif"
    Image.fromarray(values).save(file)
    tracemalloc.start()
    try:
        pixels = read(file, 2000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(pixels[..., 0], np.rint(255 * ((values.astype(np.float64) + 5) / 14)))
    assert peak < 3 * values.nbytes


def test_a_signalling_nan_is_black_and_nothing_is_said_about_it(tmp_path: Path) -> None:
    file = tmp_path / "nan.tif"
    values = struct.pack("<4I", 0x7F800001, 0x3F800000, 0x3F800000, 0x3F800000)
    file.write_bytes(tiff(values, 2, 2, 1, t258=[32], t339=[3], t273=[8], t278=[2], t279=[16]))
    assert read(file, 2)[..., 0].tolist() == [[0, 255], [255, 255]]
