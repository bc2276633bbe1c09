"""A function or a Keras loss from elsewhere, as a loss of ours."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from aekeras.errors import InputError
from aekeras.losses.expression import Call, Node
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.reference import reference_of
from aekeras.losses.view_loss import mean_of_image

_SIMPLE = (bool, int, float, str)


@keras.saving.register_keras_serializable("aekeras")
class AdaptedLoss(ImageLoss):
    """A plain function `(y_true, y_pred)`, or a Keras loss that knows nothing of views.

    Values of shape (N, ...) are averaged over all axes but the first, as Keras does. Attributes `blind_to`, `symmetric`
    and `metric` of what is adapted are taken over.

    Args:
        made: The function or the loss.
    """

    def __init__(self, made: Any, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.made = made
        for name in ("blind_to", "symmetric", "metric"):
            if hasattr(made, name):
                setattr(self, name, getattr(made, name))

    @property
    def expression(self) -> Node:
        if not isinstance(self.made, keras.losses.Loss):
            return Call(reference_of(self.made))
        defaults = type(self.made)().get_config() if _has_defaults(type(self.made)) else {}
        knobs = {name: value for name, value in self.made.get_config().items() if isinstance(value, _SIMPLE)}
        changed = ((name, value) for name, value in knobs.items() if defaults.get(name) != value)
        arguments = tuple(sorted(item for item in changed if item[0] not in ("name", "reduction")))
        return Call(reference_of(type(self.made)), arguments=arguments)

    def compare(self, true: Any, pred: Any) -> Any:
        function = self.made.call if isinstance(self.made, keras.losses.Loss) else self.made
        values = function(true, pred)
        shape = getattr(values, "shape", ())
        if len(shape) == 0:
            raise InputError(
                f"Expected one value per image from {self.text}, shape (N,). Received: a single value for the whole "
                "batch. Average over all axes but the first."
            )
        return values if len(shape) == 1 else mean_of_image(ops.convert_to_tensor(values))

    def get_config(self) -> dict[str, Any]:
        return super(ImageLoss, self).get_config() | {"made": self.text}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> AdaptedLoss:
        from aekeras.losses.construction import build  # which adapts what it builds
        from aekeras.losses.expression import parse

        made = build(parse(config["made"]))
        assert isinstance(made, cls)
        return cls(**config | {"made": made.made})


def _has_defaults(kind: type) -> bool:
    try:
        kind()
    except TypeError:
        return False
    return True
