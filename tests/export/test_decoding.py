"""The served graph reads a file as `aekeras.images.read` does, so that both give the same code.

Tolerances, measured in steps of 1/255 on the photographs of scikit-image: both round, Pillow once more than
TensorFlow, so the roads differ by at most 1 and by 0.2 on average. Where Pillow decodes a JPEG at a fraction of its
size, sharp edges differ by up to 8 and the average by up to 0.4.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import tensorflow as tf
from PIL import Image

from aekeras.export.decoding import MAX_PIXELS, decode
from aekeras.images import read

SIDE = 32
CAT = Image.fromarray(skimage.data.chelsea()).resize((90, 61))
PLAIN = {"most": 1.0, "average": 0.25}
REDUCED = {"most": 12.0, "average": 0.5}

Served = Callable[[list[bytes]], np.ndarray]


class Reader(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def images(self, image_bytes: tf.Tensor) -> tf.Tensor:
        return decode(image_bytes, SIDE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Files to images, in steps of 1/255, by a graph that was saved and loaded."""
    folder = tmp_path_factory.mktemp("served")
    tf.saved_model.save(Reader(), str(folder))
    loaded = tf.saved_model.load(str(folder))
    return lambda files: 255 * loaded.images(tf.constant(files, tf.string)).numpy()


@pytest.fixture
def pillow(tmp_path: Path) -> Callable[[bytes], np.ndarray]:
    def pixels(contents: bytes) -> np.ndarray:
        file = tmp_path / "picture"
        file.write_bytes(contents)
        return read(file, SIDE).astype(np.float64)

    return pixels


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def fading(image: Image.Image) -> Image.Image:
    """The image, transparent on the left and opaque on the right."""
    image = image.copy()
    image.putalpha(Image.linear_gradient("L").rotate(90).resize(image.size))
    return image


def png(values: np.ndarray, color_type: int, bits: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of numbers, shape (H, W) or (H, W, C), of a bit depth that Pillow does not write."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    if bits == 16:
        rows = [row.astype(">u2").tobytes() for row in values]
    else:
        digits = (values[..., None] >> np.arange(bits - 1, -1, -1)) & 1
        rows = [np.packbits(row).tobytes() for row in digits.reshape(len(values), -1)]
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, color_type, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = [(b"IHDR", header), *chunks, (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def bmp(image: Image.Image, compression: int, masks: tuple[int, ...], header: int = 108) -> bytes:
    """A BMP of 32 bits with a header of version 4, which Pillow does not write."""
    blue_first = np.asarray(image.convert("RGBA"))[::-1, :, [2, 1, 0, 3]].tobytes()
    size = struct.pack(
        "<IiiHHIIiiII", header, image.width, image.height, 1, 32, compression, len(blue_first), 0, 0, 0, 0
    )
    start = 14 + header
    head = (size + struct.pack("<4I", *masks)).ljust(header, b"\0")
    return b"BM" + struct.pack("<IHHI", start + len(blue_first), 0, 0, start) + head + blue_first


def ramp(channels: int) -> np.ndarray:
    """Numbers of 16 bits whose lower eight are noise, shape (40, 50, channels)."""
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, channels))
    return 256 * np.linspace(0, 255, 40 * 50 * channels, dtype=np.int64).reshape(noise.shape) + noise


PALETTE = (b"PLTE", bytes([200, 10, 10, 10, 200, 10, 10, 10, 200, 90, 90, 90]))
FOUR_COLORS = np.add.outer(np.arange(30), np.arange(41)) // 9 % 4
MASKS = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)

cmyk = encoded(CAT.convert("CMYK"), "JPEG", quality=95)
adobe = cmyk.index(b"\xff\xee\x00\x0eAdobe")

FILES = {
    "png rgb": encoded(CAT, "PNG"),
    "png rgb and a transparent color": png(
        np.asarray(CAT).astype(int) // 64 * 64, 2, 8, (b"tRNS", struct.pack(">3H", 128, 64, 64))
    ),
    "png rgba": encoded(fading(CAT), "PNG"),
    "png gray": encoded(CAT.convert("L"), "PNG"),
    "png gray and alpha": encoded(fading(CAT.convert("L")), "PNG"),
    "png gray and a transparent gray": encoded(CAT.convert("L").point(lambda v: v // 64 * 64), "PNG", transparency=64),
    "png 1 bit": encoded(CAT.convert("1"), "PNG"),
    "png 1 bit and transparent black": encoded(CAT.convert("1"), "PNG", transparency=0),
    "png gray of 2 bits": png(FOUR_COLORS, 0, 2),
    "png gray of 4 bits": png(4 * FOUR_COLORS, 0, 4),
    "png palette": encoded(CAT.quantize(100), "PNG"),
    "png palette and a transparent color": encoded(CAT.quantize(20), "PNG", transparency=3),
    "png palette and alpha": encoded(CAT.quantize(20), "PNG", transparency=bytes(range(0, 200, 10))),
    "png palette of 1 bit": png(FOUR_COLORS // 2, 3, 1, PALETTE),
    "png palette of 2 bits": png(FOUR_COLORS, 3, 2, PALETTE),
    "png palette of 2 bits and alpha": png(FOUR_COLORS, 3, 2, PALETTE, (b"tRNS", bytes([0, 100, 200]))),
    "png gray of 16 bits": png(ramp(1)[..., 0], 0, 16),
    "png gray of 16 bits and a transparent gray": png(ramp(1)[..., 0] // 9000 * 9000, 0, 16, (b"tRNS", b"\x46\x50")),
    "png gray and alpha of 16 bits": png(ramp(2), 4, 16),
    "png rgb of 16 bits": png(ramp(3), 2, 16),
    "png rgb of 16 bits and a transparent color": png(
        np.where(ramp(3)[..., :1] > 2**15, ramp(3), [0xC011, 0x1022, 0x8033]),
        2,
        16,
        (b"tRNS", b"\xc0\x11\x10\x22\x80\x33"),
    ),
    "png rgba of 16 bits": png(ramp(4), 6, 16),
    "png of one pixel": encoded(Image.new("RGB", (1, 1), "teal"), "PNG"),
    "png very wide": encoded(CAT.resize((700, 3)), "PNG"),
    "jpeg": encoded(CAT, "JPEG"),
    "jpeg 4:4:4": encoded(CAT, "JPEG", subsampling=0),
    "jpeg progressive": encoded(CAT, "JPEG", progressive=True),
    "jpeg of rgb": encoded(CAT, "JPEG", keep_rgb=True),
    "jpeg gray": encoded(CAT.convert("L"), "JPEG"),
    "jpeg cmyk inverted by Adobe": cmyk,
    "jpeg ycck by Adobe": cmyk[: adobe + 15] + b"\x02" + cmyk[adobe + 16 :],
    "jpeg cmyk not inverted": cmyk[:adobe] + cmyk[adobe + 16 :],
    "gif": encoded(CAT.quantize(100), "GIF"),
    "gif not interlaced": encoded(CAT.quantize(100), "GIF", interlace=0),
    "gif gray": encoded(CAT.convert("L"), "GIF"),
    "gif 1 bit": encoded(CAT.convert("1"), "GIF"),
    "gif with a comment": encoded(CAT.quantize(20), "GIF", transparency=2, comment=b"!\xf9\x04\x01\0\0\x05\0," * 40),
    "gif transparent": encoded(CAT.quantize(20), "GIF", transparency=2),
    "gif from rgba": encoded(fading(CAT), "GIF"),
    "gif animated": encoded(
        CAT.quantize(20),
        "GIF",
        save_all=True,
        append_images=[CAT.rotate(90).quantize(20), Image.new("RGB", CAT.size)],
        transparency=2,
        loop=0,
    ),
    "bmp rgb": encoded(CAT, "BMP"),
    "bmp gray": encoded(CAT.convert("L"), "BMP"),
    "bmp palette": encoded(CAT.quantize(100), "BMP"),
    "bmp of 32 bits, the fourth byte unused": encoded(fading(CAT), "BMP"),
    "bmp of version 4, the fourth byte unused": bmp(fading(CAT), 0, (0, 0, 0, 0)),
    "bmp of version 4 whose masks are not in force": bmp(fading(CAT), 0, MASKS),
    "bmp with alpha": bmp(fading(CAT), 3, MASKS),
    "bmp with an empty alpha mask": bmp(fading(CAT), 3, (*MASKS[:3], 0)),
}


def assert_same(a: np.ndarray, b: np.ndarray, most: float, average: float) -> None:
    difference = np.abs(a - b)
    # A thousandth for the division by 255 in float32.
    assert difference.max() <= most + 1e-3
    assert difference.mean() < average


@pytest.mark.parametrize("name", FILES)
def test_both_roads_give_the_same_picture(name: str, served: Served, pillow: Callable[[bytes], np.ndarray]) -> None:
    assert_same(served([FILES[name]])[0], pillow(FILES[name]), **PLAIN)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "retina"])
@pytest.mark.parametrize("subsampling", [0, 2])
def test_large_photographs_agree_though_pillow_decodes_a_fraction(
    name: str, subsampling: int, served: Served, pillow: Callable[[bytes], np.ndarray]
) -> None:
    photograph = encoded(Image.fromarray(getattr(skimage.data, name)()), "JPEG", quality=90, subsampling=subsampling)
    assert_same(served([photograph])[0], pillow(photograph), **REDUCED)


def test_images_are_multiples_of_one_255th_from_0_to_1() -> None:
    images = decode(tf.constant([FILES["jpeg"], FILES["png rgba"]]), SIDE)
    assert images.dtype == tf.float32
    steps = 255 * images.numpy()
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-4)
    assert steps.min() >= 0
    assert steps.max() <= 255


def test_a_batch_of_several_formats_keeps_its_order(served: Served) -> None:
    names = ["jpeg", "bmp rgb", "png rgba", "gif", "jpeg gray"]
    together = served([FILES[name] for name in names])
    alone = [served([FILES[name]])[0] for name in names]
    np.testing.assert_array_equal(together, alone)


def test_an_empty_batch_gives_no_image(served: Served) -> None:
    assert served([]).shape == (0, SIDE, SIDE, 3)
    assert decode(tf.constant([], tf.string), 7).shape == (0, 7, 7, 3)


# EXIF


def exif(orientation: int, order: str = "<", before: int = 0, kind: int = 3) -> bytes:
    """An EXIF block, with `before` other entries ahead of the orientation."""
    other = struct.pack(order + "HHII", 0x0100, 4, 1, 6)
    entry = struct.pack(order + "HHIHH", 0x0112, kind, 1, orientation, 0)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    count = struct.pack(order + "IH", 8, before + 1)
    return b"Exif\0\0" + mark + count + before * other + entry + b"\0\0\0\0"


def with_segments(jpeg: bytes, *segments: tuple[int, bytes]) -> bytes:
    made = [struct.pack(">HH", marker, len(body) + 2) + body for marker, body in segments]
    return jpeg[:2] + b"".join(made) + jpeg[2:]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_eight_orientations_are_honored(
    orientation: int, order: str, served: Served, pillow: Callable[[bytes], np.ndarray]
) -> None:
    contents = encoded(CAT, "JPEG", exif=exif(orientation, order, before=3))
    seen = served([contents])[0]
    assert_same(seen, pillow(contents), **PLAIN)
    turns = (
        None,
        "FLIP_LEFT_RIGHT",
        "ROTATE_180",
        "FLIP_TOP_BOTTOM",
        "TRANSPOSE",
        "ROTATE_270",
        "TRANSVERSE",
        "ROTATE_90",
    )
    turn = turns[orientation - 1]
    held = Image.open(io.BytesIO(contents))
    upright = held.transpose(Image.Transpose[turn]) if turn else held
    assert_same(seen, np.asarray(upright.resize((SIDE, SIDE), Image.Resampling.BILINEAR), float), **PLAIN)


XMP = b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><r tiff:Orientation="6"/></x:xmpmeta>'


@pytest.mark.parametrize(
    ("name", "segments", "upright"),
    [
        ("no such orientation", [(0xFFE1, exif(9))], True),
        ("orientation 0", [(0xFFE1, exif(0))], True),
        ("of another type", [(0xFFE1, exif(6, kind=2))], True),
        ("in XMP only", [(0xFFE1, XMP)], True),
        ("after XMP and a comment", [(0xFFE1, XMP), (0xFFFE, b"a comment"), (0xFFE1, exif(6))], False),
        ("no byte order", [(0xFFE1, exif(6).replace(b"II*", b"xx*"))], True),
        ("an empty block", [(0xFFE1, b"Exif\0\0")], True),
        ("a directory beyond the end", [(0xFFE1, exif(6).replace(b"*\0\x08\0", b"*\0\xff\xff"))], True),
        ("a directory at 4 GiB", [(0xFFE1, exif(6).replace(b"*\0\x08\0\0\0", b"*\0\xff\xff\xff\xff"))], True),
    ],
)
def test_exif_that_says_nothing_usable_leaves_the_picture_as_it_is(
    name: str,
    segments: list[tuple[int, bytes]],
    upright: bool,
    served: Served,
    pillow: Callable[[bytes], np.ndarray],
) -> None:
    plain = encoded(CAT, "JPEG")
    contents = with_segments(plain, *segments)
    seen = served([contents])[0]
    assert_same(seen, pillow(contents), **PLAIN)
    assert np.array_equal(seen, served([plain])[0]) == upright, name


def test_damaged_exif_is_read_alike_by_both_roads(served: Served, pillow: Callable[[bytes], np.ndarray]) -> None:
    plain, block = encoded(CAT, "JPEG"), exif(6, ">", before=2)
    shortened = [block[:length] for length in range(6, len(block))]
    random = np.random.default_rng(0)
    changed = []
    for _ in range(60):
        copy = bytearray(block)
        copy[random.integers(6, len(block))] = random.integers(0, 256)
        changed.append(bytes(copy))
    files = [with_segments(plain, (0xFFE1, damaged)) for damaged in shortened + changed]
    for contents, seen in zip(files, served(files), strict=True):
        assert_same(seen, pillow(contents), **PLAIN)


# Faults


def bomb_png() -> bytes:
    image = bytearray(FILES["png rgb"])
    image[16:24] = struct.pack(">II", 10_000, 10_000)
    image[29:33] = struct.pack(">I", zlib.crc32(bytes(image[12:29])))
    return bytes(image)


def bomb_jpeg() -> bytes:
    image = bytearray(FILES["jpeg"])
    size = image.index(b"\xff\xc0") + 5
    image[size : size + 4] = struct.pack(">HH", 10_000, 10_000)
    return bytes(image)


def bomb_gif() -> bytes:
    image = bytearray(FILES["gif"])
    frame = image.index(b",\0\0\0\0" + image[6:10])
    image[6:10] = image[frame + 5 : frame + 9] = struct.pack("<HH", 10_000, 10_000)
    return bytes(image)


def partial_gif() -> bytes:
    image = bytearray(FILES["gif"])
    image[6:10] = struct.pack("<HH", CAT.width + 5, CAT.height)
    return bytes(image)


FAULTS = {
    "empty": b"",
    "one byte": b"\xff",
    "text": b"not a picture at all",
    "webp": encoded(CAT, "WEBP"),
    "tiff": encoded(CAT, "TIFF"),
    "bmp of 1 bit": encoded(CAT.convert("1"), "BMP"),
    "bmp with other masks": bmp(CAT, 3, (0xFF, 0xFF00, 0xFF0000, 0)),
    "bmp said to be compressed": bmp(CAT, 1, MASKS),
    "gif whose first frame does not fill its screen": partial_gif(),
    "png of 100 million pixels": bomb_png(),
    "jpeg of 100 million pixels": bomb_jpeg(),
    "gif of 100 million pixels": bomb_gif(),
    **{
        f"{name} cut to {share:.0%}": FILES[name][: int(share * len(FILES[name]))]
        for name in (
            "png rgb",
            "png palette",
            "jpeg",
            "jpeg progressive",
            "gif",
            "gif transparent",
            "bmp rgb",
            "bmp palette",
        )
        for share in (0.001, 0.02, 0.5, 0.97)
    },
}


@pytest.mark.parametrize("name", FAULTS)
def test_bytes_that_are_no_whole_picture_stop_the_graph_with_invalid_argument(name: str, served: Served) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        served([FILES["jpeg"], FAULTS[name]])


def test_the_message_says_what_was_expected(served: Served) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected the bytes of a JPEG, PNG, GIF or BMP file"):
        served([b"not a picture at all"])
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"at most {MAX_PIXELS} pixels"):
        served([FAULTS["gif of 100 million pixels"]])


def test_random_bytes_behind_a_true_beginning_stop_the_graph_or_give_an_image(served: Served) -> None:
    random = np.random.default_rng(1)
    for name in ("png rgba", "jpeg", "gif transparent", "bmp palette", "bmp with alpha"):
        for _ in range(25):
            contents = bytearray(FILES[name])
            for place in random.integers(2, len(contents), 4):
                contents[place] = random.integers(0, 256)
            try:
                images = served([bytes(contents)])
            except tf.errors.InvalidArgumentError:
                continue
            assert images.shape == (1, SIDE, SIDE, 3)


def test_the_limit_on_pixels_is_that_of_pillow() -> None:
    assert MAX_PIXELS == Image.MAX_IMAGE_PIXELS
