"""Checks of how the values are computed: in parts, in other number formats, and compiled."""

from __future__ import annotations

import keras
import numpy as np

from aekeras.losses.conformance.backends import compiled as compile_graded
from aekeras.losses.conformance.backends import graded
from aekeras.losses.conformance.specimens import SIDE
from aekeras.losses.conformance.subject import Finding, Subject

NUMBER_FORMAT = 1e-3  # of a typical loss: the pictures are the same, rounded to half precision before
COMPILED = 1e-3  # of a typical loss, and of the mean slope: fused sums round differently


def in_parts(subject: Subject) -> Finding:
    """What training compares by: the parts of each picture, prepared once."""
    true, pred = (keras.ops.convert_to_tensor(images) for images in subject.pairs)
    loss = subject.loss
    parts = np.asarray(keras.ops.convert_to_numpy(loss.compare(loss.prepare(true), loss.prepare(pred))), np.float64)
    expected = subject.values(*subject.pairs)
    figure = _largest(np.abs(parts - expected)) / subject.typical if parts.shape == expected.shape else np.inf
    if figure <= COMPILED:
        return Finding(figure)
    return Finding(
        figure,
        "Expected loss(x, y) and loss.compare(loss.prepare(x), loss.prepare(y)) to agree: training uses both. "
        f"Received: {expected[0]:.4g} and {parts.ravel()[0]:.4g}. Override `distance` or `compare` instead of `call`.",
    )


def number_formats(subject: Subject) -> Finding:
    """The value that float32 gives, for the same pictures in float16 and in float64."""
    rounded = [images.astype("float16") for images in subject.pairs]
    expected = subject.values(*(images.astype("float32") for images in rounded))
    figure, worst = 0.0, ""
    for dtype in ("float16", "float64"):
        found = subject.values(*(images.astype(dtype) for images in rounded))
        apart = _largest(np.abs(found - expected)) / subject.typical
        if not apart <= max(figure, NUMBER_FORMAT):
            worst = f"{found[0]:.4g} in {dtype}, {expected[0]:.4g} in float32"
        figure = max(figure, apart)
    if not worst:
        return Finding(figure)
    return Finding(
        figure,
        f"Expected the same value for pictures in float16, float32 and float64. Received: {worst}. Compute in float32: "
        "pass no `dtype` to the loss, and make constants with `ops.cast(..., images.dtype)`.",
    )


def compiled(subject: Subject) -> Finding:
    """The values and gradients of the loss step by step, from one compiled function for batches of any size."""
    run = compile_graded(subject.loss, SIDE)
    if run is None:
        return Finding(note="not measured on this backend, which compiles nothing")
    figure = 0.0
    for count in (5, 1):
        true, pred = (images[:count] for images in subject.pairs)
        (values, slope), (expected, steps) = run(true, pred), graded(subject.loss)(true, pred)
        figure = max(figure, _largest(np.abs(values - expected)) / subject.typical)
        if slope is not None and steps is not None:
            figure = max(figure, float(np.abs(slope - steps).mean() / max(np.abs(steps).mean(), 1e-30)))
        if not figure <= COMPILED:
            return Finding(
                figure,
                "Expected the compiled loss to give what it gives step by step, for a batch of any size. Received: "
                f"{values[0]:.4g} and {expected[0]:.4g} for the first of {count}, or other gradients. Keep no state "
                "between calls, and use `ops.shape(images)[0]` for the size of the batch.",
            )
    return Finding(figure)


def _largest(values: np.ndarray) -> float:
    """The largest value; infinity where one is no number."""
    return float(np.max(np.where(np.isnan(values), np.inf, values)))
