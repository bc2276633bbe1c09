"""What came of one training, in figures and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aekeras.artefacts import shown_path

_HELP = (
    "More pictures or more --epochs help; of a loss of your own, a `view` or `readings` in which it is a mean absolute "
    "difference."
)
_FAR = 1.25  # times the loss of principal components' reconstructions
_TELLING = 20  # held-out pictures from which on their figures tell something


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of training under one loss.

    Attributes:
        loss: Its canonical text.
        model: The folder of the new version.
        index: The folder of the index.
        quality: How good the model is, on pictures held out: `Quality` of `aekeras.training`, as JSON holds it.
        epochs: Epochs that were run.
        seconds: Time it took; 0 where an earlier run had finished it.
    """

    loss: str
    model: Path
    index: Path
    quality: Mapping[str, Any]
    epochs: int
    seconds: float

    def __str__(self) -> str:
        """The figures: "fidelity@10 0.75 (PCA 0.72), loss 0.0565 (PCA 0.0557, one image for all 0.2417)"."""
        found = self.quality
        if not found:  # of a model that was trained before they were kept
            return "trained before its figures were kept"
        pca = "" if found["pca_fidelity"] is None else f" (PCA {found['pca_fidelity']:.2f})"
        seen = "" if found["held_out"] else ", on pictures of the training"
        return (
            f"fidelity@{found['k']} {found['fidelity']:.2f}{pca}, loss {found['reconstruction']:.4f} "
            f"(PCA {found['pca_reconstruction']:.4f}, one image for all {found['constant']:.4f}){seen}"
        )

    def warnings(self) -> list[str]:
        """What a user should know of the codes, and what helps."""
        found = self.quality
        if not found:
            return []
        if found["pictures"] < _TELLING or not found["held_out"]:
            return []
        rival, named = found["pca_fidelity"], "principal components of what it sees"
        if rival is None:
            rival, named = found["start_fidelity"], "the codes of the start"
        said = []
        if found["codes"] != "trained":
            said.append(
                f"Training under {self.loss} found {found['trained_fidelity']:.2f} of the nearest pictures, where "
                f"{named} find {rival:.2f}. Its codes are those of the "
                f"{found['codes']}, which find {found['fidelity']:.2f}."
            )
        elif found["fidelity"] < rival:
            said.append(
                f"The codes of {self.loss} find {found['fidelity']:.2f} of the nearest pictures, where {named} find "
                f"{rival:.2f}."
            )
        if found["reconstruction"] > _FAR * found["pca_reconstruction"]:
            said.append(
                f"Reconstructions under {self.loss} lose {found['reconstruction']:.4f}, those of as many principal "
                f"components {found['pca_reconstruction']:.4f}."
            )
        return [f"{one} {_HELP}" for one in said]

    def to_dict(self) -> dict[str, Any]:
        """One entry of `losses` in `aekeras train --json`."""
        told = {"model": shown_path(self.model), "index": shown_path(self.index), "quality": dict(self.quality)}
        figures = {name: self.quality.get(name) for name in ("reconstruction", "constant")}
        return {"loss": self.loss, **told, **figures, "epochs": self.epochs, "seconds": self.seconds}
