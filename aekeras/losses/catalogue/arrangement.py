"""Rows of the losses that care little for where things are."""

from __future__ import annotations

from aekeras.losses.catalogue.row import Row

ROWS: tuple[Row, ...] = (
    Row(
        name="spectrum",
        path="aekeras.losses.arrangement:Spectrum",
        family="arrangement",
        question="who cares where it is?",
        summary="textures and stripes, wherever they are: a picture moved around its own edges is the same picture",
        formula="mean | |F x| - |F y| |, F: two-dimensional Fourier transform / sqrt(H W)",
        sees="the strength of every frequency in red, green and blue",
        blind_to=("position",),
        source="what magnitudes leave out: Oppenheim, Lim, 1981, DOI 10.1109/PROC.1981.12022",
    ),
    Row(
        name="palette",
        path="aekeras.losses.arrangement:Palette",
        family="arrangement",
        question="who cares how it is arranged?",
        summary="the colors and how much there is of each: a flag and its stripes in another order are the same",
        formula="mean over directions d of W1(d . x, d . y), W1: the Wasserstein distance of the pixels' values",
        sees="how many pixels have which color",
        blind_to=("arrangement", "position", "flip"),
        knobs={"directions": 8, "levels": 64},
        source="Rabin, Peyré, Delon, Bernot, Wasserstein barycenter and its application to texture mixing, 2012, "
        "DOI 10.1007/978-3-642-24785-9_37",
    ),
)
