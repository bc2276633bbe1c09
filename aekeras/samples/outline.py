"""Outlines as points: float arrays of shape (n, 2) in a square of side 100, x to the right and y downwards.

Points may be written as text, as in a drawing programme: "10 20, 30 40" is (10, 20) and (30, 40).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Outline = np.ndarray
Points = str | Sequence[tuple[float, float]] | np.ndarray

# Pieces of a curve between two given points: smooth in a picture of 1,000 pixels.
_PIECES = 8


def polygon(points: Points) -> Outline:
    """The points themselves: straight edges, sharp corners."""
    if isinstance(points, str):
        return np.array([point.split() for point in points.split(",")], dtype=float)
    return np.asarray(points, dtype=float)


def box(left: float, top: float, right: float, bottom: float) -> Outline:
    """An upright rectangle."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=float)


def oval(x: float, y: float, across: float, down: float, tilt: float = 0.0) -> Outline:
    """An ellipse around (x, y) with the two radii, turned clockwise by `tilt` degrees."""
    turn = np.linspace(0.0, 2 * np.pi, 40, endpoint=False)
    cosine, sine = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    u, v = across * np.cos(turn), down * np.sin(turn)
    return np.stack([x + u * cosine - v * sine, y + u * sine + v * cosine], axis=1)


def smooth(points: Points) -> Outline:
    """A closed curve through the points (Catmull-Rom spline)."""
    knots = polygon(points)
    return _spline(np.concatenate([knots[-1:], knots, knots[:2]]))


def path(points: Points) -> Outline:
    """An open curve through the points (Catmull-Rom spline)."""
    knots = polygon(points)
    return np.concatenate([_spline(np.concatenate([knots[:1], knots, knots[-1:]])), knots[-1:]])


def rounded(points: Points, share: float = 0.3) -> Outline:
    """A polygon with corners rounded over a share, at most 0.5, of each edge (quadratic Bezier curves)."""
    corner = polygon(points)[:, None, :]
    before, after = (corner + share * (np.roll(corner, step, axis=0) - corner) for step in (1, -1))
    t = np.linspace(0.0, 1.0, _PIECES)[None, :, None]
    curve = (1 - t) ** 2 * before + 2 * t * (1 - t) * corner + t**2 * after
    return curve.reshape(-1, 2)


def band(points: Points, start: float, end: float) -> Outline:
    """A thick curve through the points with round ends; its width goes from `start` to `end`."""
    line = path(points)
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    half = np.linspace(start, end, len(line))[:, None] / 2
    left, right = line + across * half, (line - across * half)[::-1]
    return np.concatenate([left, _cap(line[-1], along[-1], end / 2), right, _cap(line[0], -along[0], start / 2)])


def mirrored(outline: Outline, axis: float = 50.0) -> Outline:
    """The outline in an upright mirror at x = `axis`."""
    return np.stack([2 * axis - outline[:, 0], outline[:, 1]], axis=1)


def _cap(tip: np.ndarray, forward: np.ndarray, radius: float) -> Outline:
    turn = np.linspace(np.pi / 2, -np.pi / 2, 9)[:, None]
    sideways = np.array([-forward[1], forward[0]])
    return tip + radius * (np.cos(turn) * forward + np.sin(turn) * sideways)


def _spline(knots: np.ndarray) -> Outline:
    """The curve from the second knot up to the last but one, which itself is left out."""
    t = np.arange(_PIECES)[None, :, None] / _PIECES
    a, b, c, d = (knots[i : len(knots) - 3 + i, None, :] for i in range(4))
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return curve.reshape(-1, 2)
