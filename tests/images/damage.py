"""Small pictures of every format, and what can happen to a file on its way; the same for the same number."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from PIL import Image

SIDE = 24
EXTREMES = (
    b"\0\0\0\0",
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x80\0\0\0",
    b"\0\0\0\x80",
    b"\xff\xff",
)
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8))
SMOOTH = Image.linear_gradient("L").resize((SIDE, SIDE)).convert("RGB")
EXIF = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"


def encoded(kind: str, image: Image.Image = SMOOTH, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def animated(kind: str) -> bytes:
    """Three frames or pages. They are copies: saving as JPEG leaves something behind that a TIFF cannot take."""
    return encoded(kind, SMOOTH.copy(), save_all=True, append_images=[NOISE.copy(), SMOOTH.copy()])


def chunk(kind: bytes, contents: bytes) -> bytes:
    return struct.pack(">I", len(contents)) + kind + contents + struct.pack(">I", zlib.crc32(kind + contents))


def png(rows: bytes, *extra: bytes, side: int = SIDE, color: int = 0, depth: int = 8, interlaced: int = 0) -> bytes:
    """A PNG of these filtered rows, with other chunks between its head and them."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, depth, color, 0, 0, interlaced))
    body = chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + body


def interlaced() -> bytes:
    """Gray, in the seven passes of Adam7."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    gray = np.asarray(SMOOTH.convert("L"))
    parts = (gray[top::down, left::right] for top, left, down, right in passes)
    return png(b"".join(b"\0" + row.tobytes() for part in parts for row in part), interlaced=1)


def tiff(pixels: bytes, width: int, height: int, compression: int, **other: Sequence[int]) -> bytes:
    """A gray TIFF with its tags last; `other` are tags by number, such as t322=[16]."""
    tags = {256: [width], 257: [height], 258: [8], 259: [compression], 262: [1], 277: [1]}
    tags |= {int(name[1:]): list(values) for name, values in other.items()}
    pixels += b"\0" * (len(pixels) % 2)
    after = 8 + len(pixels) + 2 + 12 * len(tags) + 4
    entries, long = b"", b""
    for tag, values in sorted(tags.items()):
        raw = struct.pack(f"<{len(values)}I", *values)
        place = raw if len(raw) == 4 else struct.pack("<I", after + len(long))
        long += raw if len(raw) > 4 else b""
        entries += struct.pack("<HHI", tag, 4, len(values)) + place
    head = b"II*\0" + struct.pack("<I", 8 + len(pixels))
    return head + pixels + struct.pack("<H", len(tags)) + entries + bytes(4) + long


def tiled() -> bytes:
    tile = zlib.compress(bytes(range(256)))
    places = [8 + number * len(tile) for number in range(4)]
    return tiff(4 * tile, SIDE, SIDE, 8, t322=[16], t323=[16], t324=places, t325=[len(tile)] * 4)


def bmp(pixels: bytes, width: int = SIDE, height: int = SIDE, *, compression: int = 0, bits: int = 24) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 0, 0, 0, 0)
    palette = b"" if bits > 8 else bytes(range(256)) * 4
    return (
        b"BM" + struct.pack("<IHHI", 54 + len(palette) + len(pixels), 0, 0, 54 + len(palette)) + head + palette + pixels
    )


def gif(canvas: tuple[int, int], frame: tuple[int, int], *before: bytes) -> bytes:
    """A GIF whose frame has one pixel of data."""
    head = b"GIF89a" + struct.pack("<HHBBB", *canvas, 0x80, 0, 0) + bytes(6)
    return head + b"".join(before) + b"," + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\x02\x02\x44\x01\0;"


def wholes() -> list[bytes]:
    """A picture in every way of writing one that the reader knows."""
    clear = SMOOTH.convert("RGBA")
    clear.putalpha(SMOOTH.convert("L"))
    sixteen = Image.fromarray(np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE) * 100)
    palette = SMOOTH.quantize(16)
    floats = Image.fromarray(np.linspace(-1, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE))
    return [
        encoded("PNG"),
        encoded("PNG", NOISE),
        encoded("PNG", clear),
        encoded("PNG", sixteen),
        encoded("PNG", palette, transparency=bytes(16)),
        encoded("PNG", SMOOTH.convert("1")),
        animated("PNG"),
        png((b"\0" + bytes(SIDE * 8)) * SIDE, color=6, depth=16),
        png((b"\0" + bytes(SIDE)) * SIDE, chunk(b"zTXt", b"note\0\0" + zlib.compress(b"text"))),
        interlaced(),
        encoded("JPEG"),
        encoded("JPEG", NOISE, progressive=True, quality=90),
        encoded("JPEG", SMOOTH.convert("L")),
        encoded("JPEG", SMOOTH.convert("CMYK")),
        encoded("JPEG", exif=EXIF, icc_profile=b"icc" * 20, comment=b"comment"),
        animated("MPO"),
        encoded("WEBP"),
        encoded("WEBP", clear, lossless=True),
        encoded("WEBP", exif=EXIF),
        animated("WEBP"),
        encoded("BMP"),
        encoded("BMP", palette),
        encoded("BMP", clear),
        bmp(b"\x18\x07\0\0" * SIDE + b"\0\1", compression=1, bits=8),
        bmp(b"\x18\x07\0\0" * SIDE + b"\0\1", compression=2, bits=4),
        encoded("GIF", palette, transparency=1, comment=b"comment"),
        animated("GIF"),
        encoded("TIFF"),
        encoded("TIFF", clear, compression="tiff_lzw"),
        animated("TIFF"),
        encoded("TIFF", compression="tiff_adobe_deflate"),
        encoded("TIFF", compression="jpeg"),
        encoded("TIFF", compression="packbits"),
        encoded("TIFF", SMOOTH.convert("1"), compression="group4"),
        encoded("TIFF", SMOOTH.convert("CMYK")),
        encoded("TIFF", sixteen),
        encoded("TIFF", floats),
        encoded("TIFF", big_tiff=True),
        tiled(),
    ]


def damaged(number: int, pictures: Sequence[bytes]) -> bytes:
    """One of the pictures with one or two faults."""
    chance = random.Random(number)
    contents = bytearray(chance.choice(pictures))
    for _ in range(chance.randint(1, 2)):
        chance.choice(FAULTS)(chance, contents, pictures)
    # Most damage to a PNG is found by its checksums; what lies behind them is met only when they are right.
    return with_checksums(bytes(contents)) if chance.random() < 0.7 else bytes(contents)


def place_in(chance: random.Random, contents: bytearray) -> int:
    """Anywhere, or, as often, in the first bytes, where most of what a parser decides on is written."""
    return chance.randrange(max(1, min(len(contents), chance.choice((64, 200, len(contents))))))


def flip(chance: random.Random, contents: bytearray, _: Sequence[bytes]) -> None:
    for _ in range(chance.randint(1, 8) if contents else 0):
        contents[place_in(chance, contents)] ^= 1 << chance.randrange(8)


def extreme(chance: random.Random, contents: bytearray, _: Sequence[bytes]) -> None:
    for _ in range(chance.randint(1, 3)):
        place, value = place_in(chance, contents), chance.choice(EXTREMES)
        contents[place : place + len(value)] = value


def truncate(chance: random.Random, contents: bytearray, _: Sequence[bytes]) -> None:
    del contents[place_in(chance, contents) :]


def delete(chance: random.Random, contents: bytearray, _: Sequence[bytes]) -> None:
    place = place_in(chance, contents)
    del contents[place : place + chance.randint(1, 40)]


def duplicate(chance: random.Random, contents: bytearray, _: Sequence[bytes]) -> None:
    place = place_in(chance, contents)
    contents[place:place] = contents[place : place + chance.randint(1, 200)] * chance.choice((1, 2, 50))


def splice(chance: random.Random, contents: bytearray, pictures: Sequence[bytes]) -> None:
    other = bytearray(chance.choice(pictures))
    contents[place_in(chance, contents) :] = other[place_in(chance, other) :]


def garble(chance: random.Random, contents: bytearray, _: Sequence[bytes]) -> None:
    contents[chance.choice((4, 8, 12, 16, 30, 60)) :] = chance.randbytes(chance.randint(0, 400))


FAULTS: tuple[Callable[[random.Random, bytearray, Sequence[bytes]], None], ...] = (
    flip,
    extreme,
    extreme,
    truncate,
    delete,
    duplicate,
    splice,
    garble,
)


def with_checksums(contents: bytes) -> bytes:
    """A PNG with the checksum of every chunk put right as far as chunks follow each other; others as they are."""
    if contents[:8] != b"\x89PNG\r\n\x1a\n":
        return contents
    right, place = bytearray(contents), 8
    while place + 12 <= len(right):
        (length,) = struct.unpack_from(">I", right, place)
        end = place + 8 + length
        if end + 4 > len(right):
            break
        struct.pack_into(">I", right, end, zlib.crc32(right[place + 4 : end]))
        place = end + 4
    return bytes(right)


@cache
def bombs() -> dict[str, bytes]:
    """Small files that claim, or unfold to, far more than they hold."""
    hollow = zlib.compress(bytes(64 * 1024**2), 9)
    row = (b"\0" + bytes(SIDE)) * SIDE
    strip = zlib.compress(bytes(SIDE * SIDE))
    most = 2**32 - 1
    strips = {"t273": [8], "t278": [1], "t279": [len(strip)]}
    webp = bytearray(animated("WEBP"))
    webp[24:30] = b"\xff" * 6
    return {
        "wide.png": png(row, side=2**31 - 1),
        "sixteen.png": png(row, side=20_000, color=6, depth=16),
        "text.png": png(row, *(chunk(b"zTXt", b"k\0\0" + hollow) for _ in range(5))),
        "international.png": png(row, *(chunk(b"iTXt", b"k\0\1\0\0\0" + hollow) for _ in range(5))),
        "profile.png": png(row, chunk(b"iCCP", b"k\0\0" + hollow)),
        "pixels.png": png(bytes(256 * 1024**2)),
        "texts.png": png(row, *(chunk(b"tEXt", b"k\0x") for _ in range(20_000))),
        "unknown.png": png(row, chunk(b"prVt", b"") * 20_000),
        "canvas.gif": gif((65535, 65535), (1, 1)),
        "frame.gif": gif((1, 1), (65535, 65535)),
        "comments.gif": gif((SIDE, SIDE), (SIDE, SIDE), b"!\xfe\x01x\0" * 100_000),
        "wide.bmp": bmp(b"", 2**31 - 1, 2**31 - 1),
        "negative.bmp": bmp(b"", SIDE, -(2**31)),
        "skips.bmp": bmp(b"\0\2\0\xff" * 1000, 900_000, 1, compression=1, bits=8),
        "canvas.webp": bytes(webp),
        "wide.tif": tiff(strip, most, most, 8, **strips),
        "thin.tif": tiff(strip, 1, most, 8, **strips),
        "strips.tif": tiff(strip, SIDE, SIDE, 1, t273=[8] * 20_000, t278=[1], t279=[SIDE] * 20_000),
        "strip.tif": tiff(strip, SIDE, SIDE, 8, t273=[8], t278=[most], t279=[most]),
        "tile.tif": tiff(strip, SIDE, SIDE, 8, t322=[46_336], t323=[46_336], t324=[8], t325=[len(strip)]),
        "tiles.tif": tiff(strip, 1000, 1000, 8, t322=[1], t323=[1], t324=[8], t325=[len(strip)]),
        "tags.tif": tiff(bytes(50_000), SIDE, SIDE, 1, **{f"t{tag}": [0] * 5000 for tag in range(40_000, 40_010)}),
    }
