"""The plot of a result as SVG that takes its colors and its type from the page around it."""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from cycler import cycler
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from aekeras.equality.results import Result
from aekeras.report.colors import SERIES
from aekeras.report.text import showable

_WIDTH, _HEIGHT = 6.6, 3.9  # inches; 10 points of type are 14 pixels where the figure is as wide as the text
_ROW = 0.27  # inches of a row with a name
_LINE_LENGTH = 48  # letters of a description that fit beside an axis
# Colors that no plot asks for by chance stand for the page's own, which change with the light.
_INK, _MUTED, _LINE = "#fdf001", "#fdf002", "#fdf003"
_PAGE = {_INK: "var(--ink)", _MUTED: "var(--muted)", _LINE: "var(--line)"}
_SERIES = {f"#fdf1{number:02x}": f"var(--series-{number})" for number in range(len(SERIES))}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # type stays type: it can be read, searched and enlarged
    "text.parse_math": False,  # a dollar sign in a file name is one
    "font.size": 10,
    "axes.labelsize": 10,
    "axes.titlesize": 10,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=list(_SERIES)),
    "axes.facecolor": "none",
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _MUTED,
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
    "grid.color": _LINE,
    "hatch.color": _MUTED,
    "patch.edgecolor": _MUTED,
}


def figure(result: Result, losses: Sequence[str]) -> str:
    """The plot of a result as an <svg> element; empty where it has none.

    Args:
        result: What is drawn.
        losses: Whose colors the page has as `--loss-0`, `--loss-1`, ..., in this order: what the plot labels with
            the text of one of them gets its color.
    """
    stand_ins = {loss: f"#fdf2{number:02x}" for number, loss in enumerate(losses[:256])}
    page = {color: f"var(--loss-{number})" for number, color in enumerate(stand_ins.values())}
    with matplotlib.rc_context(_STYLE | {"svg.hashsalt": result.key}), warnings.catch_warnings():
        # The page's own type has letters that Matplotlib's lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        drawing = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
        axes = drawing.add_subplot()
        try:
            result.plot(axes)
        except NotImplementedError:
            return ""
        if not (axes.has_data() or axes.texts):
            return ""
        _color(axes, stand_ins)
        _clean(drawing, axes)
        _make_room(drawing, axes)
        buffer = io.StringIO()
        drawing.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _themed(buffer.getvalue(), result.key, _PAGE | _SERIES | page)


def _color(axes: Axes, colors: Mapping[str, str]) -> None:
    """Gives what is labelled as a loss the loss's color."""
    labelled: list[tuple[str, Any]] = [(str(artist.get_label()), artist) for artist in axes.get_children()]
    labelled += [(str(container.get_label()), part) for container in axes.containers for part in _parts(container)]
    legend = axes.get_legend()
    if legend is not None:
        names = (text.get_text() for text in legend.get_texts())
        labelled += zip(names, legend.legend_handles, strict=True)
    for label, artist in labelled:
        if label in colors and hasattr(artist, "set_color"):
            artist.set_color(colors[label])


def _clean(drawing: Figure, axes: Axes) -> None:
    """Takes what cannot be shown out of the type; Matplotlib would fail on it."""
    for text in drawing.findobj(Text):
        text.set_text(showable(text.get_text()))
    for axis in (axes.xaxis, axes.yaxis):
        names = [label.get_text() for label in axis.get_ticklabels()]
        shown = [showable(name) for name in names]
        if shown != names:
            axis.set_ticks(axis.get_ticklocs(), shown)


def _parts(container: Any) -> list[Artist]:
    """What a bar plot or one with error bars consists of."""
    parts: list[Artist] = []
    for part in container:
        parts += part if isinstance(part, tuple | list) else [part]
    return [part for part in parts if part is not None]


def _make_room(drawing: Figure, axes: Axes) -> None:
    """Breaks long descriptions of the axes, and makes a figure with many names at its left as high as they need."""
    axes.set_xlabel(textwrap.fill(axes.get_xlabel(), _LINE_LENGTH))
    axes.set_ylabel(textwrap.fill(axes.get_ylabel(), _LINE_LENGTH))
    names = [label.get_text() for label in axes.get_yticklabels()]
    count = sum(any(letter.isalpha() for letter in name) for name in names)
    drawing.set_figheight(max(float(drawing.get_figheight()), count * _ROW + 1.0))


def _themed(svg: str, key: str, colors: Mapping[str, str]) -> str:
    """The element alone, with the page's colors and type, and with names of its parts that no other figure has."""
    svg = svg[svg.index("<svg") :]
    # The style would hold for the whole page.
    svg = re.sub(r"<(metadata|style)\b.*?</\1>", "", svg, flags=re.DOTALL)
    prefix = re.sub(r"[^a-z0-9]+", "-", key.lower())

    def tag(found: re.Match[str]) -> str:
        text = re.sub(r"#fdf[0-9a-f]{3}", lambda color: colors.get(color[0], color[0]), found[0])
        text = re.sub(r"'DejaVu Sans'[^;\"]*", "var(--sans)", text)
        text = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{prefix}-", text)
        # Without a size of its own it is as wide as its place.
        return re.sub(r' (width|height)="[^"]*pt"', "", text) if text.startswith("<svg") else text

    return re.sub(r"<[^>]+>", tag, svg)
