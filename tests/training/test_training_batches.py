"""Batches: every picture once per epoch, in an order that the seed and the epoch alone decide."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from aekeras.training import Batches
from aekeras.training.batches import split

COUNT = 23
IMAGES = np.arange(COUNT, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
ROWS = np.arange(3, COUNT)  # 20 of them


def epoch_of(batches: Batches) -> list[list[int]]:
    """Which pictures are in which batch."""
    return [[int(image[0, 0, 0]) for image in batches[i][0]] for i in range(len(batches))]


class Watcher(keras.Model):
    """Learns nothing, and notes the pictures of every step."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[list[int]] = []

    def train_step(self, data: Any) -> dict[str, Any]:
        (images,) = data
        self.seen.append([int(image[0, 0, 0]) for image in images])
        return {"loss": 0.0}


def watch(batches: Batches, epochs: int) -> list[list[int]]:
    watcher = Watcher()
    watcher.compile(run_eagerly=True)
    watcher.fit(batches, epochs=epochs, shuffle=False, verbose=0)  # Keras would shuffle the batches once more
    return watcher.seen


def test_a_batch_holds_images_as_they_are() -> None:
    (batch,) = Batches(IMAGES, ROWS, size=6, seed=0)[0]
    assert (batch.shape, batch.dtype) == ((6, 2, 2, 3), np.uint8)
    (drawn,) = epoch_of(Batches(IMAGES, ROWS, size=6, seed=0))[:1]
    np.testing.assert_array_equal(batch, IMAGES[drawn])


@pytest.mark.parametrize(("size", "count"), [(5, 4), (6, 3), (20, 1), (1, 20)])
def test_an_epoch_has_each_chosen_picture_at_most_once_and_only_full_batches(size: int, count: int) -> None:
    epoch = epoch_of(Batches(IMAGES, ROWS, size=size, seed=0))
    drawn = [image for batch in epoch for image in batch]
    assert [len(batch) for batch in epoch] == [size] * count
    assert len(set(drawn)) == size * count
    assert set(drawn) <= set(ROWS)


def test_seed_and_epoch_decide_the_order() -> None:
    first = epoch_of(Batches(IMAGES, ROWS, size=5, seed=1))
    assert epoch_of(Batches(IMAGES, ROWS, size=5, seed=1)) == first
    assert epoch_of(Batches(IMAGES, ROWS, size=5, seed=2)) != first
    assert epoch_of(Batches(IMAGES, ROWS, size=5, seed=1, epoch=1)) != first


def test_what_is_left_out_of_one_epoch_comes_in_another() -> None:
    drawn = {
        image
        for epoch in range(10)
        for batch in epoch_of(Batches(IMAGES, ROWS, size=6, seed=0, epoch=epoch))
        for image in batch
    }
    assert drawn == set(ROWS)


def test_keras_gets_a_new_order_in_every_epoch_and_the_same_when_it_goes_on_later() -> None:
    whole = watch(Batches(IMAGES, ROWS, size=5, seed=1), epochs=3)
    epochs = [whole[i : i + 4] for i in range(0, 12, 4)]
    assert epochs[0] != epochs[1] != epochs[2]
    for epoch in epochs:
        assert sorted(image for batch in epoch for image in batch) == list(ROWS)
    assert watch(Batches(IMAGES, ROWS, size=5, seed=1, epoch=1), epochs=2) == whole[4:]


def test_without_reshuffling_every_epoch_is_the_same() -> None:
    seen = watch(Batches(IMAGES, ROWS, size=10, seed=1, reshuffle=False), epochs=2)
    assert seen[:2] == seen[2:]


@pytest.mark.parametrize(
    ("count", "share", "held_out"), [(1000, 0.1, 100), (39, 0.1, 3), (29, 0.1, 0), (2, 0.5, 0), (8, 0.5, 4), (50, 0, 0)]
)
def test_a_split_has_every_row_once_and_validates_with_none_or_at_least_three(
    count: int, share: float, held_out: int
) -> None:
    train, validate = split(count, share, seed=0)
    assert len(validate) == held_out
    assert sorted([*train, *validate]) == list(range(count))


def test_the_seed_decides_the_split() -> None:
    np.testing.assert_array_equal(split(100, 0.2, seed=1)[1], split(100, 0.2, seed=1)[1])
    assert set(split(100, 0.2, seed=1)[1]) != set(split(100, 0.2, seed=2)[1])
