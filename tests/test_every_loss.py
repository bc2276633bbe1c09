"""Every loss of the catalogue trains on the built-in samples, and its codes agree with it more than with `l1`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from networks import DEEP, save_network

from aekeras import losses, samples, training
from aekeras.configuration import Training
from aekeras.equality.distances import code_distances, loss_distances
from aekeras.equality.fidelity import fidelity
from aekeras.losses import DEFAULT_LOSSES

CONFIG = Training(image_size=32, code_dim=32, epochs=2, batch_size=32, seed=1)
COUNT, QUERIES = 160, 40
ALIKE = 0.9  # fidelity of two losses to each other above which they ask for the same neighbors
EXAMPLES = [row.example or DEEP for row in losses.catalogue() if row.name not in DEFAULT_LOSSES]
"""Without those of which test_quality.py asks more."""
HARD = ["l1_max"]
"""Most pictures are about as far apart, and what an encoder averages is nearer to `l1`: not even classical scaling,
which knows every distance, finds more of its neighbors than codes that were trained under it."""
COMPOSED = ["0.7*l1_gray + 0.3*l1_edges", "center(mirror(0.5*palette + 0.5*l1), size=0.8)"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # Keras's own, under NumPy 2
]


@pytest.fixture(autouse=True)
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """network.keras in the working directory."""
    monkeypatch.chdir(tmp_path)
    save_network(tmp_path)


@cache
def pictures() -> np.ndarray:
    """Samples, uint8, shape (N, 32, 32, 3), in random order."""
    drawn = np.stack([samples.draw(sample, CONFIG.image_size) for sample in samples.generate(COUNT)])
    return np.random.default_rng(0).permutation(drawn)


@cache
def neighbors_by(expression: str) -> np.ndarray:
    """The loss between every query and the collection."""
    return loss_distances(losses.get(expression), pictures()[:QUERIES], pictures()[QUERIES:])


@cache
def by_code(expression: str) -> np.ndarray:
    """The distances of codes between every query and the collection."""
    trained = training.fit(pictures()[QUERIES:], losses.get(expression), CONFIG)  # which refuses a collapse
    codes = trained.autoencoder.get_layer("encoder").predict(pictures() / np.float32(255), batch_size=256, verbose=0)
    return code_distances(codes[:QUERIES], codes[QUERIES:])


def agreement(codes_of: str, by: str) -> float:
    return float(fidelity(by_code(codes_of), neighbors_by(by)).mean())


@pytest.mark.parametrize("expression", [example for example in EXAMPLES + COMPOSED if example not in HARD])
def test_it_trains_without_collapse_and_its_codes_are_its_own(expression: str) -> None:
    own, other = agreement(expression, expression), agreement(expression, "l1")
    between = fidelity(neighbors_by(expression), neighbors_by("l1")).mean()
    assert own > other or between > ALIKE, (own, other, between)


@pytest.mark.parametrize("expression", HARD)
def test_codes_of_a_loss_that_few_numbers_can_hardly_follow_follow_it_more_than_those_of_l1_do(expression: str) -> None:
    own, other = agreement(expression, expression), agreement("l1", expression)
    assert own > other, (own, other)
