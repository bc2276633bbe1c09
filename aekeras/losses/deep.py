"""A loss that compares what a network, which the user supplies, makes of images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import keras
from keras import ops

from aekeras.artefacts import shown_path, storage_errors
from aekeras.errors import InputError, MissingError, did_you_mean
from aekeras.losses import knobs
from aekeras.losses.explaining import own_code
from aekeras.losses.image_loss import ImageLoss
from aekeras.losses.view_loss import mean_of_image

_TINY = 1e-4  # activations whose root mean square is below this count as none
_IN_MEMORY = "<in memory: "
_NAME_IT = "Name the file of one: deep_features(model='network.keras')."


@keras.saving.register_keras_serializable("aekeras")
class DeepFeatures(ImageLoss):
    """Mean absolute difference of what a network of one's own sees: blind to what it was trained to overlook.

    loss(x, y) = mean over layers and places of mean_c |u_c(x) - u_c(y)|, u = a / sqrt(mean_c a_c^2), where a_c are the
    channels of a layer's activations at one place: only their proportions count.

    The network stays as it is: it is not trained along, and runs as for inference. Where its input has a fixed
    size, images are resized to it (bilinear).

    view(x) = x in the size of the network's input, shape (N, h, w, 3), range [0, 1].

    Args:
        model: The file of a Keras model (.keras) that takes images (N, h, w, 3); in Python, also the model itself.
            A loss of the latter cannot be saved.
        layer: The name of a layer, or a list of them; None for the model's output. At least two channels each.
        scale: The network is given scale * x + offset: 255 where it was trained on values from 0 to 255.
        offset: -1 with a scale of 2 where it was trained on values from -1 to 1.

    Raises:
        InputError: No model, one that does not take images, an unknown layer, a scale of 0.
        MissingError: No such file.

    References:
        Zhang, Isola, Efros, Shechtman, Wang, "The unreasonable effectiveness of deep features as a perceptual metric",
        2018, DOI 10.1109/CVPR.2018.00068. It squares the differences; without squares, the loss is a metric.
    """

    def __init__(
        self,
        *,
        model: str | os.PathLike[str] | keras.Model | None = None,
        layer: str | tuple[str, ...] | None = None,
        scale: float = 1.0,
        offset: float = 0.0,
        **keywords: Any,
    ) -> None:
        self.model = os.fspath(model) if isinstance(model, os.PathLike) else model
        self.layer = layer if isinstance(layer, str | None) else tuple(layer)
        self.scale, self.offset = knobs.number(self, "scale", scale), knobs.number(self, "offset", offset)
        if not self.scale:  # which would make all images equal
            raise knobs.refused(self, "scale", scale, "other than 0")
        super().__init__(**keywords)
        self._network = _network(self.model)
        self._size = _size(self._network)
        self._activations = _submodel(self._network, self.layer)

    def files(self) -> tuple[str, ...]:
        return (self.model,) if isinstance(self.model, str) else ()

    def prepare(self, images: Any) -> Any:
        """The normalized activations of each layer."""
        activations = self._activations(self.scale * self.view(images) + self.offset, training=False)
        layers = activations if isinstance(activations, list) else [activations]
        return [_normalized(ops.cast(values, "float32")) for values in layers]

    def compare(self, true: Any, pred: Any) -> Any:
        distances = [mean_of_image(ops.abs(t - p)) for t, p in zip(true, pred, strict=True)]
        return sum(distances) / len(distances)

    def view(self, images: Any) -> Any:
        size = tuple(own or given for own, given in zip(self._size, images.shape[1:3], strict=True))
        return images if size == tuple(images.shape[1:3]) else ops.image.resize(images, size, interpolation="bilinear")

    def get_config(self) -> dict[str, Any]:
        if not isinstance(self.model, str):
            raise InputError(
                f"Expected `model` of deep_features to be a file, so that the loss can be saved. Received: a model in "
                f"memory, {self._network.name}. Save it, model.save('network.keras'), and name that file."
            )
        return super().get_config() | {"layer": list(self.layer) if isinstance(self.layer, tuple) else self.layer}

    def changed_knobs(self) -> dict[str, Any]:
        changed = super().changed_knobs()
        if isinstance(self.model, str):
            return changed
        # Names of models need not differ, and losses are equal when their texts are.
        return changed | {"model": f"{_IN_MEMORY}{self._network.name} {id(self._network):x}>"}


def _network(model: Any) -> keras.Model:
    """The model itself, or that of a file."""
    if isinstance(model, keras.Model):
        return model
    if model is None:
        raise InputError(f"Expected `model` of deep_features. Received: none. {_NAME_IT}")
    if not isinstance(model, str):
        raise InputError(f"Expected `model` of deep_features to be a Keras model. Received: {model!r}. {_NAME_IT}")
    if model.startswith(_IN_MEMORY):
        raise InputError(f"Expected `model` of deep_features to be a file. Received: {model!r}. {_NAME_IT}")
    path = Path(model).expanduser()
    if not path.is_file():
        raise MissingError(
            f"Expected a Keras model in {shown_path(path)}. Found none. Give the path of a .keras file, as "
            "model.save('network.keras') writes it."
        )
    remedy = "Give a .keras file, as model.save('network.keras') writes it."
    with own_code(f"a Keras model in {shown_path(path)}", remedy), storage_errors(path):
        return keras.saving.load_model(path, compile=False)


def _size(network: keras.Model) -> tuple[int | None, int | None]:
    """Height and width of the images that the network takes, None where any will do."""
    shapes = [tuple(tensor.shape) for tensor in getattr(network, "inputs", None) or ()]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][3] not in (3, None):
        received = ", ".join(map(str, shapes)) or "no known input"
        raise InputError(
            f"Expected the model {network.name} to take RGB images, shape (None, h, w, 3). Received: {received}. "
            "Give a functional or Sequential model with one input of this shape."
        )
    return shapes[0][1:3]


def _submodel(network: keras.Model, layer: str | tuple[str, ...] | None) -> keras.Model:
    """From the network's input to the activations of the layers."""
    if layer is None:
        outputs = list(network.outputs)
    else:
        outputs = [_output(network, name) for name in ((layer,) if isinstance(layer, str) else layer)]
    if not outputs:
        raise InputError(
            "Expected `layer` of deep_features to name a layer. Received: none. Leave it out for the output."
        )
    for output in outputs:
        if len(output.shape) < 2 or output.shape[-1] in (None, 1):
            raise InputError(
                f"Expected each `layer` of deep_features to have two channels or more, since their proportions are "
                f"compared. Received: shape {tuple(output.shape)}. Name a layer before it."
            )
    return keras.Model(network.inputs[0], outputs, name="activations")


def _output(network: keras.Model, name: str) -> Any:
    known = [layer.name for layer in network.layers]
    if name not in known:
        expected = f"Expected one of: {', '.join(known)}.{did_you_mean(name, known)}"
        raise InputError(f"Unknown `layer` {name!r} of deep_features. {expected}")
    return network.get_layer(name).output


def _normalized(activations: Any) -> Any:
    """Activations with a mean square over the channels of 1."""
    return activations / ops.sqrt(ops.mean(ops.square(activations), axis=-1, keepdims=True) + _TINY**2)
