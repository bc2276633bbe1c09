"""A tiny network, for the loss that asks one."""

from __future__ import annotations

import warnings
from pathlib import Path

import keras

DEEP = "deep_features(model='network.keras')"
"""That loss, in the folder where the network was saved."""


def save_network(folder: Path) -> None:
    """Writes network.keras: 8 random filters, which is about the least that a network can see."""
    weights = keras.initializers.GlorotUniform(seed=0)
    filters = keras.layers.Conv2D(8, 5, activation="tanh", kernel_initializer=weights)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)  # Keras's own, under NumPy 2
        keras.Sequential([keras.Input((None, None, 3)), filters]).save(folder / "network.keras")
