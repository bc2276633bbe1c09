"""The loss that is checked, with what many checks need of it, measured once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from aekeras.losses.conformance.specimens import SCENES, Specimens, specimens
from aekeras.losses.image_loss import ImageLoss

_LEAST = 1e-30  # so that a loss that is 0 everywhere divides nothing by 0


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        figure: What was measured.
        fault: What was expected, what was received and what to do; empty where all is well.
        note: What else there is to say where all is well.
    """

    figure: float | None = None
    fault: str = ""
    note: str = ""


class Subject:
    """One loss under check.

    Args:
        loss: The loss. It is measured with reduction "none", whatever its own is.
    """

    def __init__(self, loss: ImageLoss) -> None:
        self.given = loss
        self.loss = object.__new__(type(loss))  # `copy` would go by the configuration, which may be what is wrong
        self.loss.__dict__.update(vars(loss))
        self.loss.reduction = "none"

    @property
    def specimens(self) -> Specimens:
        return specimens()

    @property
    def scenes(self) -> np.ndarray:
        return specimens().scenes

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Each scene and another one, two arrays of shape (8, 48, 48, 3)."""
        return self.scenes, np.roll(self.scenes, 1, axis=0)

    @cached_property
    def distances(self) -> np.ndarray:
        """The loss of all pairs of specimens, the row as `y_true` and the column as `y_pred`, shape (N, N)."""
        images = self.specimens.images
        count = len(images)
        rows, columns = np.divmod(np.arange(count * count), count)
        return self.values(images[rows], images[columns]).reshape(count, count)

    @cached_property
    def typical(self) -> float:
        """The median loss between two different scenes: the unit in which small is said to be small."""
        between = self.distances[:SCENES, :SCENES][~np.eye(SCENES, dtype=bool)]
        return max(float(np.median(np.abs(between))), _LEAST)

    def values(self, true: Any, pred: Any) -> np.ndarray:
        """The loss of each pair, float64, as it comes."""
        return np.asarray(keras.ops.convert_to_numpy(self.loss(true, pred)), np.float64)

    def shares(self, changed: list[np.ndarray]) -> list[np.ndarray]:
        """How much the changes of the scenes count, in typical losses, less what equal pictures have.

        Args:
            changed: What the scenes were changed to in several ways, each of shape (8, 48, 48, 3).
        """
        values = self.values(np.concatenate([self.scenes] * len(changed)), np.concatenate(changed))
        own = np.diagonal(self.distances)[:SCENES]
        return list(np.abs(values.reshape(len(changed), SCENES) - own) / self.typical)
