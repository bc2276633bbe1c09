"""The one rule by brute force: losses as formulas, smoothing by SciPy, what is typical from the record of a model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from aekeras.index import Index
from aekeras.places import Places

Star = tuple[int, list[int]]

SEEN = {"l1": np.eye(3), "l1_gray": np.array([[0.299], [0.587], [0.114]])}
OFF = 1e-6  # of a share: losses are computed in float32


def record_of(places: Places, loss: str) -> Path:
    return places.models / loss / "1" / "assets.extra" / "run.json"


def scale_of(places: Places, loss: str) -> dict:
    """What the model has kept of its training: {"loss", "smoothed" or "codes": {"typical": ...}, "zero": ...}."""
    return json.loads(record_of(places, loss).read_text())["scale"]


def losses_among(loss: str, pictures: np.ndarray) -> np.ndarray:
    """By the formula, of all pairs of pictures in [0, 1], (N, S, S, 3) -> (N, N)."""
    seen = pictures @ SEEN[loss]
    return np.array([np.abs(seen - one).mean(axis=(1, 2, 3)) for one in seen])


def shares_by_rule(loss: str, pictures: np.ndarray, places: Places) -> np.ndarray:
    """The one rule, of all pairs of uint8 pictures, (N, S, S, 3) -> (N, N): as they are, or smoothed by SciPy."""
    scale, sharp = scale_of(places, loss), pictures / 255.0
    deviation = pictures.shape[1] / 48
    soft = gaussian_filter(sharp, sigma=(0, deviation, deviation, 0), mode="reflect")
    found = {part: losses_among(loss, them) for part, them in (("loss", sharp), ("smoothed", soft))}
    return np.minimum(
        *(np.where(some <= scale["zero"], 0.0, some) / scale[part]["typical"] for part, some in found.items())
    )


def between(values: np.ndarray, about: float) -> float:
    """A limit in the widest gap near another one, so that no rounding matters; 0 stays 0."""
    near = np.unique(values[(values > 0.7 * about) & (values < 1.3 * about)])
    widest = int(np.argmax(np.diff(near))) if about else 0
    assert not about or near[widest + 1] - near[widest] > 10 * OFF
    return float(near[widest : widest + 2].mean()) if about else 0.0


def kept_of(places: Places, loss: str) -> tuple[list[Path], np.ndarray, np.ndarray]:
    """The files of an index, their small pictures, and their codes."""
    with Index.open(places.indexes / loss, places.models) as index:
        ids = index.ids.tolist()
        pictures = index.store.images_of(ids)
        assert pictures is not None
        paths = index.store.items.paths(ids)
        return [Path(paths[key][0]) for key in ids], pictures, index.codes


def brute_force(distances: np.ndarray, limit: float, weights: np.ndarray) -> list[Star]:
    """The rule word by word: whoever is equal to most that have no group yet, the lowest of several such."""
    free, stars = set(range(len(distances))), []
    while free:
        equal = {i: [j for j in sorted(free) if j != i and distances[i, j] <= limit] for i in free}
        sizes = {i: int(weights[i] + sum(weights[j] for j in equal[i])) for i in free}
        first = min(free, key=lambda i: (-sizes[i], i))
        if sizes[first] < 2:
            break
        stars.append((first, equal[first]))
        free -= {first, *equal[first]}
    return stars


def matrix(codes: np.ndarray) -> np.ndarray:
    return np.linalg.norm(codes[:, None].astype(np.float64) - codes[None], axis=2)
