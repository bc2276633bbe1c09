"""What a training can be told: the one place where its defaults are written."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from aekeras.errors import InputError, did_you_mean

ENCODER_INPUTS = ("images", "view")
MOST_NUMBERS = 4096  # of a code
GRID = 16  # the network reads a picture at 16 x 16 positions, so its size is a multiple of 16
_EPOCHS, _STEPS, _MOST_EPOCHS = 5, 400, 100  # where none are asked for: at least, at least, at most
_FEW, _STEPS_PER_EPOCH = 16, 8  # pictures per step where there are few: at least; steps of an epoch: about
_KINDS = {
    int: (int, "a whole number"),
    float: (int | float, "a number"),
    bool: (bool, "True or False"),
    str: (str, "text"),
}


@dataclass(frozen=True, kw_only=True)
class Training:
    """The configuration of one training, the same for every loss of a run.

    Attributes:
        image_size: S: pictures are brought to S x S pixels; a multiple of 16.
        code_dim: D: numbers per code.
        epochs: Times through the training pictures, at most; 0 for as many as `for_count` finds fitting.
        batch_size: Pictures per step, at most; each brings a blend of two pictures along.
        learning_rate: Of Adam at the first step; falls to zero along a cosine.
        seed: Of the initial weights, the split, the order of the pictures, the metamers and the blends.
        patience: Epochs without a better validation after which training ends early.
        validation_share: Share of the pictures that validate instead of train, in [0, 0.5].
        isometry: Weight of the isometry term against the reconstruction; 0 turns it off, and blends with it.
        metamers: Encode metamers of the pictures, so that the code learns to be blind to what the loss cannot see.
        blends: Compare mixtures of two pictures beside the pictures themselves.
        closed_form: Begin with linear layers fitted to classical scaling of the loss's own distances.
        encoder_input: "images", or "view": the encoder never gets more than the loss sees. That is always so of a loss
            that is blind to place, such as `palette`, and of a `ViewLoss` whose view is no linear map of colors.
    """

    image_size: int = 64
    code_dim: int = 64
    epochs: int = 0
    batch_size: int = 64
    learning_rate: float = 3e-3
    seed: int = 0
    patience: int = 10
    validation_share: float = 0.1
    isometry: float = 3.0
    metamers: bool = True
    blends: bool = True
    closed_form: bool = True
    encoder_input: str = "images"

    def __post_init__(self) -> None:
        for field in fields(self):
            kind, what = _KINDS[type(field.default)]
            value = getattr(self, field.name)
            _expect(isinstance(value, kind), field.name, what, value)
        _expect(
            self.image_size >= GRID and self.image_size % GRID == 0,
            "image_size",
            f"a multiple of {GRID}",
            self.image_size,
        )
        for name in ("code_dim", "patience"):
            _expect(getattr(self, name) >= 1, name, "a whole number of at least 1", getattr(self, name))
        _expect(self.code_dim <= MOST_NUMBERS, "code_dim", f"at most {MOST_NUMBERS}", self.code_dim)
        _expect(self.epochs >= 0, "epochs", "a whole number of at least 0", self.epochs)
        _expect(self.batch_size >= 2, "batch_size", "at least 2 pictures, to compare", self.batch_size)
        _expect(0 < self.learning_rate < 1, "learning_rate", "a number between 0 and 1", self.learning_rate)
        _expect(0 <= self.seed < 2**31, "seed", "a whole number from 0 to 2147483647", self.seed)
        _expect(
            0 <= self.validation_share <= 0.5,
            "validation_share",
            "a share from 0 to 0.5",
            self.validation_share,
        )
        _expect(0 <= self.isometry < float("inf"), "isometry", "a weight of at least 0", self.isometry)
        if self.encoder_input not in ENCODER_INPUTS:
            raise InputError(
                f"Expected `encoder_input` to be one of: {', '.join(ENCODER_INPUTS)}. "
                f"Received: {self.encoder_input!r}.{did_you_mean(self.encoder_input, ENCODER_INPUTS)}"
            )

    def for_count(self, count: int) -> Training:
        """The configuration for this many pictures: without `epochs`, 5, and more where that makes few steps."""
        if self.epochs:
            return self
        train = max(count - int(count * self.validation_share), 1)
        steps = max(train // self.batch_for(train), 1)
        return replace(self, epochs=min(max(_EPOCHS, -(-_STEPS // steps)), _MOST_EPOCHS))

    def batch_for(self, train: int) -> int:
        """Pictures per step where this many train: fewer than `batch_size` where that would make few steps."""
        return min(self.batch_size, max(_FEW, train // _STEPS_PER_EPOCH), train)

    def to_dict(self) -> dict[str, Any]:
        """The configuration as JSON holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Training:
        """The configuration that `to_dict` gave; keys of later versions are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def _expect(holds: bool, name: str, what: str, value: object) -> None:
    if not holds:
        raise InputError(f"Expected `{name}` to be {what}. Received: {value!r}.")
