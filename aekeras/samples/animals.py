"""The animals of the sample pictures: each function draws one."""

from __future__ import annotations

from aekeras.samples.outline import Outline, band, mirrored, oval, polygon, rounded, smooth
from aekeras.samples.palette import AMBER, BLUSH, CREAM, INK, LEAF
from aekeras.samples.pen import Pen

# Cat and dog sit to the left of the middle, so that the tail has room.
_AXIS = 44.0


def cat(pen: Pen) -> None:
    """A sitting cat that looks at you, its tail curled up beside it."""
    tail = "60 91, 72 93, 84 90, 91 81, 88 71, 83 63, 85 54, 92 50"
    pen.body(band(tail, 12, 10))
    pen.shade(band("83 63, 85 54, 92 50", 10, 10))
    pen.body(smooth("44 44, 61 56, 69 78, 66 95, 44 97, 22 95, 19 78, 27 56"))
    pen.light(oval(_AXIS, 75, 12, 15))
    pen.line("44 84, 44 95")
    for paw in _pair(oval(34, 93, 8.5, 5)):
        pen.rimmed(CREAM, paw)
    head = smooth("44 11.5, 66 17, 76.5 34, 67 49, 44 55, 21 49, 11.5 34, 22 17")
    pen.body(*_pair(rounded("12.5 36, 14 1, 42 15", 0.12)), head)
    pen.fill(BLUSH, *_pair(rounded("17.5 24, 18 9, 30 15.5", 0.15)))
    pen.shade(*_pair(band("35 14, 37 21", 4, 2)), band("44 12, 44 24", 4.5, 2))
    pen.fill(CREAM, *_pair(oval(37.5, 43.5, 9, 7.5)))
    for side in (-1, 1):
        _cat_eye(pen, _AXIS + side * 16.5)
    for flip in (False, True):
        for whisker in ("22 42, 12 40, 1 37.5", "22 45.5, 12 46.5, 1 49"):
            pen.line(_flip(whisker, flip), width=1.6)
        pen.line(_flip("44 42, 42.5 45.5, 39 46.8, 35.5 45", flip), width=2)
    pen.fill(BLUSH, rounded("39.5 38.5, 48.5 38.5, 44 43.5", 0.2))


def _cat_eye(pen: Pen, x: float) -> None:
    pen.dot(INK, x, 31.5, 8.4)
    pen.dot(LEAF, x, 31.5, 6.6)
    pen.fill(INK, oval(x, 31.5, 3, 5.8))
    pen.dot(CREAM, x + 2.2, 28.8, 2)


def dog(pen: Pen) -> None:
    """A sitting dog with hanging ears and its tongue out."""
    pen.body(band("62 91, 75 87, 85 78, 90 63", 12, 7))
    pen.body(smooth("44 44, 61 58, 69 80, 66 95, 44 97, 22 95, 19 80, 27 58"))
    pen.light(oval(_AXIS, 74, 12, 17))
    pen.line("44 84, 44 95")
    for paw in _pair(oval(33, 93, 10, 5.2)):
        pen.body(paw)
    pen.rimmed(CREAM, band("26 60, 44 64.5, 62 60", 5, 5))
    pen.rimmed(AMBER, oval(_AXIS, 69, 4.5, 4.5))
    pen.body(smooth("44 7, 63 13, 70 32, 63 49, 44 56, 25 49, 18 32, 25 13"))
    pen.light(oval(58, 27, 10, 12), alpha=0.6)
    for ear in _pair(smooth("29 9, 14 12, 5 30, 7 50, 17 52, 22 36")):
        pen.body(ear)
        pen.shade(ear, alpha=0.42)
    pen.rimmed(BLUSH, band("44 47, 44 56.5", 10, 10))
    pen.fill(CREAM, smooth("44 30, 54 37, 58.5 45, 52 51, 44 49, 36 51, 29.5 45, 34 37"))
    for flip in (False, True):
        pen.line(_flip("44 41, 44 46, 47 49.3, 51.5 50, 56 47.5", flip))
    for side in (-1, 1):
        pen.dot(INK, _AXIS + side * 13, 27.5, 5)
        pen.dot(CREAM, _AXIS + side * 13 + 1.8, 25.7, 1.7)
    pen.fill(INK, smooth("36 35, 44 33.5, 52 35, 49 40, 44 42, 39 40"))


def fish(pen: Pen) -> None:
    """A round fish that swims to the left, with bubbles."""
    for bubble in (oval(13, 19, 5, 5), oval(6, 7, 3.5, 3.5), oval(21, 7, 2.8, 2.8)):
        pen.rimmed(CREAM, bubble)
    fins = (
        smooth("74 50, 86 30, 97 26, 92 50, 97 76, 86 72"),
        smooth("33 33, 42 13, 66 13, 70 36"),
        smooth("43 74, 50 90, 62 88, 60 70"),
    )
    for fin in fins:
        pen.body(fin)
        pen.shade(fin)
    pen.body(smooth("6 52, 16 33, 40 23, 62 30, 82 50, 62 71, 40 79, 16 71"))
    pen.light(smooth("10 61, 36 68, 70 61, 58 71.5, 40 77, 18 71"))
    pen.line("36 30, 40 40, 41 50, 40 60, 36 69")
    for x, y in ((50, 39), (62, 41), (56, 48.5), (68, 49.5), (50, 58), (62, 58)):
        pen.line([(x - 2, y - 4), (x + 1, y - 2.5), (x + 2, y), (x + 1, y + 2.5), (x - 2, y + 4)])
    pen.rimmed(CREAM, oval(24.5, 44, 6.4, 6.4))
    pen.dot(INK, 23.5, 44.5, 4.4)
    pen.dot(CREAM, 25, 43, 1.6)
    pen.line("7.5 56, 11 59, 15 60, 18.5 58.5")
    pen.fill(BLUSH, oval(29, 56.5, 4, 2.8))


def bird(pen: Pen) -> None:
    """A plump bird in profile, looking to the left."""
    for x in (40, 53):
        pen.line([(x, 84), (x, 97)], width=4)
        pen.line([(x - 9, 97), (x + 5, 97)], width=3.6)
    tail = smooth("66 66, 80 52, 97 42, 98 55, 84 72, 70 80")
    pen.body(tail)
    pen.shade(tail)
    pen.rimmed(AMBER, rounded("20 26, 1 36, 20 42", 0.12))
    pen.body(band("36 16, 36 7, 41 3", 5, 4), band("36 16, 42 10, 48 9", 5, 4))
    pen.body(smooth("34 12, 51 19, 59 36, 71 52, 76 68, 64 83, 44 87, 24 78, 15 56, 16 28"))
    pen.light(smooth("17 54, 29 50, 40 62, 46 84, 34 83, 22 75"), alpha=0.65)
    wing = smooth("45 46, 60 48, 80 66, 66 74, 50 70, 42 58")
    pen.body(wing)
    pen.shade(wing)
    pen.line("53 58, 60 63, 68 65.5")
    pen.rimmed(CREAM, oval(32, 30.5, 5.6, 5.6))
    pen.dot(INK, 31, 31, 4.2)
    pen.dot(CREAM, 32.6, 29.4, 1.6)
    pen.fill(BLUSH, oval(25, 43, 5, 3.2))


def _pair(outline: Outline) -> tuple[Outline, Outline]:
    return outline, mirrored(outline, _AXIS)


def _flip(points: str, flip: bool) -> Outline:
    return mirrored(polygon(points), _AXIS) if flip else polygon(points)
