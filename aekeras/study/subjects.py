"""The trained models that are measured: each with its loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aekeras.artefacts import shown_path
from aekeras.encoding import Encoder, load_encoder
from aekeras.errors import AekerasError, InputError
from aekeras.model_choice import chosen_models
from aekeras.places import Places
from aekeras.stderr import held_back

if TYPE_CHECKING:
    from aekeras.losses import ImageLoss


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A model and the loss that it was trained under.

    Attributes:
        name: The loss's canonical text, or the model's name where several have the same loss.
        encoder: The model.
        loss: The loss.
    """

    name: str
    encoder: Encoder
    loss: ImageLoss

    @property
    def config(self) -> dict[str, object]:
        """What its training was told."""
        return self.encoder.run.get("training", {})


def subjects(losses: Sequence[str], places: Places) -> tuple[tuple[Subject, ...], tuple[str, ...]]:
    """The newest model of every loss, or of the named ones, and a sentence on each that had to be left out.

    All take pictures of one size: the one that most of them take.

    Raises:
        MissingError: There is no model.
        InputError: A loss without a model, or no model that can be measured.
    """
    encoders, notes = _loaded(chosen_models(places.models, losses))
    size, _ = Counter(encoder.image_size for encoder in encoders).most_common(1)[0]
    texts = Counter(encoder.loss_name for encoder in encoders)
    found = []
    for encoder in encoders:
        text = encoder.loss_name
        name = text if texts[text] == 1 else encoder.directory.parent.name
        if encoder.image_size != size:
            notes.append(
                f"`{name}` is left out: it takes pictures of {encoder.image_size} pixels per side, others of {size}."
            )
            continue
        try:
            found.append(Subject(name=name, encoder=encoder, loss=_loss(encoder)))
        except AekerasError as error:
            notes.append(f"`{name}` is left out: {error}")
    if not found:
        raise InputError(f"Expected a model that can be measured. Received: none. {' '.join(notes)}")
    return tuple(found), tuple(notes)


def _loaded(models: Sequence[Path]) -> tuple[list[Encoder], list[str]]:
    """The encoders of models, and a sentence on each that is damaged.

    Raises:
        InputError: All of them are.
    """
    encoders, notes = [], []
    for model in models:
        try:
            encoders.append(load_encoder(model))
        except AekerasError as error:
            notes.append(f"{shown_path(model)} is left out: {error}")
    if not encoders:
        raise InputError(" ".join(notes))
    return encoders, notes


def _loss(encoder: Encoder) -> ImageLoss:
    with held_back():
        from aekeras.losses.sources import restore

    return restore(encoder.loss_name, encoder.run.get("loss_sources", ()))
