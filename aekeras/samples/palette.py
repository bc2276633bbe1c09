"""The colors of the sample pictures: sets of one luma, and sets of one red, green or blue.

Two pictures that differ only in color, within a luma set, are one picture under `l1_gray`; within the set
`red` they are one picture under `l1_red`, and so on. Ginger belongs to a luma set and to the three others, so
that a ginger cat has equals under each of these losses.
"""

from __future__ import annotations

Color = tuple[int, int, int]

LUMA_SETS: dict[str, dict[str, Color]] = {
    "middle": {
        "ginger": (232, 110, 36),
        "blue": (72, 149, 255),
        "green": (62, 184, 101),
        "violet": (186, 97, 223),
        "pink": (244, 80, 159),
        "gray": (138, 138, 138),
    },
    "dark": {
        "crimson": (232, 0, 49),
        "forest": (28, 110, 18),
        "teal": (4, 110, 81),
        "brown": (121, 59, 36),
        "cobalt": (41, 70, 190),
        "plum": (124, 43, 111),
    },
    "light": {
        "gold": (252, 195, 36),
        "rose": (232, 176, 187),
        "sky": (138, 212, 248),
        "mint": (140, 226, 171),
        "lilac": (202, 180, 246),
        "silver": (194, 194, 194),
    },
}

# The color that has equals under every default loss.
ANCHOR = "ginger"

CHANNEL_SETS: dict[str, tuple[str, ...]] = {
    "red": ("ginger", "crimson", "rose"),
    "green": ("ginger", "forest", "teal"),
    "blue": ("ginger", "brown", "gold"),
}

COLORS: dict[str, Color] = {name: color for colors in LUMA_SETS.values() for name, color in colors.items()}

# The grounds have sets of one luma too: a cat on ice is the cat on cream under `l1_gray`.
GROUND_SETS: dict[str, dict[str, Color]] = {
    "pale": {
        "cream": (252, 232, 206),
        "ice": (214, 243, 249),
        "pistachio": (223, 246, 210),
        "blush": (255, 225, 234),
        "lavender": (236, 231, 253),
        "paper": (235, 235, 235),
    },
    "deep": {
        "midnight": (40, 65, 113),
        "pine": (30, 79, 67),
        "wine": (109, 40, 61),
        "umber": (88, 54, 44),
        "slate": (60, 63, 71),
    },
}

GROUND_COLORS: dict[str, Color] = {name: color for colors in GROUND_SETS.values() for name, color in colors.items()}

# Details keep these colors whatever the coat, so that a new coat changes chroma and nothing else.
INK: Color = (42, 34, 48)
CREAM: Color = (255, 247, 234)
BLUSH: Color = (244, 142, 150)
LEAF: Color = (196, 226, 92)
AMBER: Color = (255, 186, 62)
GLASS: Color = (196, 230, 244)
WOOD: Color = (122, 82, 58)


def luma(color: Color) -> float:
    """0.299 R + 0.587 G + 0.114 B, in [0, 255] (ITU-R BT.601)."""
    red, green, blue = color
    return 0.299 * red + 0.587 * green + 0.114 * blue


def mix(color: Color, other: Color, share: float) -> Color:
    """The color with a `share` in [0, 1] of the other; linear, so colors of one luma stay of one luma."""
    red, green, blue = (round((1 - share) * a + share * b) for a, b in zip(color, other, strict=True))
    return red, green, blue


def luma_set(color: str) -> str:
    """The name of the luma set that a coat's color belongs to."""
    return next(name for name, colors in LUMA_SETS.items() if color in colors)


def ground_set(color: str) -> str:
    """The name of the luma set that a ground's color belongs to."""
    return next(name for name, colors in GROUND_SETS.items() if color in colors)
