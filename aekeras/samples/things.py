"""The things of the sample pictures: each function draws one."""

from __future__ import annotations

import numpy as np

from aekeras.samples.outline import band, box, oval, polygon, rounded, smooth
from aekeras.samples.palette import AMBER, BLUSH, CREAM, GLASS, INK, WOOD
from aekeras.samples.pen import Pen


def house(pen: Pen) -> None:
    """A house with a gable, a chimney and a round window."""
    walls = box(13, 48, 87, 95)
    pen.rimmed(WOOD, box(70, 10, 83, 40))
    pen.body(walls)
    pen.light(walls, alpha=0.35)
    pen.body(polygon("2 47, 50 6, 98 47, 92 55, 8 55"))
    pen.shade(polygon("2 47, 98 47, 92 55, 8 55"))
    pen.rimmed(GLASS, oval(50, 32, 8, 8))
    pen.line("50 24, 50 40")
    pen.line("42 32, 58 32")
    pen.rimmed(WOOD, oval(50, 76, 10, 10), box(40, 76, 60, 95))
    pen.dot(AMBER, 56, 82, 2.4)
    for x in (26, 74):
        pen.rimmed(GLASS, box(x - 7, 65, x + 7, 80))
        pen.line([(x, 65), (x, 80)])
        pen.line([(x - 7, 72.5), (x + 7, 72.5)])


def tree(pen: Pen) -> None:
    """A broad tree with fruit."""
    pen.rimmed(WOOD, smooth("44 55, 56 55, 57 80, 66 96, 34 96, 43 80"))
    clouds = ((50, 24, 22), (28, 36, 20), (72, 36, 20), (20, 54, 16), (80, 54, 16), (50, 52, 22))
    pen.body(*(oval(x, y, radius, radius * 0.95) for x, y, radius in clouds))
    pen.shade(smooth("6 58, 28 58, 50 64, 72 58, 94 58, 84 68, 66 65, 50 73, 34 65, 16 68"))
    pen.light(oval(42, 16, 10, 5.5, -20), oval(21, 30, 7, 4.5, -30), oval(66, 27, 6, 4, -10))
    for x, y in ((30, 48), (54, 36), (72, 51), (49, 56)):
        pen.dot(INK, x, y, 6.4)
        pen.dot(BLUSH, x, y, 4.5)
        pen.dot(CREAM, x - 1.4, y - 1.4, 1.5)


def car(pen: Pen) -> None:
    """A small car that drives to the left."""
    cabin = smooth("23 56, 33 32, 48 25, 66 26, 79 36, 86 56")
    pen.body(cabin, smooth("4 68, 12 55, 32 50, 70 49, 92 54, 97 70, 93 81, 50 83, 7 81"))
    pen.rimmed(GLASS, rounded("31 52, 38 34, 52 33, 52 52", 0.12), rounded("59 52, 59 33, 69 35, 77 52", 0.12))
    pen.light(polygon("40 51, 46 35, 50 35, 44 51"), polygon("62 51, 66.5 36, 69 37, 65 51"), alpha=0.8)
    pen.line("55.5 33, 55.5 80")
    pen.light(band("17 60, 34 57, 52 56.5", 3.6, 3.6), band("59 56.5, 72 57.5, 84 60", 3.6, 3.6))
    pen.line("59.5 64, 66 64")
    pen.rimmed(AMBER, oval(10, 66, 3.5, 5))
    pen.rimmed(BLUSH, oval(94, 65, 2, 4))
    for x in (27, 75):
        pen.dot(INK, x, 81, 14)
        pen.dot(CREAM, x, 81, 6.8)
        pen.dot(INK, x, 81, 2.6)


def cup(pen: Pen) -> None:
    """A steaming cup with a friendly face."""
    rise = np.linspace(0.0, 1.0, 13)
    for x in (31, 53):
        steam = np.stack([x + 2.8 * np.sin(2 * np.pi * rise), 26 - 22 * rise], axis=1)
        pen.rimmed(CREAM, band(steam, 5, 3))
    pen.rimmed(CREAM, oval(42, 92, 40, 4.5))
    pen.body(band("70 47, 84 46, 90 54, 86 65, 66 73", 9, 8))
    pen.body(smooth("10 36, 42 37, 74 36, 73 62, 62 87, 42 90, 22 87, 11 62"))
    pen.rimmed(CREAM, oval(42, 36.5, 32.5, 6))
    pen.fill(WOOD, oval(42, 37.2, 27, 3.8))
    pen.light(band("17 52, 18.5 64, 24 76", 5, 4))
    _face(pen, 42, 62)


def star(pen: Pen) -> None:
    """A five-pointed star with a friendly face."""
    turn = np.pi * np.arange(10) / 5 - np.pi / 2
    radius = np.where(np.arange(10) % 2 == 0, 54, 29)
    points = np.stack([50 + radius * np.cos(turn), 54 + radius * np.sin(turn)], axis=1)
    pen.body(rounded(points, 0.28))
    pen.light(band("44 30, 47.5 19", 5, 3.5))
    _face(pen, 50, 54, 0.9)


def heart(pen: Pen) -> None:
    """A heart with a gleam and a friendly face."""
    pen.body(smooth("50 24, 62 12, 80 10, 94 25, 92 47, 76 71, 50 94, 24 71, 8 47, 6 25, 20 10, 38 12"))
    pen.light(oval(22, 27, 6, 10, 35), alpha=0.75)
    _face(pen, 50, 45)


def mushroom(pen: Pen) -> None:
    """A spotted mushroom with a friendly face."""
    pen.rimmed(CREAM, smooth("34 48, 66 48, 67 70, 74 90, 50 96, 26 90, 33 70"))
    pen.body(smooth("50 4, 78 14, 96 41, 90 53, 50 57, 10 53, 4 41, 22 14"))
    pen.shade(smooth("5 45, 30 51, 70 51, 95 45, 90 53, 50 57, 10 53"))
    spots = (
        (50, 26, 9.5),
        (23, 33, 7),
        (77, 33, 7),
        (36, 12.5, 4.5),
        (66, 13.5, 5),
        (38, 44.5, 5),
        (63, 45, 4.5),
    )
    pen.fill(CREAM, *(oval(x, y, radius, radius * 0.9) for x, y, radius in spots))
    _face(pen, 50, 73, 0.75)


def _face(pen: Pen, x: float, y: float, scale: float = 1.0) -> None:
    for side in (-scale, scale):
        pen.dot(INK, x + 13 * side, y, 4.4 * scale)
        pen.dot(CREAM, x + 13 * side + 1.5 * scale, y - 1.5 * scale, 1.6 * scale)
        pen.fill(BLUSH, oval(x + 19.5 * side, y + 7.5 * scale, 4 * scale, 2.6 * scale))
    smile = polygon("-5.5 3.5, -3.6 6.6, 0 8, 3.6 6.6, 5.5 3.5") * scale
    pen.line(smile + np.array([x, y]), width=2.6 * scale)
