"""Answers and reconstructions as tiles in rows, for a sheet or for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from aekeras import images
from aekeras.encoding import Encoder, load_encoder
from aekeras.errors import MissingError, UnreadableImageError
from aekeras.loss_gallery import blindness, shade
from aekeras.pictures import Block, Row, Tile
from aekeras.reconstruction import Rebuilt, Reconstruction
from aekeras.retrieval import Answer, Result

_Reader = Callable[[Path, int], np.ndarray | None]
_SHOWN = 128  # pixels per side at which pictures are shown


def search_blocks(results: Sequence[Result], *, views: bool = True) -> list[Block]:
    """One block per query, one row per loss, the neighbors with their distances.

    Args:
        results: As `aekeras.search` gives them.
        views: Show under each picture what the loss sees of it.
    """
    read = cache(_read)
    encoder = cache(load_encoder)
    return [
        Block(
            heading=Tile(image=read(result.query, _SHOWN), caption="query", note=result.query.name),
            rows=[
                _answer_row(answer, result.query, read, encoder(answer.model) if views else None)
                for answer in result.answers
            ],
        )
        for result in results
    ]


def _answer_row(answer: Answer, query: Path, read: _Reader, encoder: Encoder | None) -> Row:
    tiles = [
        Tile(
            image=read(neighbor.path, _SHOWN),
            caption=f"{neighbor.distance:.4f}",
            note=neighbor.path.name,
            below=_seen(neighbor.path, read, encoder),
        )
        for neighbor in answer.neighbors
    ]
    return Row(
        label=answer.loss,
        note=blindness(answer.blind_to),
        tiles=tiles,
        below=_seen(query, read, encoder),
        tint=shade(answer.loss),
    )


def reconstruction_blocks(reconstruction: Reconstruction) -> list[Block]:
    """One block: the originals, then per loss the reconstructions, each above the views of original and rebuilt."""
    first = reconstruction.models[0]
    originals = [
        Tile(image=image, caption=path.name) for image, path in zip(first.originals, reconstruction.paths, strict=True)
    ]
    rows = [Row(label="original", tiles=originals)]
    return [Block(rows=[*rows, *(_rebuilt_row(rebuilt) for rebuilt in reconstruction.models)])]


def _rebuilt_row(rebuilt: Rebuilt) -> Row:
    shown = np.clip(rebuilt.reconstructions, 0.0, 1.0)
    pairs = zip(rebuilt.encoder.view(rebuilt.originals), rebuilt.encoder.view(shown), strict=True)
    tiles = [
        Tile(image=image, caption=f"{loss:.4f}", below=pair)
        for image, loss, pair in zip(shown, rebuilt.losses, pairs, strict=True)
    ]
    name = rebuilt.encoder.loss_name
    return Row(label=name, note=blindness(rebuilt.encoder.run.get("blind_to", ())), tiles=tiles, tint=shade(name))


def _read(path: Path, size: int) -> np.ndarray | None:
    """The picture; None where its file has vanished or changed into something else since it was indexed."""
    try:
        return images.read(path, size)
    except (MissingError, UnreadableImageError):
        return None


def _seen(path: Path, read: _Reader, encoder: Encoder | None) -> tuple[np.ndarray, ...]:
    """What the encoder's loss sees of a picture."""
    if encoder is None or (image := read(path, encoder.image_size)) is None:
        return ()
    return (encoder.view(image[None])[0],)
