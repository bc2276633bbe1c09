"""`read` gives one kind of picture for every kind of file, and one error for everything that is no picture."""

from __future__ import annotations

import io
import os
import struct
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps, TiffImagePlugin

from aekeras.errors import InputError, MissingError, UnreadableImageError
from aekeras.images import read

CAT = Image.fromarray(skimage.data.chelsea()).resize((90, 61))


def small(image: Image.Image, size: int = 32) -> np.ndarray:
    """The oracle: what Pillow makes of an RGB image."""
    return np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR))


def saved(folder: Path, image: Image.Image, kind: str, **options: object) -> Path:
    file = folder / f"picture.{kind.lower()}"
    image.save(file, kind, **options)
    return file


def fading(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.putalpha(Image.linear_gradient("L").rotate(90).resize(image.size))
    return image


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_a_picture_without_loss_is_the_picture_stretched(tmp_path: Path, kind: str, options: dict[str, object]) -> None:
    pixels = read(saved(tmp_path, CAT, kind, **options), 32)
    assert (pixels.dtype, pixels.shape) == (np.uint8, (32, 32, 3))
    np.testing.assert_array_equal(pixels, small(CAT))


@pytest.mark.parametrize("size", [1, 7, 64, 200])
def test_the_picture_has_the_size_asked_for(tmp_path: Path, size: int) -> None:
    np.testing.assert_array_equal(read(saved(tmp_path, CAT, "PNG"), size), small(CAT, size))


def test_the_name_of_a_file_does_not_matter(tmp_path: Path) -> None:
    odd = saved(tmp_path, CAT, "PNG").rename(tmp_path / "wrong.jpg")
    np.testing.assert_array_equal(read(odd, 32), small(CAT))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparent_parts_lie_on_white(tmp_path: Path, kind: str) -> None:
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    clear = fading(CAT)
    on_white = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    pixels = read(saved(tmp_path, clear, kind, **options), 32)
    assert np.abs(pixels.astype(int) - small(on_white)).max() <= 1


def test_a_wholly_transparent_gif_is_white(tmp_path: Path) -> None:
    pixels = read(saved(tmp_path, Image.new("P", (9, 9), 0), "GIF", transparency=0), 4)
    assert (pixels == 255).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "PA", "RGBX", "CMYK", "YCbCr"])
def test_a_tiff_of_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    image = CAT.convert(mode)
    # Before 13.0, Pillow says of a YCbCr picture that is not compressed, which is rare, that its last row is missing.
    compression = "tiff_lzw" if mode == "YCbCr" else "raw"
    assert (
        np.abs(read(saved(tmp_path, image, "TIFF", compression=compression), 32).astype(int) - small(image)).max() <= 1
    )


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_integers_of_16_bits_keep_their_upper_eight(tmp_path: Path, kind: str) -> None:
    values = np.arange(0, 65536, 16, dtype=np.uint16).reshape(64, 64)
    file = saved(tmp_path, Image.fromarray(values), kind)
    np.testing.assert_array_equal(read(file, 64), np.repeat((values >> 8)[..., None], 3, -1))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0.0, 0.2], [0.6, 1.0]], [[0, 51], [153, 255]]),
        ([[0.2, 0.2], [0.2, 0.2]], [[51, 51], [51, 51]]),
        ([[-10.0, -5.0], [0.0, 10.0]], [[0, 64], [128, 255]]),
        ([[7.0, 7.0], [7.0, 7.0]], [[0, 0], [0, 0]]),
        ([[np.nan, 4.0], [np.inf, 2.0]], [[0, 255], [0, 0]]),
        ([[np.nan, np.nan], [np.nan, -np.inf]], [[0, 0], [0, 0]]),
        ([[-3e38, 3e38], [0.0, 0.0]], [[0, 255], [128, 128]]),
    ],
)
def test_floats_are_taken_from_0_to_1_or_stretched_from_minimum_to_maximum(
    tmp_path: Path, values: list[list[float]], expected: list[list[int]]
) -> None:
    file = saved(tmp_path, Image.fromarray(np.array(values, np.float32)), "TIFF")
    assert read(file, 2)[..., 0] == pytest.approx(np.array(expected), abs=0.5)


def test_integers_of_32_bits_are_stretched_from_minimum_to_maximum(tmp_path: Path) -> None:
    file = saved(tmp_path, Image.fromarray(np.array([[-(2**31), 2**31 - 1], [0, 0]], np.int32)), "TIFF")
    np.testing.assert_array_equal(read(file, 2)[..., 1], [[0, 255], [128, 128]])


def test_of_several_frames_and_pages_the_first_is_read(tmp_path: Path) -> None:
    pages = {"save_all": True, "append_images": [Image.new("RGB", CAT.size, "red")]}
    for kind, options in (("TIFF", {}), ("WEBP", {"lossless": True}), ("PNG", {})):
        np.testing.assert_array_equal(read(saved(tmp_path, CAT, kind, **pages, **options), 32), small(CAT))


# JPEG


@pytest.mark.parametrize("shape", [(1500, 2000), (1503, 2001), (1207, 1609), (3000, 200)])
def test_a_jpeg_decoded_at_a_fraction_is_the_one_decoded_whole(tmp_path: Path, shape: tuple[int, int]) -> None:
    image = Image.fromarray(skimage.data.coffee()).resize(shape[::-1], Image.Resampling.LANCZOS)
    file = saved(tmp_path, image, "JPEG", quality=90)
    difference = np.abs(read(file, 64).astype(int) - small(Image.open(file), 64))
    assert difference.max() <= 8
    assert difference.mean() < 0.4


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = saved(tmp_path, CAT, kind, exif=exif)
    with Image.open(file) as held:
        upright = small(ImageOps.exif_transpose(held))
    assert np.abs(read(file, 32).astype(int) - upright).max() <= 1


def test_the_orientation_of_a_png_is_not_honored_as_the_served_graph_cannot(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    np.testing.assert_array_equal(read(saved(tmp_path, CAT, "PNG", exif=exif), 32), small(CAT))


def test_the_first_picture_of_a_multi_picture_jpeg_is_read(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    second = Image.new("RGB", CAT.size, "red")
    file = saved(tmp_path, CAT, "MPO", save_all=True, append_images=[second], exif=exif, quality=95)
    with Image.open(file) as held:
        upright = small(ImageOps.exif_transpose(held))
    assert np.abs(read(file, 32).astype(int) - upright).max() <= 1


# Faults


def encoded(kind: str, image: Image.Image = CAT, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


WHOLE = [
    encoded("PNG"),
    encoded("PNG", fading(CAT)),
    encoded("PNG", CAT.quantize(20), transparency=bytes(20)),
    encoded("JPEG"),
    encoded("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0", progressive=True),
    encoded("JPEG", CAT.convert("CMYK")),
    encoded("MPO", save_all=True, append_images=[CAT]),
    encoded("GIF", CAT.quantize(20), transparency=1),
    encoded("BMP"),
    encoded("BMP", CAT.quantize(20)),
    encoded("WEBP"),
    encoded("TIFF"),
    encoded("TIFF", compression="tiff_lzw"),
    encoded("TIFF", Image.fromarray(np.ones((5, 5), np.float32))),
]


@pytest.mark.parametrize("contents", WHOLE, ids=lambda contents: contents[:4].hex())
def test_a_picture_cut_short_is_unreadable(tmp_path: Path, contents: bytes) -> None:
    file = tmp_path / "short"
    file.write_bytes(contents)
    read(file, 8)
    # A file of two pictures still has the first one whole when it is cut in half.
    file.write_bytes(contents[: len(contents) // 3])
    with pytest.raises(UnreadableImageError):
        read(file, 8)


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        (b"", "an empty file"),
        (b"not a picture at all", "not a picture of these formats"),
        (encoded("PNG")[:4000], "truncated"),
        (encoded("PPM"), "not a picture of these formats"),
        (encoded("ICO"), "not a picture of these formats"),
    ],
)
def test_the_message_is_one_line_that_says_what_is_wrong_with_which_file(
    tmp_path: Path, contents: bytes, why: str
) -> None:
    file = tmp_path / "odd\nname.png"
    file.write_bytes(contents)
    with pytest.raises(UnreadableImageError) as caught:
        read(file, 8)
    message = str(caught.value)
    assert message.startswith("Expected a whole picture (PNG, JPEG, WEBP, BMP, GIF, TIFF). Received: '")
    assert r"odd\nname.png' (" in message
    assert why in message
    assert "\n" not in message


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("absent.png", "file/absent.png"):
        with pytest.raises(
            MissingError, match=r"^Expected a picture\. Received: '.*absent\.png', which does not exist"
        ):
            read(tmp_path / name, 8)


def test_a_folder_and_a_pipe_are_unreadable(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path, tmp_path / "pipe.png"):
        with pytest.raises(UnreadableImageError, match="not a regular file"):
            read(path, 8)


@pytest.mark.parametrize("side", [9_500, 20_000])
def test_a_picture_above_the_limit_of_pillow_is_unreadable_also_where_pillow_only_warns(
    tmp_path: Path, side: int
) -> None:
    bomb = bytearray(encoded("PNG"))
    bomb[16:24] = struct.pack(">II", side, side)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bytes(bomb[12:29])))
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(UnreadableImageError, match=r"more than 89,478,485 pixels, the limit of Pillow"):
        read(tmp_path / "bomb.png", 8)


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_below_one_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(InputError, match=rf"^Expected `size` >= 1, .* Received: {size}\."):
        read(saved(tmp_path, CAT, "PNG"), size)


@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
def test_whatever_the_bytes_they_are_read_or_unreadable(tmp_path: Path, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(WHOLE) | st.binary(max_size=200))
    contents = bytearray(start)
    for _ in range(data.draw(st.integers(0, 12)) if contents else 0):
        # The headers, where most of a parser's decisions are made, are hit as often as all the rest.
        reach = data.draw(st.sampled_from([len(contents), min(120, len(contents))]))
        contents[data.draw(st.integers(0, reach - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path / "fuzz"
    file.write_bytes(contents[: data.draw(st.integers(0, len(contents)))] if data.draw(st.booleans()) else contents)
    try:
        pixels = read(file, 8)
    except UnreadableImageError:
        return
    assert (pixels.dtype, pixels.shape) == (np.uint8, (8, 8, 3))


# Warnings


def odd_tiff(folder: Path) -> Path:
    """A TIFF of which Pillow warns: a tag that should have one value has two."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270] = "text"
    contents = bytearray(encoded("TIFF", tiffinfo=tags))
    place = contents.index(
        struct.pack("<HH", 278, 4) if struct.pack("<HH", 278, 4) in contents else struct.pack("<HH", 278, 3)
    )
    contents[place + 4 : place + 8] = struct.pack("<I", 2)
    (folder / "odd.tif").write_bytes(contents)
    return folder / "odd.tif"


def test_warnings_of_pillow_stay_inside(tmp_path: Path) -> None:
    file = odd_tiff(tmp_path)
    with pytest.warns(UserWarning, match="Metadata Warning"), Image.open(file) as image:
        image.load()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read(file, 8)
        warnings.warn("one of somebody else", UserWarning, stacklevel=1)
    assert [str(warning.message) for warning in caught] == ["one of somebody else"]


def test_many_threads_leave_the_filters_of_warnings_as_they_were(tmp_path: Path) -> None:
    file = odd_tiff(tmp_path)
    before = list(warnings.filters)
    together = threading.Barrier(8)

    def several(_: int) -> None:
        together.wait()
        for _ in range(20):
            read(file, 8)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(several, range(8)))
    assert warnings.filters == before
