"""Fidelity@10 of held-out queries after some seconds of training, against what needs no training."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from aekeras import losses, training
from aekeras.configuration import Training
from aekeras.equality.controls import pca_codes, scaled_codes
from aekeras.equality.distances import code_distances, loss_distances
from aekeras.equality.fidelity import fidelity

Row = tuple[str, str, str, str]
_CODE_DIM = Training().code_dim


def fidelity_rows(loss: str, train: np.ndarray, queries: np.ndarray, seconds: Sequence[int]) -> list[Row]:
    """One row per length of training; the rivals are PCA of the view and scaling of the loss's distances."""
    by_loss = loss_distances(losses.get(loss), queries, train)
    pca = _mean(code_distances(*reversed(_pca(loss, train, queries))), by_loss)
    within = loss_distances(losses.get(loss), train, train)
    codes, placed = scaled_codes(within, by_loss, _CODE_DIM)
    mds = _mean(code_distances(placed, codes), by_loss)
    rows = []
    for wanted in seconds:
        encoder, took = _trained(loss, train, wanted)
        ours = _mean(code_distances(encode(encoder, queries), encode(encoder, train)), by_loss)
        name = f"fidelity@10 under {loss} after {took:.0f} s; rivals: PCA, MDS"
        rows.append((name, f"{ours:.3f}", f"{pca:.3f}, {mds:.3f}", f"{ours / pca:.2f}, {ours / mds:.2f}"))
    return rows


def encode(encoder: object, images: np.ndarray) -> np.ndarray:
    return encoder.predict(images.astype(np.float32) / 255.0, batch_size=256, verbose=0)


def _pca(loss: str, train: np.ndarray, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    view = losses.get(loss).view
    flat = [np.asarray(view(x.astype(np.float32) / 255.0)).reshape(len(x), -1) for x in (train, queries)]
    return pca_codes(*flat, _CODE_DIM)


def _trained(loss: str, train: np.ndarray, seconds: int) -> tuple[object, float]:
    """An encoder trained for about that long: the epochs that fit, by the pace of a short training."""
    start = time.perf_counter()
    training.fit(train, losses.get(loss), Training(epochs=1))
    first = time.perf_counter() - start
    start = time.perf_counter()
    training.fit(train, losses.get(loss), Training(epochs=3))
    pace = max((time.perf_counter() - start - first) / 2, 0.05)
    epochs = max(1, int((seconds - first) / pace))
    start = time.perf_counter()
    trained = training.fit(train, losses.get(loss), Training(epochs=epochs, patience=epochs))
    return trained.autoencoder.get_layer("encoder"), time.perf_counter() - start


def _mean(by_code: np.ndarray, by_loss: np.ndarray) -> float:
    return float(fidelity(by_code, by_loss).mean())
