"""Batches of uint8 images, drawn anew for every epoch in an order that only the seed and the epoch decide."""

from __future__ import annotations

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """The chosen rows of images, shuffled; the last, smaller batch of an epoch is left out.

    Args:
        images: uint8, shape (N, S, S, 3).
        rows: The rows of images to draw from.
        size: Images per batch, at most len(rows).
        seed: With the number of the epoch, fixes the order.
        epoch: The epoch to begin with, counted from 0.
        reshuffle: Draw a new order for every epoch.
    """

    def __init__(
        self,
        images: np.ndarray,
        rows: np.ndarray,
        *,
        size: int,
        seed: int,
        epoch: int = 0,
        reshuffle: bool = True,
    ) -> None:
        super().__init__()
        self._images, self._rows, self._size, self._reshuffle = images, rows, size, reshuffle
        self._seed, self._epoch = seed, epoch
        self._shuffle()

    def __len__(self) -> int:
        return len(self._rows) // self._size

    def __getitem__(self, index: int) -> tuple[np.ndarray]:
        rows = self._order[index * self._size : (index + 1) * self._size]
        return (self._images[np.sort(rows)],)

    def on_epoch_end(self) -> None:
        if self._reshuffle:
            self._epoch += 1
            self._shuffle()

    def _shuffle(self) -> None:
        self._order = np.random.default_rng((self._seed, self._epoch)).permutation(self._rows)


def split(count: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows that train and rows that validate, of `count`: all of them train where two or fewer would validate."""
    order = np.random.default_rng(seed).permutation(count)
    held_out = int(count * share)
    return (order, order[:0]) if held_out < 3 else (order[held_out:], order[:held_out])
