"""Checks of the gradient with respect to the reconstruction."""

from __future__ import annotations

import numpy as np

from aekeras.losses.blindness import colors_of
from aekeras.losses.conformance.backends import graded
from aekeras.losses.conformance.subject import Finding, Subject

UNSEEN = 1e-3  # of the mean slope: what rounding leaves of colors that cancel out
_ENOUGH = 0.5  # of the pairs: a loss that is bounded may be even between pictures that differ as much as any
_ABSENT = "there is no gradient"


def finite(subject: Subject) -> Finding:
    """A gradient of numbers, also for equal pictures, and for black, white and even ones."""
    images, names = subject.specimens.images, subject.specimens.names
    true = np.concatenate([images, images])
    pred = np.concatenate([images, np.roll(images, 1, axis=0)])
    _, slope = graded(subject.loss)(true, pred)
    if slope is None:
        return Finding(note=_ABSENT)
    wrong = np.flatnonzero(~np.isfinite(slope).all(axis=(1, 2, 3)))
    if not len(wrong):
        return Finding(0.0)
    first = int(wrong[0])
    other = "itself" if first < len(images) else names[first % len(images) - 1]
    return Finding(
        float(len(wrong)),
        f"Expected a gradient of numbers everywhere. Received: NaN or infinity for {len(wrong)} of {len(true)} pairs, "
        f"first for {names[first % len(images)]} against {other}. A root has no slope at 0: write "
        "ops.sqrt(d + 1e-12) - 1e-6; and keep divisors away from 0.",
    )


def present(subject: Subject) -> Finding:
    """A gradient other than zero for different pictures: without one, there is nothing to learn."""
    _, slope = graded(subject.loss)(*subject.pairs)
    if slope is None:
        return Finding(
            fault="Expected a gradient with respect to `y_pred`. Received: none. Compute with `keras.ops`: NumPy, "
            "comparisons, rounding and argmax let none through."
        )
    share = float((np.abs(slope).max(axis=(1, 2, 3)) > 0).mean())
    if share == 1:
        return Finding(share)
    told = f"0 for {round((1 - share) * len(slope))} of {len(slope)} pairs of pictures"
    if share > _ENOUGH:
        return Finding(share, note=f"the gradient is {told}: from there, nothing can be learned")
    return Finding(
        share,
        f"Expected a gradient other than 0 for two different pictures. Received: {told}. Rounding, clipping and "
        "comparisons are even: replace them by something with a slope.",
    )


def along_blindness(subject: Subject) -> Finding:
    """No gradient along the colors that the loss is declared blind to."""
    colors = colors_of(subject.loss.blindness)
    if colors is None:
        return Finding(note="declared blind to no color")
    _, slope = graded(subject.loss)(*subject.pairs)
    if slope is None:
        return Finding(note=_ABSENT)
    along = np.abs(slope @ colors.null_space()).mean()
    figure = float(along / max(np.abs(slope).mean(), 1e-30))
    if figure <= UNSEEN:
        return Finding(figure)
    return Finding(
        figure,
        f"Expected no gradient along {' and '.join(colors.words)}, which the loss is declared blind to. Received: "
        f"{figure:.3g} of the mean slope. Take the word out of `blind_to`, or do not let the view depend on it.",
    )
