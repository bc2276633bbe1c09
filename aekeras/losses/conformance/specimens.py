"""The pictures that losses are checked on: made, always the same, small."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

SIDE = 48  # large enough for three scales of a filter of 11 pixels, small enough for hundreds of pairs
SCENES = 8
SHAPES = ((1, SIDE, SIDE), (3, SIDE, SIDE), (2, SIDE, 32), (2, 32, SIDE))
"""Batches as they may come: (count, height, width)."""
_SEED = 20


@dataclass(frozen=True, kw_only=True)
class Specimens:
    """Pictures of one size: scenes first, then what lies near the first scene, then what has no structure.

    Attributes:
        images: Float32, shape (N, 48, 48, 3), in [0, 1].
        names: What each one is, for a message.
    """

    images: np.ndarray
    names: tuple[str, ...]

    @property
    def scenes(self) -> np.ndarray:
        """Fields of color with edges and noise, shape (8, 48, 48, 3); they leave room for other light and colors."""
        return self.images[:SCENES]


@lru_cache
def specimens() -> Specimens:
    """The pictures that all pairs are made of."""
    drawn = scenes(SCENES, SIDE, SIDE)
    named = {f"picture {number}": image for number, image in enumerate(drawn)} | _near(drawn) | _plain()
    images = np.stack(list(named.values())).astype("float32")
    images.flags.writeable = False
    return Specimens(images=images, names=tuple(named))


def scenes(count: int, height: int, width: int) -> np.ndarray:
    """Pictures with something of everything, float32, shape (count, height, width, 3), in [0.05, 0.95]."""
    draw = np.random.default_rng(_SEED)
    return np.stack([_scene(draw, height, width) for _ in range(count)]).astype("float32")


def _scene(draw: np.random.Generator, height: int, width: int) -> np.ndarray:
    field = _smooth(draw.random((4, 4, 3)), height, width)
    rows, columns = np.mgrid[0:height, 0:width]
    y, x, radius = draw.uniform(0.2, 0.8) * height, draw.uniform(0.2, 0.8) * width, draw.uniform(0.15, 0.4) * width
    disk = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
    stripes = np.sin(draw.uniform(0.2, 0.8) * (rows + draw.uniform(-1, 1) * columns)) > 0.6
    for mask in (disk, stripes):
        field = np.where(mask[..., None], 0.3 * field + 0.7 * draw.random(3), field)
    field = field + draw.normal(0, 0.03, field.shape)
    low, high = draw.uniform(0.05, 0.3), draw.uniform(0.7, 0.95)
    return low + (high - low) * (field - field.min()) / (field.max() - field.min())


def _smooth(cells: np.ndarray, height: int, width: int) -> np.ndarray:
    """The cells, interpolated linearly."""
    rows, columns = (_weights(n, len(cells)) for n in (height, width))
    return np.einsum("hi,wj,ijc->hwc", rows, columns, cells)


def _weights(count: int, cells: int) -> np.ndarray:
    places = np.linspace(0, cells - 1, count)
    return np.stack([np.interp(places, np.arange(cells), row) for row in np.eye(cells)], axis=1)


def _near(drawn: np.ndarray) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(_SEED + 1).normal(0, 0.01, drawn[0].shape)
    return {
        "picture 0 with a little noise": np.clip(drawn[0] + noise, 0, 1),
        "picture 0, a hair brighter": drawn[0] + 0.001,
        "picture 0, two hairs brighter": drawn[0] + 0.002,
        "picture 0, a little brighter": drawn[0] + 0.02,
        "picture 0, one pixel aside": np.roll(drawn[0], 1, axis=1),
        "half picture 0, half picture 1": (drawn[0] + drawn[1]) / 2,
    }


def _plain() -> dict[str, np.ndarray]:
    shape = (SIDE, SIDE, 3)
    point = np.zeros(shape)
    point[SIDE // 3, SIDE // 2] = 1
    ramp = np.linspace(0, 1, SIDE)
    return {
        "noise": np.random.default_rng(_SEED + 2).random(shape),
        "black": np.zeros(shape),
        "white": np.ones(shape),
        "one gray": np.full(shape, 0.5),
        "one red": np.broadcast_to([0.8, 0.1, 0.2], shape),
        "a gradient": np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], 0.5 * (ramp[:, None] + ramp)), axis=-1),
        "one bright pixel": point,
    }
