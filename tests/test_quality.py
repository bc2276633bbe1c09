"""How well codes stand for their loss, on real photographs that no training saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import skimage.data
from PIL import Image

from aekeras import losses, training
from aekeras.configuration import Training
from aekeras.equality.controls import pca_codes
from aekeras.equality.distances import code_distances, loss_distances
from aekeras.equality.fidelity import fidelity, median_ratio, metamer_recall
from aekeras.losses import DEFAULT_LOSSES

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "retina", "immunohistochemistry", "hubble_deep_field")
CONFIG = Training(image_size=32, seed=1)
TRAIN, QUERIES = 560, 140

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Encoded:
    """Codes under one loss: of the collection, of held-out queries, of metamers of the collection."""

    collection: np.ndarray
    queries: np.ndarray
    metamers: np.ndarray


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    """Crops of photographs at random places and scales, uint8, the queries last."""
    random = np.random.default_rng(0)
    crops = []
    for i in range(TRAIN + QUERIES):
        photograph = getattr(skimage.data, PHOTOGRAPHS[i % len(PHOTOGRAPHS)])()[..., :3]
        side = int(random.uniform(0.15, 0.6) * min(photograph.shape[:2]))
        y, x = (random.integers(0, length - side) for length in photograph.shape[:2])
        crop = Image.fromarray(photograph[y : y + side, x : x + side])
        crops.append(np.asarray(crop.resize((CONFIG.image_size, CONFIG.image_size), Image.Resampling.BILINEAR)))
    return np.stack(crops)


@pytest.fixture(scope="module")
def encoded(pictures: np.ndarray) -> dict[str, Encoded]:
    return {name: _encode(name, pictures) for name in DEFAULT_LOSSES}


@pytest.fixture(scope="module")
def by_loss(pictures: np.ndarray) -> dict[str, np.ndarray]:
    """The loss itself between every query and the collection: the oracle."""
    queries, collection = pictures[TRAIN:], pictures[:TRAIN]
    return {name: loss_distances(losses.get(name), queries, collection) for name in DEFAULT_LOSSES}


def _encode(name: str, pictures: np.ndarray) -> Encoded:
    loss = losses.get(name)
    encoder = training.fit(pictures[:TRAIN], loss, CONFIG).autoencoder.get_layer("encoder")
    floats = pictures.astype(np.float32) / 255.0
    metamers = np.asarray(loss.metamer(floats[:TRAIN], 3))
    collection, queries, seen = (
        encoder.predict(images, batch_size=256, verbose=0) for images in (floats[:TRAIN], floats[TRAIN:], metamers)
    )
    return Encoded(collection, queries, seen)


def test_codes_agree_most_with_their_own_loss(encoded: dict[str, Encoded], by_loss: dict[str, np.ndarray]) -> None:
    for name, codes in encoded.items():
        distances = code_distances(codes.queries, codes.collection)
        agreement = {other: fidelity(distances, by_loss[other]).mean() for other in DEFAULT_LOSSES}
        assert max(agreement, key=agreement.__getitem__) == name, agreement


@pytest.mark.parametrize("name", DEFAULT_LOSSES)
def test_codes_find_more_than_principal_components_do(
    name: str, encoded: dict[str, Encoded], by_loss: dict[str, np.ndarray], pictures: np.ndarray
) -> None:
    codes = encoded[name]
    own = fidelity(code_distances(codes.queries, codes.collection), by_loss[name]).mean()
    view = np.asarray(losses.get(name).view(pictures.astype(np.float32) / 255.0)).reshape(len(pictures), -1)
    collection, queries = pca_codes(view[:TRAIN], view[TRAIN:], CONFIG.code_dim)
    floor = fidelity(code_distances(queries, collection), by_loss[name]).mean()
    assert own >= floor, (own, floor)


@pytest.mark.parametrize("name", DEFAULT_LOSSES)
def test_distances_are_in_the_units_of_the_loss(
    name: str, encoded: dict[str, Encoded], by_loss: dict[str, np.ndarray]
) -> None:
    codes = encoded[name]
    distances = code_distances(codes.queries, codes.collection)
    assert 0.8 <= median_ratio(distances, by_loss[name]) <= 1.25


@pytest.mark.parametrize("name", DEFAULT_LOSSES[1:])
def test_a_metamer_finds_the_picture_it_was_made_from(name: str, encoded: dict[str, Encoded]) -> None:
    codes = encoded[name]
    recall = metamer_recall(code_distances(codes.metamers, codes.collection))
    assert recall >= 0.95, recall
