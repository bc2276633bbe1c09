"""Checks of the values: one per picture, numbers, and those of a distance."""

from __future__ import annotations

import keras
import numpy as np

from aekeras.losses.conformance.specimens import SHAPES, SIDE, scenes
from aekeras.losses.conformance.subject import Finding, Subject

ROUNDING = 1e-5  # of a typical loss: a hundred times the rounding of float32, for sums over thousands of pixels
SAME = 1e-4  # of a typical loss: convolutions and transforms may add up in another order
DETOUR = 5e-3  # of the direct way: ways as short as _SHORT carry a rounding of up to a thousandth
_SHORT = 1e-3  # of a typical loss: below this, a way is measured by this
_SIDES = (SIDE, 45, 60)  # which are halved in whole, odd and uneven numbers of pixels


def shape(subject: Subject) -> Finding:
    """One value per picture, for one picture, several, and pictures that are not square."""
    for count, height, width in SHAPES:
        images = scenes(count, height, width)
        values = keras.ops.convert_to_tensor(subject.loss(images, images[:, ::-1].copy()))
        found = tuple(values.shape)
        if found != (count,):
            return Finding(
                fault=f"Expected one value per picture, shape ({count},), for {count} of {height} x {width} pixels. "
                f"Received: {'a single value' if found == () else f'shape {found}'}. Average over all axes but the "
                "first, as `mean_of_image` of aekeras.losses.view_loss does."
            )
    return Finding()


def finite(subject: Subject) -> Finding:
    """A number for each pair of pictures, also of black, white and even ones."""
    wrong = np.argwhere(~np.isfinite(subject.distances))
    if not len(wrong):
        return Finding(0.0)
    (i, j), names = wrong[0], subject.specimens.names
    return Finding(
        float(len(wrong)),
        f"Expected a number for any two pictures. Received: {subject.distances[i, j]} for {_of(names, i, j)} (and "
        f"{len(wrong) - 1} more of {subject.distances.size} pairs). Keep divisors, logarithms and roots away from 0: "
        "ops.sqrt(x + 1e-12), a / (b + 1e-6).",
    )


def identity(subject: Subject) -> Finding:
    """Zero for a picture against itself."""
    own = np.diagonal(subject.distances)
    worst = int(np.argmax(np.abs(own)))
    figure = float(abs(own[worst]) / subject.typical)
    if figure <= ROUNDING:
        return Finding(figure)
    return Finding(
        figure,
        f"Expected 0 for equal pictures. Received: loss(x, x) = {own[worst]:.4g} for {subject.specimens.names[worst]} "
        f"against itself; two different pictures have {subject.typical:.4g}. Subtract what equal pictures give, such "
        "as the 1 of a similarity (1 - similarity), or the root of what is added under a root.",
    )


def non_negative(subject: Subject) -> Finding:
    """No value below zero."""
    i, j = np.unravel_index(np.argmin(subject.distances), subject.distances.shape)
    lowest = float(subject.distances[i, j])
    figure = max(0.0, -lowest) / subject.typical
    if figure <= ROUNDING:
        return Finding(figure)
    return Finding(
        figure,
        f"Expected no value below 0. Received: {lowest:.4g} for {_of(subject.specimens.names, int(i), int(j))}. Take "
        "`ops.abs` or the square of differences before they are averaged.",
    )


def symmetric(subject: Subject) -> Finding:
    """The same value for loss(x, y) and loss(y, x)."""
    apart = np.abs(subject.distances - subject.distances.T)
    i, j = np.unravel_index(np.argmax(apart), apart.shape)
    figure = float(apart[i, j] / subject.typical)
    if not subject.loss.symmetric:
        return Finding(figure, note="declared not symmetric")
    if figure <= SAME:
        return Finding(figure)
    return Finding(
        figure,
        f"Expected loss(x, y) = loss(y, x). Received: {subject.distances[i, j]:.4g} and {subject.distances[j, i]:.4g} "
        f"for {_of(subject.specimens.names, int(i), int(j))}. Treat the two alike, or declare it: `symmetric = False`.",
    )


def triangle(subject: Subject) -> Finding:
    """No detour that is shorter than the direct way: of all triples of pictures, near ones among them."""
    d = subject.distances
    excess = (d[:, None, :] - d[:, :, None] - d[None, :, :]) / np.maximum(d[:, None, :], _SHORT * subject.typical)
    i, j, k = (int(place) for place in np.unravel_index(np.argmax(excess), excess.shape))
    figure = max(0.0, float(excess[i, j, k]))
    if not subject.loss.metric:
        return Finding(figure, note="declared no metric")
    if figure <= DETOUR:
        return Finding(figure)
    names = subject.specimens.names
    return Finding(
        figure,
        f"Expected loss(x, z) <= loss(x, y) + loss(y, z). Received: {d[i, k]:.4g} > {d[i, j]:.4g} + {d[j, k]:.4g} for "
        f"x {names[i]}, y {names[j]}, z {names[k]}. Take the root of a mean of squares, or declare it: "
        "`metric = False`.",
    )


def flip(subject: Subject) -> Finding:
    """The same value for two pictures and their mirror images, also where a side cannot be halved."""
    if not subject.loss.flip_invariant:
        return Finding(note="not declared flip invariant")
    figure = 0.0
    for side in _SIDES:
        true, pred = scenes(2, side, side), scenes(2, side, side)[::-1].copy()
        values = subject.values(true, pred)
        mirrored = subject.values(true[:, :, ::-1].copy(), pred[:, :, ::-1].copy())
        figure = max(figure, float(np.abs(mirrored - values).max() / subject.typical))
        if not figure <= SAME:
            return Finding(
                figure,
                f"Expected loss(flip x, flip y) = loss(x, y), as declared. Received: {mirrored[0]:.4g} and "
                f"{values[0]:.4g} for two pictures of {side} x {side} pixels. Take out `flip_invariant = True`, or "
                "treat left and right alike: blocks, strides and padding do not.",
            )
    return Finding(figure)


def batch(subject: Subject) -> Finding:
    """The same value for a pair alone, in a batch, and in any order."""
    true, pred = subject.pairs
    together = subject.values(true, pred)
    turned = subject.values(true[::-1], pred[::-1])[::-1]
    alone = np.array([subject.values(true[i : i + 1], pred[i : i + 1])[0] for i in range(3)])
    apart = np.concatenate([np.abs(alone - together[:3]), np.abs(turned - together)])
    figure = float(apart.max() / subject.typical)
    if figure <= SAME:
        return Finding(figure)
    return Finding(
        figure,
        f"Expected the same value for a pair of pictures alone and in a batch. Received: {alone[0]:.4g} alone and "
        f"{together[0]:.4g} among {len(true)}, {turned[0]:.4g} in another order. Take means, maxima and deviations "
        "over all axes but the first.",
    )


def _of(names: tuple[str, ...], i: int, j: int) -> str:
    return f"{names[i]} against {names[j]}"
