"""Shares with their intervals: in tables, plots and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aekeras.equality.estimates import Estimate, estimate
from aekeras.equality.results import Cell, share_of


def estimates(shares: Mapping[str, Mapping[str, np.ndarray]], seed: int) -> dict[str, dict[str, Estimate]]:
    """Of shares per query, (Q,) each."""
    return {row: {column: estimate(one, seed) for column, one in each.items()} for row, each in shares.items()}


def as_json(key: str, table: Mapping[str, Mapping[str, Estimate]]) -> dict[str, Any]:
    """Values under `key`, and intervals under a key beside it."""
    return {
        key: {row: {name: round(one.value, 6) for name, one in each.items()} for row, each in table.items()},
        f"{key}_intervals": {row: {name: one.interval for name, one in each.items()} for row, each in table.items()},
    }


def share_cell(share: Estimate | None, mark: str = "") -> Cell:
    """An entry of a table, in percent; empty for what was not measured."""
    if share is None:
        return Cell(text="")
    interval = "" if share.low == share.high else f"{100 * share.low:.0f} to {100 * share.high:.0f}"
    return Cell(text=share_of(share.value), interval=interval, shade=min(1.0, max(0.0, share.value)), mark=mark)


def dots(axes: Any, rows: Sequence[str], series: Mapping[str, Sequence[Estimate | None]]) -> None:
    """Shares in percent with their intervals: one line of dots per row, one kind of dot per series."""
    for place, (label, shares) in enumerate(series.items()):
        shift = 0.7 * ((place + 0.5) / len(series) - 0.5)
        known = [(row + shift, one) for row, one in enumerate(shares) if one is not None]
        values = 100 * np.array([(one.value, one.low, one.high) for _, one in known]).reshape(-1, 3)
        spread = np.maximum(np.abs(values[:, 1:] - values[:, :1]).T, 0.0)
        marker = "osD^vPX*"[place % 8]
        axes.errorbar(values[:, 0], [height for height, _ in known], xerr=spread, fmt=marker, markersize=5, label=label)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(max(1, len(rows)) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    if len(series) > 1:
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
