"""What was made: pictures that a loss is to take for a given one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aekeras.artefacts import shown_path
from aekeras.loss_gallery import blindness, shade
from aekeras.losses.explaining import own_code
from aekeras.pictures import Block, Row, Tile

if TYPE_CHECKING:
    from aekeras.losses import ImageLoss

SAME = 2 / 255
"""Pictures whose pixels differ by no more than this, on average, are one and the same to a person."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Metamer:
    """One picture that a loss is to take for the original.

    Attributes:
        image: float32, shape (S, S, 3), in [0, 1].
        value: Of the loss between the original and it.
        difference: Mean absolute difference of the pixels, in [0, 1].
        within_tolerance: Whether the value is small enough to count as 0.
        made_by: What it came from.
    """

    image: np.ndarray
    value: float
    difference: float
    within_tolerance: bool
    made_by: str

    def to_dict(self) -> dict[str, Any]:
        """All but the picture."""
        return {
            "value": round(self.value, 6),
            "difference": round(self.difference, 6),
            "within_tolerance": self.within_tolerance,
            "made_by": self.made_by,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Metamers:
    """A picture and others that a loss cannot tell from it.

    Attributes:
        path: The picture's file.
        loss: The loss.
        original: float32, shape (S, S, 3), in [0, 1].
        usual: The median loss between the picture and unrelated ones.
        tolerance: Values of the loss up to which pictures count as equal, as a share of `usual`.
        descended: Whether the metamers were sought by gradient descent.
        asked: How many metamers were asked for.
        metamers: What was found; fewer, or none, where there are no more that differ.
        seed: Of all that is random.
    """

    path: Path
    loss: ImageLoss
    original: np.ndarray
    usual: float
    tolerance: float
    descended: bool
    asked: int
    metamers: tuple[Metamer, ...]
    seed: int

    @property
    def images(self) -> np.ndarray:
        """The metamers as one array, float32, shape (N, S, S, 3), in [0, 1]."""
        return np.stack([one.image for one in self.metamers]) if self.metamers else self.original[None][:0]

    @property
    def limit(self) -> float:
        """The largest value of the loss that counts as equal."""
        return self.tolerance * self.usual

    def sentences(self) -> tuple[str, ...]:
        """What came of it, in words."""
        reached = [one for one in self.metamers if one.within_tolerance]
        said = [self._missed(len(self.metamers) - len(reached))]
        if not self.metamers:
            said.append(f"No random change gave another picture: under {self.loss.text}, this one equals only itself.")
        elif len(self.metamers) < self.asked:
            said.append(f"{len(self.metamers)} and not {self.asked}: other random changes led to the same pictures.")
        if reached and self.descended:
            said.append(self._found([one.difference for one in reached]))
        return tuple(filter(None, said))

    def to_dict(self) -> dict[str, Any]:
        """What `aekeras metamer --json` prints."""
        return {
            "image": shown_path(self.path),
            "loss": self.loss.text,
            "blind_to": list(self.loss.blind_to),
            "tolerance": round(self.limit, 6),
            "tolerance_share": self.tolerance,
            "seed": self.seed,
            "metamers": [one.to_dict() for one in self.metamers],
        }

    def blocks(self) -> list[Block]:
        """For a sheet: the original and the metamers, below each what the loss sees of it."""
        original, *views = self._views()
        tiles = [
            Tile(image=one.image, caption=f"loss {one.value:.4f}", note=self._noted(one), below=view)
            for one, view in zip(self.metamers, views, strict=True)
        ]
        known = blindness(self.loss.blind_to) if self.loss.blind_to else "declares no blindness"
        row = Row(label=self.loss.text, note=known, tiles=tiles, below=original, tint=shade(self.loss.text))
        return [Block(heading=Tile(image=self.original, caption="original", note=self.path.name), rows=[row])]

    def __str__(self) -> str:
        header = ("loss", "pixels differ by", "made by")
        lines = [header, *((f"{one.value:.4f}", f"{one.difference:.4f}", one.made_by) for one in self.metamers)]
        left, middle = (max(len(line[column]) for line in lines) for column in (0, 1))
        return "\n".join(
            [
                f"{shown_path(self.path)} under {self.loss.text}",
                f"  equal up to {self.limit:.2g}: {100 * self.tolerance:.3g} % of the loss to unrelated pictures, "
                f"{self.usual:.2g}",
                *(f"  {value:>{left}}  {pixels:>{middle}}  {made}" for value, pixels, made in lines if self.metamers),
                *self.sentences(),
            ]
        )

    __repr__ = __str__

    def _views(self) -> list[tuple[np.ndarray, ...]]:
        """What the loss sees of the original and of each metamer; nothing where that is the picture itself."""
        shown = np.concatenate([self.original[None], self.images])
        with own_code(f"a view of {self.loss.text}"):
            views = np.asarray(self.loss.view(shown), np.float32)
        if views.shape == shown.shape and np.array_equal(views, shown):
            return [()] * len(shown)
        return [(view,) for view in views]

    def _noted(self, one: Metamer) -> str:
        if not one.within_tolerance:
            return "beyond tolerance"
        return one.made_by.removeprefix("descent ") if self.descended else f"pixels differ {one.difference:.2f}"

    def _missed(self, missed: int) -> str:
        if not missed:
            return ""
        subject = f"{missed} of {len(self.metamers)}" if len(self.metamers) > 1 else "The one that was made"
        if self.descended:
            return f"{subject} did not come within the tolerance. Allow a larger one, or try another seed."
        verb = "is" if missed == 1 else "are"
        return f"{subject} {verb} not within the tolerance: {self.loss.text} sees what it says that it is blind to."

    def _found(self, differences: list[float]) -> str:
        same = sum(difference < SAME for difference in differences)
        if same == len(differences):
            return (
                f"All that the search found is the picture itself, so {self.loss.text} seems to be blind to nothing: "
                "the picture is its own and only metamer."
            )
        apart = np.median([difference for difference in differences if difference >= SAME])
        found = f"Pictures whose pixels differ by {apart:.3f} on average are equal under {self.loss.text}."
        return f"{found} {same} of {len(differences)} led back to the picture itself." if same else found
