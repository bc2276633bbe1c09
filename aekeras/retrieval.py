"""Queries in, the nearest pictures of every index out; without TensorFlow, and everything loaded once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aekeras import images
from aekeras.artefacts import shown_path
from aekeras.encoding import Encoder, load_encoder
from aekeras.equality.scale import Scale, random_pairs
from aekeras.errors import MissingError
from aekeras.index import Index, Manifest, Neighbor, list_indexes
from aekeras.losses import position
from aekeras.model_choice import chosen
from aekeras.places import Places

_PAIRS = 100_000  # so that a percentile of 0.01 is ten pairs
REMEDY = "Run `aekeras index build` on your pictures, or `aekeras train`."


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The neighbors of one query under one loss.

    Attributes:
        loss: Canonical text of the loss.
        blind_to: What it cannot see.
        model: Folder of the model that encoded the query.
        index: Folder of the index.
        neighbors: Nearest first, distances in the loss's units.
    """

    loss: str
    blind_to: tuple[str, ...]
    model: Path
    index: Path
    neighbors: tuple[Neighbor, ...]

    def to_dict(self) -> dict[str, Any]:
        """One entry of `results` in `aekeras search --json`."""
        return {
            "loss": self.loss,
            "model": shown_path(self.model),
            "index": shown_path(self.index),
            "neighbors": [
                {"rank": n.rank, "path": shown_path(n.path), "distance": round(n.distance, 6)} for n in self.neighbors
            ],
        }


@dataclass(frozen=True, kw_only=True)
class Result:
    """The answers to one query, one per loss."""

    query: Path
    answers: tuple[Answer, ...]

    def to_dict(self) -> dict[str, Any]:
        """One line of `aekeras search --json`."""
        return {"query": shown_path(self.query), "results": [answer.to_dict() for answer in self.answers]}

    def __str__(self) -> str:
        lines = [shown_path(self.query)]
        for answer in self.answers:
            blind = f" (blind to {', '.join(answer.blind_to)})" if answer.blind_to else ""
            lines.append(f"  {answer.loss}{blind}")
            lines += [] if answer.neighbors else ["    none"]
            lines += [f"    {n.rank:>3}  {n.distance:.4f}  {shown_path(n.path)}" for n in answer.neighbors]
        return "\n".join(lines)


class Results(tuple[Result, ...]):
    """The results of several queries, in their order."""

    def __str__(self) -> str:
        return "\n".join(str(result) for result in self)

    __repr__ = __str__

    def to_dict(self) -> list[dict[str, Any]]:
        """The lines of `aekeras search --json`."""
        return [result.to_dict() for result in self]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """An index with the encoder of the model that made it."""

    index: Index
    encoder: Encoder

    @classmethod
    def open(cls, directory: Path, places: Places) -> Shelf:
        """The index in a folder and its model.

        Raises:
            MissingError: There is no such index, or its model is gone.
            MismatchError: The model is not the one that made the codes.
        """
        index = Index.open(directory)
        model = places.models / index.manifest.origin.model
        if not model.is_dir():
            raise MissingError(
                f"Expected the model of {shown_path(directory)} in {shown_path(model)}. Found none. {REMEDY}"
            )
        encoder = load_encoder(model)
        index.check_model(encoder.fingerprint)
        return cls(index=index, encoder=encoder)

    @property
    def loss(self) -> str:
        """Canonical text of the loss."""
        return self.index.manifest.origin.loss

    def scale(self, seed: int) -> Scale:
        """What distances are usual between random pairs of the index.

        Raises:
            InputError: The index holds fewer than two pictures.
        """
        rows, others = random_pairs(len(self.index), seed, _PAIRS)
        codes = self.index.codes
        return Scale.of(np.linalg.norm(codes[rows] - codes[others], axis=1))

    def ask(self, pictures: np.ndarray, k: int, max_distance: float | None) -> list[Answer]:
        """One answer per picture, uint8 (N, S, S, 3)."""
        found = self.index.search(self.encoder.encode(pictures), k, max_distance)
        origin = self.index.manifest.origin
        return [
            Answer(
                loss=origin.loss,
                blind_to=origin.blind_to,
                model=self.encoder.directory,
                index=self.index.directory,
                neighbors=tuple(neighbors),
            )
            for neighbors in found
        ]


def shelves(losses: Sequence[str] = (), places: Places | None = None) -> list[Shelf]:
    """The indexes of the named losses or models, in that order; all there are where none is named.

    Raises:
        MissingError: There is no index at all.
        InputError: A loss that no index was built for.
    """
    places = places or Places()
    found = {directory: Manifest.read(directory).origin.loss for directory in list_indexes(places.indexes)}
    directories = sorted(found, key=lambda path: position(found[path]))
    if losses:
        names = {directory: directory.name for directory in found}
        directories = chosen(losses, found, names, f"a loss with an index in {shown_path(places.indexes)}")
    return [Shelf.open(directory, places) for directory in directories]


def names(opened: Sequence[Shelf]) -> list[str]:
    """What to call each: its loss, and also its index where several have the same loss."""
    of_loss = Counter(shelf.loss for shelf in opened)
    return [
        shelf.loss if of_loss[shelf.loss] == 1 else f"{shelf.loss} ({shown_path(shelf.index.directory)})"
        for shelf in opened
    ]


def search(
    queries: str | Path | Sequence[str | Path],
    *,
    losses: Sequence[str] = (),
    k: int = 8,
    max_distance: float | None = None,
    places: Places | None = None,
) -> Results:
    """The nearest pictures of each query, loss by loss.

    Args:
        queries: A picture file, or several.
        losses: Losses to ask; every index where none is named.
        k: Neighbors per loss; above the size of an index, all of it.
        max_distance: Leave out neighbors farther than this, in the loss's units.
        places: Where models and indexes are.

    Raises:
        MissingError: No index yet, or a query that does not exist.
        InputError: A query that is no picture, an unknown loss, a `k` below 1.

    Examples:
        >>> import aekeras
        >>> print(aekeras.search(["cat.png"], losses=["l1_gray"], k=3))
    """
    paths = images.as_paths(queries)
    opened = shelves(losses, places)
    pictures = {
        size: np.stack([images.read(path, size) for path in paths])
        for size in {shelf.encoder.image_size for shelf in opened}
    }
    answers = [shelf.ask(pictures[shelf.encoder.image_size], k, max_distance) for shelf in opened]
    return Results(Result(query=path, answers=tuple(of_loss[i] for of_loss in answers)) for i, path in enumerate(paths))
