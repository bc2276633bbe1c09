"""A function or a Keras loss from elsewhere, as a loss of ours."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from aekeras.errors import InputError
from aekeras.losses.expression import Call, Node
from aekeras.losses.image_loss import ImageLoss, knobs_of
from aekeras.losses.reference import as_written, reference_of
from aekeras.losses.view_loss import mean_of_image


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
        if isinstance(self.blind_to, str):
            self.blind_to = (self.blind_to,)

    @property
    def expression(self) -> Node:
        if not isinstance(self.made, keras.losses.Loss):
            return Call(reference_of(self.made))
        defaults = knobs_of(type(self.made))
        values = {name: as_written(_given(self.made, name), default) for name, default in defaults.items()}
        changed = {name: value for name, value in values.items() if value != as_written(defaults[name], defaults[name])}
        return Call(reference_of(type(self.made)), arguments=tuple(changed.items()))

    def compare(self, true: Any, pred: Any) -> Any:
        function = self.made.call if isinstance(self.made, keras.losses.Loss) else self.made
        values = function(true, pred)
        if len(getattr(values, "shape", ())) == 0:
            received = "a single value for the whole batch" if hasattr(values, "shape") else repr(values)
            raise InputError(
                f"Expected one value per image from {self.text}, shape (N,). Received: {received}. Return a tensor, "
                "averaged over all axes but the first."
            )
        values = ops.cast(values, "float32")
        return values if len(values.shape) == 1 else mean_of_image(values)

    def get_config(self) -> dict[str, Any]:
        from aekeras.losses.sources import sources_of

        return super(ImageLoss, self).get_config() | {"made": self.text, "sources": sources_of(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> AdaptedLoss:
        from aekeras.losses.sources import restore  # which adapts what it builds

        made = restore(config["made"], config.get("sources", ()))
        assert isinstance(made, cls)
        return cls(made.made, name=config.get("name"), reduction=config.get("reduction", "none"))


def _given(made: keras.losses.Loss, name: str) -> Any:
    """What a Keras loss was given for an argument of its constructor."""
    # Those of Keras that wrap a function keep its arguments to themselves.
    for told in (made.get_config(), vars(made), getattr(made, "_fn_kwargs", {})):
        if name in told:
            return told[name]
    kind = type(made).__name__
    raise InputError(
        f"Expected {kind} to keep its argument `{name}` as an attribute of that name. Found none. Write "
        f"`self.{name} = {name}` in its constructor."
    )
