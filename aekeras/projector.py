"""Codes with thumbnails for TensorBoard's projector, which turns them around in three dimensions."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from aekeras.artefacts import shown_path, storage_errors, write_file
from aekeras.errors import InputError

MOST = 10_000
"""Pictures that are shown at most: as many as the projector takes for t-SNE."""
_SHEET = 4096  # pixels per side of all thumbnails: TensorBoard takes 8192, older graphics cards half of that
_THUMBNAIL = 64
_TENSORS, _METADATA, _SPRITE = "tensors.tsv", "metadata.tsv", "sprite.png"
_CONFIG = """embeddings {{
  tensor_name: "codes"
  tensor_path: "{tensors}"
  tensor_shape: {count}
  tensor_shape: {code_dim}
  metadata_path: "{metadata}"
  sprite {{
    image_path: "{sprite}"
    single_image_dim: {side}
    single_image_dim: {side}
  }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """What was written for the projector.

    Attributes:
        directory: Of the run that it belongs to.
        rows: Of the pictures that are shown, ascending.
        count: Pictures there are.
        thumbnail: Pixels per side of each.
        seed: Of the choice of pictures.
    """

    directory: Path
    rows: tuple[int, ...]
    count: int
    thumbnail: int
    seed: int

    def __str__(self) -> str:
        shown = f"{len(self.rows):,} picture{'s' if len(self.rows) != 1 else ''}"
        if len(self.rows) < self.count:
            shown += f" of {self.count:,}, drawn by seed {self.seed}"
        return f"{shown}, {self.thumbnail}x{self.thumbnail}, in {shown_path(self.directory)}"


def write(
    directory: Path,
    codes: np.ndarray,
    images: np.ndarray,
    names: Sequence[str],
    factors: Mapping[str, Sequence[str]] | None = None,
    *,
    most: int = MOST,
    seed: int = 0,
) -> Projection:
    """Writes codes, thumbnails, names and factors where TensorBoard's projector finds them.

    Args:
        directory: Of a run: TensorBoard looks only where there are logs of a training, too, or in its `--logdir`.
        codes: Shape (N, D).
        images: uint8, shape (N, S, S, 3).
        names: One per picture.
        factors: What else is known of each picture, to color the codes by: N values under each name.
        most: Pictures to show; a sample where there are more.
        seed: Of that sample.

    Raises:
        InputError: Not as many codes, images, names and values of each factor.
        StorageError: The disk is full, or the place cannot be written.
    """
    columns = {"name": names, **{_apart(name): values for name, values in (factors or {}).items()}}
    _check_counts(codes, images, columns, most)
    rows = _sample(len(codes), most, seed)
    across = math.ceil(math.sqrt(len(rows)))
    side = max(1, min(images.shape[1], _THUMBNAIL, _SHEET // across))
    with storage_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
    write_file(directory / _TENSORS, _table(map("{:.6g}".format, code) for code in codes[rows].tolist()))
    write_file(directory / _METADATA, _metadata(columns, rows))
    write_file(directory / _SPRITE, _sprite(images, rows, across, side))
    config = _CONFIG.format(
        tensors=_TENSORS, metadata=_METADATA, sprite=_SPRITE, count=len(rows), code_dim=codes.shape[1], side=side
    )
    write_file(directory / "projector_config.pbtxt", config.encode())  # the last, so that it names what is there
    return Projection(directory=directory, rows=tuple(map(int, rows)), count=len(codes), thumbnail=side, seed=seed)


def _check_counts(codes: np.ndarray, images: np.ndarray, columns: Mapping[str, Sequence[str]], most: int) -> None:
    if codes.ndim != 2 or 0 in codes.shape or not np.isfinite(codes).all():
        raise InputError(f"Expected finite codes of shape (N, D). Received: {codes.shape}. Encode some pictures.")
    if images.ndim != 4 or images.dtype != np.uint8:
        raise InputError(
            f"Expected uint8 images of shape (N, S, S, 3). Received: {images.dtype} of {images.shape}. Convert them."
        )
    counts = {"images": len(images), **{f"values of {name!r}": len(values) for name, values in columns.items()}}
    for what, count in counts.items():
        if count != len(codes):
            raise InputError(f"Expected one of each per code, {len(codes)}. Received: {count} {what}. Add the rest.")
    if most < 1:
        raise InputError(f"Expected `most` of at least 1. Received: {most}. {MOST:,} is usual.")


def _sample(count: int, most: int, seed: int) -> np.ndarray:
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def _apart(factor: str) -> str:
    """A heading that no picture's name is under."""
    return "name (factor)" if factor == "name" else factor


def _metadata(columns: Mapping[str, Sequence[str]], rows: np.ndarray) -> bytes:
    """One line per picture; the projector takes the first line for a heading when, and only when, it has a tab."""
    lines = [[values[row] for values in columns.values()] for row in rows]
    return _table([list(columns), *lines] if len(columns) > 1 else lines)


def _table(lines: Iterable[Iterable[str]]) -> bytes:
    return "".join("\t".join(map(_safe, line)) + "\n" for line in lines).encode("utf-8", "backslashreplace")


def _safe(text: str) -> str:
    """The text on one line and without tabs; never empty, since the projector passes over empty lines."""
    return " ".join(str(text).split()) or "-"


def _sprite(images: np.ndarray, rows: np.ndarray, across: int, side: int) -> bytes:
    """The thumbnails row by row, in as many columns as rows, as PNG."""
    down = math.ceil(len(rows) / across)
    sheet = Image.new("RGB", (across * side, down * side), "white")
    for place, row in enumerate(rows):
        picture = Image.fromarray(images[row]).resize((side, side), Image.Resampling.BILINEAR)
        sheet.paste(picture, (place % across * side, place // across * side))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()
