"""The judge of a trained model: its loss, and what is typical under it, from the record of its training."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from aekeras.artefacts import shown_path, write_json
from aekeras.encoding import Encoder
from aekeras.equality.scale import Scales
from aekeras.equality.verdict import Judge, PairLoss, measured
from aekeras.errors import InputError, MissingError, StorageError
from aekeras.shares import EQUAL_WITHIN, check_share

SYMMETRIC, EXACT = "symmetric", "exact"
"""Keys under which the record says what the loss is; where nothing stands, it is symmetric and not exact."""
_TELLING = 32  # pictures, from which on what is typical of them is kept
SCALE = "scale"
"""The key of the record under which the scales stand."""

Pictures = Callable[[], np.ndarray | None]
"""Gives pictures to measure on, uint8, shape (N, S, S, 3); None where there are none."""


class MeasuredScaleWarning(UserWarning):
    """What is typical under the loss of a model was not in its record, and has been measured now."""


def judge_of(encoder: Encoder, pictures: Pictures = lambda: None, within: float = EQUAL_WITHIN) -> Judge:
    """Who says which pictures are equal under the loss of a model.

    Args:
        encoder: The model.
        pictures: Called for a model that was trained before scales were kept: what is typical is measured on these,
            said in a warning, and kept in the model's record.
        within: Share of a typical loss up to which two pictures are equal.

    Raises:
        MissingError: Nothing tells what is typical: neither the record nor pictures.
        InputError: The record is damaged, or `within` is out of range.
    """
    check_share("equal_within", within)
    content = encoder.run.get(SCALE)
    scales = _measured(encoder, pictures()) if content is None else _read(encoder, content)
    return Judge(loss=pair_loss(encoder), scales=scales, within=within)


def pair_loss(encoder: Encoder) -> PairLoss:
    """The loss of a model between two pictures, whichever comes first: of one that is not symmetric, the mean."""
    if encoder.run.get(SYMMETRIC, True):
        return encoder.loss
    return lambda some, others: 0.5 * (encoder.loss(some, others) + encoder.loss(others, some))


def with_scale(encoder: Encoder, images: np.ndarray, seed: int) -> Encoder:
    """The encoder, its record completed by what is typical of images, uint8, (N, S, S, 3), N >= 2; kept on the disk.

    Raises:
        InputError: A loss that is not finite.
        StorageError: The record cannot be written.
    """
    exact = encoder.run.get(EXACT, False)
    scales = measured(pair_loss(encoder), encoder.encode, images, exact=exact, seed=seed)
    return recorded(encoder, {SCALE: scales.to_dict()})


def recorded(encoder: Encoder, facts: dict[str, Any]) -> Encoder:
    """The encoder, its record completed by facts; kept on the disk.

    Raises:
        StorageError: The record cannot be written.
    """
    run = encoder.run | facts
    write_json(encoder.run_file, run)
    return replace(encoder, run=run)


def _read(encoder: Encoder, content: Any) -> Scales:
    try:
        return Scales.from_dict(content)
    except InputError as error:
        raise InputError(f"{shown_path(encoder.run_file)}: {error} Run `aekeras train` again.") from error


def _measured(encoder: Encoder, images: np.ndarray | None) -> Scales:
    where = shown_path(encoder.directory)
    if images is None or len(images) < 2:
        raise MissingError(
            f"Expected to know what is typical under {encoder.loss_name}. Received: {where}, which was trained before "
            "that was kept, and no two small pictures in an index of it. Run `aekeras index build --keep-images` on "
            "its pictures, or `aekeras train`."
        )
    scales = measured(pair_loss(encoder), encoder.encode, images, exact=encoder.run.get(EXACT, False))
    if not scales.loss.typical > 0:
        raise MissingError(
            f"Expected to know what is typical under {encoder.loss_name}. Received: {where}, which was trained before "
            f"that was kept, and {len(images):,} pictures in its index, all equal under it. Index pictures that "
            "differ, or run `aekeras train`."
        )
    content = scales.to_dict()
    said = f"{where} was trained before it was kept what is typical: measured on {len(images):,} pictures of its index"
    if len(images) < _TELLING:
        kept = f"and not kept, for want of {_TELLING} pictures. Index more of them"
    else:
        kept = _kept(encoder, content)
    warnings.warn(f"{said}, {kept}.", MeasuredScaleWarning, stacklevel=4)
    encoder.run[SCALE] = content  # so that this process measures and says it once
    return Scales.from_dict(content)


def _kept(encoder: Encoder, content: dict[str, Any]) -> str:
    try:
        recorded(encoder, {SCALE: content})
    except StorageError as error:  # of a folder that may be read only: the next process measures again
        return f"and not kept: {error}".rstrip(".")
    return "and kept in its record"
