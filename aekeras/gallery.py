"""Answers, reconstructions and explanations as tiles in rows, for a sheet or for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from aekeras import images
from aekeras.contrasts import ContrastResult
from aekeras.duplication import Duplicates, EqualGroup, LossDuplicates
from aekeras.encoding import Encoder, load_encoder
from aekeras.errors import MissingError, UnreadableImageError
from aekeras.explanation import Explanation, Verdict
from aekeras.loss_gallery import blindness, shade
from aekeras.pictures import Block, Row, Tile, as_picture, value_range
from aekeras.reconstruction import Rebuilt, Reconstruction
from aekeras.retrieval import Answer, Result
from aekeras.shares import shown_percent

_Reader = Callable[[Path, int], np.ndarray | None]
_SHOWN = 128  # pixels per side at which pictures are shown
_GROUPS, _PICTURES = 40, 12  # on one sheet, and of one group


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
    return Row(label=name, note=blindness(rebuilt.encoder.blind_to), tiles=tiles, tint=shade(name))


def contrast_blocks(results: Sequence[ContrastResult], *, views: bool = True) -> list[Block]:
    """One block per query, one row per loss, each with the same pictures and how far they are, in typical losses.

    Args:
        results: As `aekeras.contrast` gives them.
        views: Show under each picture what the loss sees of it.
    """
    read = cache(_read)
    encoder = cache(load_encoder)
    return [
        Block(
            heading=Tile(image=read(result.query, _SHOWN), caption="query", note=result.query.name),
            rows=[
                _contrast_row(result, loss, read, encoder(result.models[loss]) if views else None)
                for loss in (*result.equal, *result.different)
            ],
        )
        for result in results
    ]


def _contrast_row(result: ContrastResult, loss: str, read: _Reader, encoder: Encoder | None) -> Row:
    tiles = [
        Tile(
            image=read(match.path, _SHOWN),
            caption=result.figure(match, loss),
            note=match.path.name,
            below=_seen(match.path, read, encoder),
        )
        for match in result.neighbors
    ]
    return Row(
        label=loss,
        note=f"{'equal' if loss in result.equal else 'different'}; in typical losses"
        + ("; !: the codes say otherwise" if any(result.contradicted(one, loss) for one in result.neighbors) else ""),
        tiles=tiles,
        below=_seen(result.query, read, encoder),
        tint=shade(encoder.loss_name) if encoder else None,
    )


def duplicates_blocks(found: Duplicates, *, views: bool = True) -> tuple[list[Block], str]:
    """One block per loss, one row per group, at most 40 groups in all and 12 pictures of each.

    Args:
        found: As `aekeras.duplicates` gives it.
        views: Show under each picture what the loss sees of it.

    Returns:
        The blocks, and in one sentence of how many groups they show some; empty where they show all.
    """
    most = max(1, _GROUPS // max(1, len(found)))
    blocks = [Block(rows=_group_rows(one, most, views=views)) for one in found]
    parts = [
        f"{most} of {len(one.groups):,} groups under {one.name}" if len(one.groups) > most else "" for one in found
    ]
    shown = ", ".join(filter(None, parts))
    return blocks, f"The largest {shown}." if shown else ""


def _group_rows(one: LossDuplicates, most: int, *, views: bool) -> list[Row]:
    if not one.groups:
        return [Row(label=one.name, note="no duplicates", tiles=())]
    encoder = load_encoder(one.model) if views else None
    return [_group_row(one, number, group, encoder) for number, group in enumerate(one.groups[:most], 1)]


def _group_row(one: LossDuplicates, number: int, group: EqualGroup, encoder: Encoder | None) -> Row:
    tiles = [
        Tile(
            image=_read(picture.path, _SHOWN),
            caption="same bytes" if picture.identical else picture.figure if place else "first",
            note=picture.path.name,
            below=_seen(picture.path, _read, encoder),
        )
        for place, picture in enumerate(group.pictures[:_PICTURES])
    ]
    count = len(group.pictures)
    shown = f"{_PICTURES} of {count:,}" if count > _PICTURES else str(count)
    return Row(label=f"group {number:,}", note=f"{shown} pictures, {one.name}", tiles=tiles, tint=shade(one.loss))


def explanation_blocks(explanation: Explanation) -> list[Block]:
    """One block: the two pictures, then per loss what it sees of each, and where these differ.

    A map is black where the two are equal, and white where one view is black and the other white.

    Args:
        explanation: As `aekeras.explain` gives it.
    """
    tiles = [Tile(image=_read(path, _SHOWN), caption=path.name) for path in (explanation.a, explanation.b)]
    return [Block(rows=[Row(label="pictures", tiles=tiles), *map(_verdict_row, explanation.verdicts)])]


def _verdict_row(verdict: Verdict) -> Row:
    known = []
    if verdict.share is not None and np.isfinite(verdict.share):
        against = "; the codes say otherwise" if verdict.contradicted else ""
        known = [f"{shown_percent(100 * verdict.share)} of a typical loss{against}"]
    note = "; ".join([*known, blindness(verdict.blind_to)])
    return Row(label=f"{verdict.name}: {verdict.verdict}", note=note, tiles=_compared(verdict))


def _compared(verdict: Verdict) -> list[Tile]:
    """The two views and the map; empty frames where there are none."""
    if verdict.views is None or verdict.map is None:
        return []
    low, high = value_range(verdict.views)
    tint = shade(verdict.loss)
    views = [Tile(image=as_picture(view, shown=(low, high), tint=tint)) for view in verdict.views]
    differing = as_picture(verdict.map, shown=(0.0, high - low))
    most = f"differ by {verdict.map.max():.2g}"
    return [*views, Tile(image=differing, caption=most, note=f"at most; white: {high - low:.2g}")]


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
