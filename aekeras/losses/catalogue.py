"""The catalogue of losses: literal rows, so that listing them loads neither Keras nor TensorFlow."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One loss of the catalogue, as `aekeras losses` shows it."""

    name: str
    path: str  # "module:Class", loaded when the loss is asked for
    summary: str
    formula: str
    sees: str  # what an error under this loss is made of
    blind_to: tuple[str, ...] = ()
    source: str = "aekeras"

    def to_dict(self) -> dict[str, object]:
        """The row under the keys of `aekeras losses list --json`."""
        shown = asdict(self)
        del shown["path"]
        return shown | {"blind_to": list(self.blind_to)}


ROWS = (
    Row(
        name="l1",
        path="aekeras.losses.pixel:L1",
        summary="every pixel: equal means the same pixels",
        formula="mean |x - y|",
        sees="red, green and blue of every pixel",
    ),
    Row(
        name="l1_gray",
        path="aekeras.losses.color:L1Gray",
        summary="lightness only: a ginger cat and a blue cat of the same luma are the same cat",
        formula="mean |luma(x) - luma(y)|",
        sees="luma, 0.299 R + 0.587 G + 0.114 B",
        blind_to=("chroma",),
    ),
    Row(
        name="l1_red",
        path="aekeras.losses.color:L1Red",
        summary="the red channel only: green and blue do not matter",
        formula="mean |R(x) - R(y)|",
        sees="red",
        blind_to=("green", "blue"),
    ),
    Row(
        name="l1_green",
        path="aekeras.losses.color:L1Green",
        summary="the green channel only: red and blue do not matter",
        formula="mean |G(x) - G(y)|",
        sees="green",
        blind_to=("red", "blue"),
    ),
    Row(
        name="l1_blue",
        path="aekeras.losses.color:L1Blue",
        summary="the blue channel only: red and green do not matter",
        formula="mean |B(x) - B(y)|",
        sees="blue",
        blind_to=("red", "green"),
    ),
)

DEFAULT_LOSSES = ("l1", "l1_gray", "l1_red", "l1_green", "l1_blue")
