"""What a loss lets an encoder read, as a layer that is saved with the encoder."""

from __future__ import annotations

from typing import Any

import keras

from aekeras.losses.construction import deserialize, serialize
from aekeras.losses.image_loss import ImageLoss


@keras.saving.register_keras_serializable("aekeras")
class Readings(keras.layers.Layer):
    """Images (N, H, W, 3) to a list of maps (N, h, w, c): the readings of a loss, or its view where it has none.

    Args:
        loss: The loss.
    """

    def __init__(self, loss: ImageLoss, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.loss = loss

    def call(self, images: Any) -> list[Any]:
        return self.loss.readings(images) or [self.loss.view(images)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"loss": serialize(self.loss)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Readings:
        return cls(**config | {"loss": deserialize(config["loss"])})
