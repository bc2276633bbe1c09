"""The bytes of picture files to images, as TensorFlow's ops: what the served model reads.

It gives what `aekeras.images.read` gives, but for rounding: stretched, upright, on white, RGB, first frame.
JPEG, PNG, GIF and BMP (8, 24 or 32 bits, uncompressed) are decoded here; WebP and TIFF by `aekeras.images` alone,
as is a GIF whose first frame leaves a part of its screen empty.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import tensorflow as tf

# Pillow's own limit against decompression bombs, so that neither road reads what the other one refuses.
MAX_PIXELS = 1024**3 // 4 // 3


@tf.autograph.experimental.do_not_convert
def decode(image_bytes: tf.Tensor, size: int) -> tf.Tensor:
    """Images of the files: float32, shape (N, size, size, 3), multiples of 1/255 in [0, 1].

    Args:
        image_bytes: string, shape (N,): each one a whole JPEG, PNG, GIF or BMP file. N may be 0.
        size: Side of the images in pixels.

    Raises:
        tf.errors.InvalidArgumentError: When run, on bytes that are no such file, not a whole one, or one of more
            than `MAX_PIXELS` pixels.
    """
    return tf.map_fn(
        lambda contents: _image(contents, size),
        image_bytes,
        fn_output_signature=tf.TensorSpec((size, size, 3), tf.float32),
    )


def _image(contents: tf.Tensor, size: int) -> tf.Tensor:
    data = _with_end(tf.io.decode_raw(contents, tf.uint8))
    known = tf.stack(
        [
            _big(data, 0, 3) == 0xFFD8FF,
            _big(data, 0, 4) == 0x89504E47,
            _big(data, 0, 4) == 0x47494638,
            _big(data, 0, 2) == 0x424D,
        ]
    )
    with _expecting(tf.reduce_any(known), "the bytes of a JPEG, PNG, GIF or BMP file"):
        kind = tf.argmax(tf.cast(known, tf.int32), output_type=tf.int32)
    picture = tf.switch_case(
        kind,
        [
            lambda: _jpeg(contents),
            lambda: _png(contents, data),
            lambda: _gif(contents, data),
            lambda: _bmp(contents, data),
        ],
    )
    small = tf.image.resize(tf.ensure_shape(picture, (None, None, 3)), (size, size), antialias=True)
    return _upright(tf.round(small), _orientation(data)) / 255.0


def _jpeg(contents: tf.Tensor) -> tf.Tensor:
    shape = tf.cast(tf.io.extract_jpeg_shape(contents), tf.int64)
    with _within_limit(shape[0], shape[1]):
        # The transform that Pillow uses too; TensorFlow's default is a faster, less exact one.
        picture = tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE")
    return tf.cast(picture, tf.float32)


def _png(contents: tf.Tensor, data: tf.Tensor) -> tf.Tensor:
    gray, palette = _big(data, 25, 1) == 0, _big(data, 25, 1) == 3
    with _within_limit(_big(data, 20, 4), _big(data, 16, 4)):
        # Of pictures with fewer than 8 bits, four channels would come with an alpha of at most 15: palettes tell
        # by themselves whether they have an alpha, and that of gray pictures is all or nothing.
        pixels = tf.cond(
            palette,
            lambda: tf.io.decode_png(contents, channels=0),
            lambda: tf.io.decode_png(contents, channels=4),
        )
    alpha = tf.concat([pixels, tf.fill(tf.shape(pixels), tf.constant(255, tf.uint8))], -1)[..., 3:4]
    return _on_white(pixels[..., :3], tf.where(gray & (alpha > 0), tf.constant(255, tf.uint8), alpha))


def _gif(contents: tf.Tensor, data: tf.Tensor) -> tf.Tensor:
    """The first frame on white; the other frames are cut off, for the op would decode them all."""
    frame, control = tf.while_loop(
        lambda place, _: _big(data, place, 1) == 0x21,
        lambda place, control: (
            _after_blocks(data, place + 2),
            tf.where(_big(data, place + 1, 1) == 0xF9, place, control),
        ),
        (13 + _palette_bytes(_big(data, 10, 1)), tf.constant(0, tf.int64)),
    )
    own_palette = _palette_bytes(_big(data, frame + 9, 1))
    end = _after_blocks(data, frame + 10 + own_palette + 1)
    whole = (_big(data, frame, 1) == 0x2C) & (end < tf.size(data, tf.int64))
    fills = (_big(data, frame + 1, 4) == 0) & (_big(data, frame + 5, 4) == _big(data, 6, 4))
    with (
        _expecting(whole & fills, "a whole GIF whose first frame fills its screen"),
        _within_limit(_little(data, 8, 2), _little(data, 6, 2)),
    ):
        first = tf.strings.join([_cut(contents, 0, end), b";"])
    palette = tf.where(own_palette > 0, frame + 10, 13)
    return tf.cast(tf.io.decode_gif(_transparent_white(first, data, control, palette))[0], tf.float32)


def _transparent_white(first: tf.Tensor, data: tf.Tensor, control: tf.Tensor, palette: tf.Tensor) -> tf.Tensor:
    """The GIF with its transparent color made an opaque white; the op would draw it black.

    Args:
        first: The bytes, string.
        data: The bytes as numbers.
        control: Where the graphic control extension of the frame begins; 0 where it has none.
        palette: Where the frame's palette begins.
    """
    color = palette + 3 * _big(data, control + 6, 1)
    return tf.cond(
        (control > 0) & (_big(data, control + 3, 1) % 2 == 1) & (color + 3 < tf.size(data, tf.int64)),
        lambda: _replaced(_replaced(first, color, b"\xff\xff\xff"), control + 3, b"\0"),
        lambda: first,
    )


def _palette_bytes(flags: tf.Tensor) -> tf.Tensor:
    return tf.where(flags >= 0x80, 3 * 2 ** (flags % 8 + 1), 0)


def _after_blocks(data: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
    """Where the chain of a GIF's blocks that begins at `place` is over: each one begins with its length."""
    (last,) = tf.while_loop(
        lambda place: _big(data, place, 1) > 0, lambda place: (place + 1 + _big(data, place, 1),), (place,)
    )
    return last + 1


def _replaced(contents: tf.Tensor, place: tf.Tensor, new: bytes) -> tf.Tensor:
    end = tf.strings.length(contents)
    return tf.strings.join([_cut(contents, 0, place), new, _cut(contents, place + len(new), end)])


def _cut(contents: tf.Tensor, start: tf.Tensor | int, end: tf.Tensor) -> tf.Tensor:
    start, end = tf.cast(start, tf.int32), tf.cast(end, tf.int32)
    return tf.strings.substr(contents, start, end - start)


def _bmp(contents: tf.Tensor, data: tf.Tensor) -> tf.Tensor:
    header, bits, compression = _little(data, 14, 4), _little(data, 28, 2), _little(data, 30, 4)
    masks = [_little(data, place, 4) for place in (54, 58, 62)]
    masked = tf.reduce_all((compression == 3) & (bits == 32) & (tf.stack(masks) == [0xFF0000, 0xFF00, 0xFF]))
    with _expecting((header >= 40) & ((compression == 0) | masked), "a BMP of 8, 24 or 32 bits, uncompressed"):
        pixels = tf.io.decode_bmp(contents, channels=0)
    has_alpha = masked & (header >= 56) & (_little(data, 66, 4) == 0xFF000000)
    alpha = tf.where(has_alpha, pixels[..., -1:], tf.constant(255, tf.uint8))
    places = 14 + header + 4 * tf.range(256, dtype=tf.int64)[:, None] + tf.constant([2, 1, 0], tf.int64)
    palette = tf.cast(_big(data, places, 1), tf.float32)
    return tf.cond(
        bits == 8,
        # The op gives a pixel's place in the palette as if it were a gray value.
        lambda: tf.gather(palette, tf.cast(pixels[..., 0], tf.int32)),
        lambda: _on_white(pixels[..., :3], alpha),
    )


def _on_white(colors: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
    share = tf.cast(alpha, tf.float32) / 255.0
    return tf.round(share * tf.cast(colors, tf.float32) + (1.0 - share) * 255.0)


def _orientation(data: tf.Tensor) -> tf.Tensor:
    """The EXIF orientation of a JPEG, 1 to 8; 1 for other files and where EXIF is missing or damaged."""
    (start,) = tf.while_loop(
        lambda place: (_big(data, place, 2) >= 0xFFC0) & (_big(data, place, 2) != 0xFFDA) & ~_is_exif(data, place),
        # 0xFF may be repeated before a marker.
        lambda place: (place + tf.where(_big(data, place, 2) != 0xFFFF, 2 + _big(data, place + 2, 2), 1),),
        (tf.constant(2, tf.int64),),
    )
    block = tf.cond(
        (_big(data, 0, 2) == 0xFFD8) & _is_exif(data, start),
        lambda: _with_end(data[start + 10 : start + 2 + _big(data, start + 2, 2)]),
        lambda: data[-1:],
    )
    is_big = _big(block, 0, 4) == 0x4D4D002A

    def number(place: tf.Tensor, width: int) -> tf.Tensor:
        return tf.where(is_big, _big(block, place, width), _little(block, place, width))

    directory = number(4, 4)
    entries = directory + 2 + 12 * tf.range(number(directory, 2))
    says = (number(entries, 2) == 0x0112) & (number(entries + 2, 2) == 3)
    says &= (is_big | (_big(block, 0, 4) == 0x49492A00)) & (entries + 12 < tf.size(block, tf.int64))
    value = tf.concat([tf.boolean_mask(number(entries + 8, 2), says), [1]], 0)[0]
    return tf.where((value >= 1) & (value <= 8), value, 1)


def _is_exif(data: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
    return (_big(data, place, 2) == 0xFFE1) & (_big(data, place + 4, 6) == 0x457869660000)


def _upright(picture: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """The square picture, shape (S, S, 3), turned and mirrored so that it stands as it was seen."""

    def among(*orientations: int) -> tf.Tensor:
        return tf.reduce_any(orientation == tf.constant(orientations, tf.int64))

    picture = tf.where(among(5, 6, 7, 8), tf.transpose(picture, (1, 0, 2)), picture)
    picture = tf.where(among(3, 4, 7, 8), picture[::-1], picture)
    return tf.where(among(2, 3, 6, 7), picture[:, ::-1], picture)


def _with_end(data: tf.Tensor) -> tf.Tensor:
    """The bytes and one 0 more, which `_big` finds wherever it is asked for more than there is."""
    return tf.concat([data, tf.zeros(1, tf.uint8)], 0)


def _big(data: tf.Tensor, place: tf.Tensor | int, width: int) -> tf.Tensor:
    """The big-endian numbers of `width` bytes at the places, int64; what lies beyond the data counts as 0."""
    places = tf.cast(place, tf.int64)[..., None] + tf.range(width, dtype=tf.int64)
    found = tf.gather(data, tf.minimum(places, tf.size(data, tf.int64) - 1))
    weights = tf.constant([256**power for power in reversed(range(width))], tf.int64)
    return tf.reduce_sum(tf.cast(found, tf.int64) * weights, -1)


def _little(data: tf.Tensor, place: tf.Tensor | int, width: int) -> tf.Tensor:
    digits = [_big(data, tf.cast(place, tf.int64) + offset, 1) * 256**offset for offset in range(width)]
    return tf.add_n(digits)


def _within_limit(height: tf.Tensor, width: tf.Tensor) -> AbstractContextManager[None]:
    return _expecting(height * width <= MAX_PIXELS, f"a picture of at most {MAX_PIXELS} pixels")


def _expecting(condition: tf.Tensor, what: str) -> AbstractContextManager[None]:
    """What is computed inside waits for the condition; where it fails, the graph stops with INVALID_ARGUMENT."""
    return tf.control_dependencies([tf.debugging.Assert(condition, [f"Expected {what}. Received: other bytes."])])
