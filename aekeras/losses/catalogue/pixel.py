"""Rows of the losses that compare every pixel."""

from __future__ import annotations

from aekeras.losses.catalogue.row import Row

ROWS = (
    Row(
        name="l1",
        path="aekeras.losses.pixel:L1",
        family="pixel",
        question="every pixel",
        summary="equal means the same pixels",
        formula="mean |x - y|",
        sees="red, green and blue of every pixel",
    ),
    Row(
        name="l2",
        path="aekeras.losses.pixel:L2",
        family="pixel",
        question="every pixel",
        summary="equal means the same pixels; large errors count more",
        formula="sqrt(mean (x - y)^2)",
        sees="red, green and blue of every pixel",
    ),
    Row(
        name="mse",
        path="aekeras.losses.pixel:MSE",
        family="pixel",
        question="every pixel",
        summary="equal means the same pixels; large errors count most",
        formula="mean (x - y)^2",
        sees="red, green and blue of every pixel",
    ),
    Row(
        name="charbonnier",
        path="aekeras.losses.pixel:Charbonnier",
        family="pixel",
        question="every pixel",
        summary="l1, made smooth: errors far below epsilon hardly count",
        formula="mean (sqrt((x - y)^2 + epsilon^2) - epsilon)",
        sees="red, green and blue of every pixel",
        knobs={"epsilon": 0.001},
        source="Charbonnier, Blanc-Feraud, Aubert, Barlaud, Two deterministic half-quadratic regularization algorithms "
        "for computed imaging, 1994, DOI 10.1109/ICIP.1994.413553",
    ),
    Row(
        name="l1_max",
        path="aekeras.losses.pixel:L1Max",
        family="pixel",
        question="who needs a tolerance?",
        summary="the worst pixel decides: 10/255 where no channel of any pixel is off by more than 10 of 255",
        formula="max |x - y|",
        sees="the worst channel of the worst pixel",
        knobs={"sharpness": 8.0},
        source="the Chebyshev distance: Deza, Deza, Encyclopedia of Distances, 2009, DOI 10.1007/978-3-642-00234-2",
    ),
)
