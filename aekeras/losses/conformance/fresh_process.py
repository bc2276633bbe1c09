"""A script: computes losses in a process that knows nothing of them but how they are written down.

In the folder that is its argument, cases.json holds a list of {"text", "model"}, and images.npy the pictures, shape
(2, N, H, W, 3). It writes results.json: for each case a list of what {"way", "values"} or {"way", "error"} came of it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

import aekeras


def main(folder: Path) -> None:
    true, pred = np.load(folder / "images.npy")
    cases = json.loads((folder / "cases.json").read_text())
    # All models first: `get` would load what a model's loss is made of.
    models = [_of_model(folder / case["model"], true, pred) if case["model"] else [] for case in cases]
    texts = [_tried("aekeras.losses.get", partial(aekeras.losses.get, case["text"]), true, pred) for case in cases]
    results = [[*model, text] for model, text in zip(models, texts, strict=True)]
    (folder / "results.json").write_text(json.dumps(results))


def _of_model(model: Path, true: np.ndarray, pred: np.ndarray) -> list[dict[str, Any]]:
    return [_tried("keras.saving.load_model", partial(_loss_of, model), true, pred)]


def _loss_of(model: Path) -> Any:
    loss = keras.saving.load_model(model).loss
    loss.reduction = "none"
    return loss


def _tried(way: str, load: Callable[[], Any], true: np.ndarray, pred: np.ndarray) -> dict[str, Any]:
    try:
        return {"way": way, "values": keras.ops.convert_to_numpy(load()(true, pred)).astype(float).tolist()}
    except Exception as error:  # whatever a person's own loss raises
        from aekeras.losses.explaining import explained

        told = str(error) if isinstance(error, aekeras.AekerasError) else f"{explained(error)}."
        return {"way": way, "error": told}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
