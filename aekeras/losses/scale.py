"""Losses that look at the sizes of things: the coarse alone, or fine and coarse each on its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
from keras import ops

from aekeras.losses import knobs
from aekeras.losses.blindness import Blindness, Detail
from aekeras.losses.filters import expansion, filtered, reduction
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.view_loss import ViewLoss, mean_of_image


@keras.saving.register_keras_serializable("aekeras")
class L1Coarse(ViewLoss):
    """The same from afar: blind to detail.

    view(x) = the means of blocks of factor x factor pixels, shape (N, ceil(H / factor), ceil(W / factor), 3), range
    [0, 1].

    Args:
        factor: Pixels per side of a block, a whole number of at least 2. Blocks at the lower and the right border may
            be smaller and count as much as the others.
    """

    blind_to = ("detail",)

    def __init__(self, *, factor: int = 8, **keywords: Any) -> None:
        self.factor = knobs.whole(self, "factor", factor, least=2)
        super().__init__(**keywords)

    @property
    def blindness(self) -> tuple[Blindness, ...]:
        return (Detail(self.factor),)

    def view(self, images: Any) -> Any:
        return Detail(self.factor).means(images)


@keras.saving.register_keras_serializable("aekeras")
class LaplacianPyramid(ImageLoss):
    """Each size of detail on its own: blind to nothing, and each size counts alike.

    loss(x, y) = sum_k mean |L_k(x) - L_k(y)|, with g_0 = x, g_{k+1} = reduce(g_k), L_k = g_k - expand(g_{k+1}), and at
    the last level L_k = g_k. `reduce` smooths with weights (1, 4, 6, 4, 1) / 16 and keeps every second row and column;
    `expand` puts zeros in between and smooths likewise, times 4; images are mirrored at the border. Each level counts
    by its mean: as a level has a quarter of the numbers of the one before, this is a weight of 4^k for each.

    view(x) = x, shape (N, H, W, 3), range [0, 1]: the levels add up to all of it.

    Args:
        levels: How many, the coarse rest included, a whole number of at least 1. Images whose shorter side would fall
            below 2 pixels get fewer.

    References:
        Burt, P. J., Adelson, E. H.: The Laplacian pyramid as a compact image code. IEEE Transactions on Communications
        31 (4), 1983, DOI 10.1109/TCOM.1983.1095851.
        Bojanowski, P., Joulin, A., Lopez-Paz, D., Szlam, A.: Optimizing the latent space of generative networks. ICML
        2018, arXiv:1707.05776.
    """

    def __init__(self, *, levels: int = 4, **keywords: Any) -> None:
        self.levels = knobs.whole(self, "levels", levels, least=1)
        super().__init__(**keywords)

    def prepare(self, images: Any) -> list[Any]:
        """The levels, finest first, shape (N, 3, h, w) each."""
        levels: list[Any] = []
        rest = ops.transpose(images, (0, 3, 1, 2))
        while len(levels) < self.levels - 1 and min(rest.shape[2:]) > 2:
            height, width = rest.shape[2:]
            coarse = filtered(rest, reduction(height), reduction(width))
            levels.append(rest - filtered(coarse, expansion(height), expansion(width)))
            rest = coarse
        return [*levels, rest]

    def compare(self, true: list[Any], pred: list[Any]) -> Any:
        return _sum_of_means(t - p for t, p in zip(true, pred, strict=True))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return _sum_of_means(self.prepare(y_true - y_pred))  # linear: one pyramid instead of two


def _sum_of_means(levels: Iterable[Any]) -> Any:
    return sum(mean_of_image(ops.abs(level)) for level in levels)
