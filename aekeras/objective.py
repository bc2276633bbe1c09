"""The training objective: a page of mathematics.

    total = loss(x, decode(encode(metamer(x))))                                  reconstruction
          + weight * mean over pairs of w_ij | ||z_i - z_j|| - loss(x_i, x_j) |   isometry

with z the codes of metamers and blends, and w_ij = 1 / (loss(x_i, x_j) + unit / 10), scaled to a mean of one: near
pairs decide retrieval.

References:
    Gropp, Atzmon, Lipman, "Isometric Autoencoders", 2020, arXiv:2006.09289.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops, tree

_NEAR = 0.1  # in typical distances: pairs nearer than this weigh about the same
_PATCHES, _SHARPEST, _SPREAD = 4, 6.0, 2.0  # of a blend: patches per side; of the logit of t, local and overall scale
_TINY = 1e-12  # keeps the root's gradient finite


def blends(images: Any, seed: keras.random.SeedGenerator) -> Any:
    """Mixtures t x_i + (1 - t) x_j of neighbors in a batch, shape and range of images.

    t is smooth over the picture and differs from image to image: from an even mixture to patches of the one in the
    other. So blends keep the contrast of pictures, and there is no end of them.
    """
    count = ops.shape(images)[0]
    patches = keras.random.normal((count, _PATCHES, _PATCHES, 1), seed=seed)
    patches *= keras.random.uniform((count, 1, 1, 1), maxval=_SHARPEST, seed=seed)
    even = _SPREAD * keras.random.normal((count, 1, 1, 1), seed=seed)
    share = ops.sigmoid(ops.image.resize(patches, ops.shape(images)[1:3], interpolation="bilinear") + even)
    return share * images + (1.0 - share) * ops.roll(images, 1, axis=0)


def all_pairs(count: int) -> Any:
    """The shifts s at which rows i and i - s of a batch, for all i, make up all its pairs."""
    return ops.arange(1, count // 2 + 1)


def pair_losses(loss: Any, images: Any, shifts: Any) -> Any:
    """loss(x_i, x_{i-s}) for every shift s and image i, shape (len(shifts), N), without a gradient."""
    prepared = tree.map_structure(ops.stop_gradient, loss.prepare(images))

    def of_shift(shift: Any) -> Any:
        return loss.compare(prepared, tree.map_structure(lambda part: ops.roll(part, shift, axis=0), prepared))

    return ops.map(of_shift, shifts)


def cross_losses(loss: Any, images: Any, others: Any) -> Any:
    """loss(x_i, y_j) of every image with every other one, shape (len(images), len(others))."""
    prepared = loss.prepare(images)

    def of_other(other: Any) -> Any:
        repeated = tree.map_structure(lambda one, part: ops.broadcast_to(one, ops.shape(part)), other, prepared)
        return loss.compare(prepared, repeated)

    return ops.transpose(ops.map(of_other, loss.prepare(others)))


def pair_distances(codes: Any, shifts: Any) -> Any:
    """||z_i - z_{i-s}|| for every shift s and code i, shape (len(shifts), N)."""
    count = ops.shape(codes)[0]
    partner = (ops.arange(count)[None, :] - shifts[:, None]) % count
    difference = codes[None] - ops.take(codes, partner, axis=0)
    return ops.sqrt(ops.sum(ops.square(difference), axis=-1) + _TINY)


def isometry(distances: Any, losses: Any, unit: float) -> Any:
    """How far distances of codes are from the loss of the same pairs, in the loss's units: a weighted mean, a scalar.

    Args:
        distances: ||z_i - z_j||, any shape.
        losses: loss(x_i, x_j), the same shape.
        unit: How far apart two pictures typically are, in the loss's units.
    """
    weights = 1.0 / (losses + _NEAR * unit)
    return ops.sum(weights * ops.abs(distances - losses)) / ops.sum(weights)
