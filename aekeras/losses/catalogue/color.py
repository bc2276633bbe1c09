"""Rows of the losses that look at some of the colors."""

from __future__ import annotations

from aekeras.losses.catalogue.row import Row

_CHANNELS = "who needs all these colors?"

ROWS = (
    Row(
        name="l1_gray",
        path="aekeras.losses.color:L1Gray",
        family="color",
        question="who cares about colors?",
        summary="lightness only: a ginger cat and a blue cat of the same luma are the same cat",
        formula="mean |luma(x) - luma(y)|",
        sees="luma, 0.299 R + 0.587 G + 0.114 B",
        blind_to=("chroma",),
        source="luma: ITU-R, Recommendation BT.601-7, 2011",
    ),
    Row(
        name="l1_red",
        path="aekeras.losses.color:L1Red",
        family="color",
        question=_CHANNELS,
        summary="the red channel only: green and blue do not matter",
        formula="mean |R(x) - R(y)|",
        sees="red",
        blind_to=("green", "blue"),
        shade=(0.85, 0.2, 0.2),
    ),
    Row(
        name="l1_green",
        path="aekeras.losses.color:L1Green",
        family="color",
        question=_CHANNELS,
        summary="the green channel only: red and blue do not matter",
        formula="mean |G(x) - G(y)|",
        sees="green",
        blind_to=("red", "blue"),
        shade=(0.2, 0.65, 0.25),
    ),
    Row(
        name="l1_blue",
        path="aekeras.losses.color:L1Blue",
        family="color",
        question=_CHANNELS,
        summary="the blue channel only: red and green do not matter",
        formula="mean |B(x) - B(y)|",
        sees="blue",
        blind_to=("red", "green"),
        shade=(0.25, 0.35, 0.9),
    ),
    Row(
        name="l1_channels",
        path="aekeras.losses.color:L1Channels",
        family="color",
        question=_CHANNELS,
        summary="each channel as much as its weight says; one of weight 0 does not matter",
        formula="sum_c w_c mean |x_c - y_c| / sum_c w_c",
        sees="the channels with a weight above 0",
        knobs={"weights": (1, 1, 1)},
    ),
    Row(
        name="l1_chroma",
        path="aekeras.losses.color:L1Chroma",
        family="color",
        question="who cares about light?",
        summary="colors only: how light or dark each pixel is does not matter",
        formula="mean |(x - luma(x)) - (y - luma(y))|",
        sees="chroma, what is left of a color without its luma",
        blind_to=("luma",),
    ),
    Row(
        name="l1_lab",
        path="aekeras.losses.lab:L1Lab",
        family="color",
        question="as a human sees color",
        summary="color differences as a person sees them, in CIELAB: 1 is just seen, 100 is black and white",
        formula="mean over the pixels of dE*ab = sqrt(dL^2 + da^2 + db^2)",
        sees="L*, a* and b* of every pixel",
        source="CIE 15:2004, Colorimetry; IEC 61966-2-1:1999, sRGB",
    ),
)
