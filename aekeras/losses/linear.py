"""Losses whose view is a linear map of each pixel's color."""

from __future__ import annotations

from typing import Any

from aekeras.losses.blindness import Blindness, Colors
from aekeras.losses.view_loss import ViewLoss


class LinearViewLoss(ViewLoss):
    """Mean absolute difference under view(x) = M x, with M of shape (C, 3) applied to every pixel.

    Attributes:
        colors: M, and how a reconstruction fills what M does not see.
    """

    colors: Colors
    flip_invariant = True

    @property
    def blindness(self) -> tuple[Blindness, ...]:
        return (self.colors,) if self.colors.words else ()

    @property
    def matrix(self) -> tuple[tuple[float, ...], ...]:
        return self.colors.matrix

    def view(self, images: Any) -> Any:
        return self.colors.project(images)

    def readings(self, images: Any) -> list[Any]:
        """None: an encoder reads the colors that are seen."""
        del images
        return []
