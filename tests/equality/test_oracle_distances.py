"""Distances of all pairs, by the loss and by code, against a loop over the pairs."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import pytest
from keras import ops
from scipy.spatial.distance import cdist

from aekeras import losses
from aekeras.equality.distances import as_floats, code_distances, loss_distances, views
from aekeras.losses import ViewLoss

RANDOM = np.random.default_rng(5)


class Farthest(ViewLoss):
    """The largest difference of two views, which is no mean: FAISS must not be asked."""

    def distance(self, view_true: Any, view_pred: Any) -> Any:
        return ops.max(ops.abs(view_true - view_pred), axis=(1, 2, 3))


class Halves(ViewLoss):
    """A view of one's own under the distance of `ViewLoss`."""

    def view(self, images: Any) -> Any:
        return images[:, ::2]


class Weighted(ViewLoss):
    """A comparison of one's own, which does not ask `distance`."""

    def compare(self, true: Any, pred: Any) -> Any:
        return 3.0 * super().compare(true, pred)


def pictures(count: int, side: int = 16) -> np.ndarray:
    return RANDOM.integers(256, size=(count, side, side, 3), dtype=np.uint8)


def by_loop(loss: Any, queries: np.ndarray, images: np.ndarray) -> np.ndarray:
    return np.array([[float(loss(one[None], other[None])[0]) for other in images] for one in queries])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize(
    "loss",
    ["l1", "l1_gray", "l1_red", "l2", "charbonnier", "l1_max", "ssim", "0.7*l1_gray + 0.3*l2", "mirror(l1)"],
)
def test_the_oracle_is_the_loss_of_every_pair(loss: str, dtype: str) -> None:
    """1e-5: sums of float32 in another order."""
    queries, images = pictures(3), pictures(5)
    if dtype == "float32":
        queries, images = as_floats(queries), as_floats(images)
    found = loss_distances(losses.get(loss), queries, images)
    assert found.shape == (3, 5)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, by_loop(losses.get(loss), as_floats(queries), as_floats(images)), atol=1e-5)


@pytest.mark.parametrize("kind", [Farthest, Weighted, Halves])
def test_a_loss_of_ones_own_is_measured_as_it_is_written(kind: type[ViewLoss]) -> None:
    queries, images = pictures(3), pictures(5)
    expected = by_loop(kind(), as_floats(queries), as_floats(images))
    np.testing.assert_allclose(loss_distances(kind(), queries, images), expected, atol=1e-5)


@pytest.mark.parametrize(("kind", "asked"), [(Farthest, False), (Weighted, False), (Halves, True)])
def test_faiss_is_asked_only_for_mean_differences_of_views(
    kind: type[ViewLoss], asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    real = faiss.pairwise_distances
    monkeypatch.setattr(faiss, "pairwise_distances", lambda *args, **named: calls.append(1) or real(*args, **named))
    loss_distances(kind(), pictures(2), pictures(3))
    assert bool(calls) == asked


@pytest.mark.parametrize("loss", ["l1", "l2"])
def test_more_pictures_than_a_block_holds_are_all_there(loss: str) -> None:
    """Blocks are of 128 queries, of 128 or 256 pictures and of 1,024 numbers; views here have 12 or 1,200."""
    for side, queries, images in ((2, 130, 300), (20, 3, 4)):
        some, others = pictures(queries, side), pictures(images, side)
        flat, flat_others = (as_floats(one).reshape(len(one), -1).astype(np.float64) for one in (some, others))
        width = flat.shape[1]
        metric, scale = ("cityblock", width) if loss == "l1" else ("euclidean", np.sqrt(width))
        expected = cdist(flat, flat_others, metric) / scale
        np.testing.assert_allclose(loss_distances(losses.get(loss), some, others), expected, atol=1e-5)


def test_a_picture_is_at_zero_from_itself() -> None:
    images = pictures(6)
    for loss in ("l1_gray", "l2", "0.5*l1 + 0.5*l1_edges"):
        np.testing.assert_allclose(np.diag(loss_distances(losses.get(loss), images, images)), 0.0, atol=1e-6)


def test_distances_of_codes_are_euclidean() -> None:
    """1e-6: a difference of squares in double precision, for codes far from the origin."""
    queries, codes = (RANDOM.normal(size=(n, 8)).astype(np.float32) + 10 for n in (7, 9))
    np.testing.assert_allclose(code_distances(queries, codes), cdist(queries, codes), atol=1e-6)
    np.testing.assert_allclose(np.diag(code_distances(codes, codes)), 0.0, atol=1e-6)


def test_views_are_what_the_loss_sees_flat_of_bytes_and_floats_alike() -> None:
    images = pictures(130, 4)
    seen = views(losses.get("l1_gray"), images)
    assert seen.shape == (130, 16)
    assert seen.dtype == np.float32
    expected = images.reshape(130, 16, 3) / 255.0 @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(seen, expected, atol=1e-6)
    np.testing.assert_array_equal(views(losses.get("l1_gray"), as_floats(images)), seen)
