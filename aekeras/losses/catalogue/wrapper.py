"""Rows of the losses that are made of another loss."""

from __future__ import annotations

from aekeras.losses.catalogue.row import Row

ROWS = (
    Row(
        name="mirror",
        path="aekeras.losses.composite:Mirror",
        family="wrapper",
        question="who cares about left and right?",
        summary="mirror(loss): a picture and its mirror image are equal",
        formula="min(loss(x, y), loss(x, flip y))",
        sees="what the loss inside sees",
        blind_to=("flip",),
        wraps=True,
    ),
    Row(
        name="center",
        path="aekeras.losses.composite:Center",
        family="wrapper",
        question="who needs the background?",
        summary="center(loss): the middle counts most, the border not at all",
        formula="loss(w x + (1 - w)/2, w y + (1 - w)/2), w = cos^2 to the edge of `size`",
        sees="what the loss inside sees, of a picture that fades to gray",
        blind_to=("border",),
        knobs={"size": 0.9},
        wraps=True,
    ),
)
