"""Rows of the losses that ask a network."""

from __future__ import annotations

from aekeras.losses.catalogue.row import Row

ROWS: tuple[Row, ...] = (
    Row(
        name="deep_features",
        path="aekeras.losses.deep:DeepFeatures",
        family="deep",
        question="as a network of your own sees it",
        summary="deep_features(model='network.keras'): what your network does not tell apart is equal",
        formula="mean |u(x) - u(y)|, u: the activations of layers, of mean square 1 over the channels",
        sees="the activations of the given layers",
        knobs={"model": None, "layer": None, "scale": 1.0, "offset": 0.0},
        needs="a model: deep_features(model='network.keras')",
        source="Zhang, Isola, Efros, Shechtman, Wang, The unreasonable effectiveness of deep features as a perceptual "
        "metric, 2018, DOI 10.1109/CVPR.2018.00068",
    ),
)
