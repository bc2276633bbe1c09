"""A file to begin a loss of one's own with: a class and a function, with comments that teach."""

from __future__ import annotations

import keyword
from pathlib import Path
from string import Template

from aekeras.artefacts import shown_path, write_file
from aekeras.errors import InputError, MissingError

DEFAULT_NAME = "Colorful"
FUNCTION = "highlights"
"""The plain function that stands below the class."""

_TAKEN = (FUNCTION, "InputError", "ViewLoss", "ops")

_TEMPLATE = Template(
    '''\
"""Losses of my own: each says when two images are equal."""

from keras import ops

from aekeras.errors import InputError
from aekeras.losses import ViewLoss


# A loss gets two batches of images, y_true and y_pred: float, shape (N, H, W, 3), RGB.
# y_true lies in [0, 1]. y_pred is what a network made of it and may leave [0, 1] a
# little. The loss gives one number per image, shape (N,): 0 where the two count as
# equal, and the more the less they do.
#
# A ViewLoss says what it sees of images: its view. Its value is the mean of
# |view(y_true) - view(y_pred)|. For another distance of two views, add a method
# distance(self, view_true, view_pred) that gives shape (N,).
class $name(ViewLoss):
    """Equal when the same places are equally colorful, in whatever color and light.

    view(x) = max(R, G, B) - min(R, G, B) - pale, at least 0, shape (N, H, W, 1).
    """

    # What the loss cannot see, in words that aekeras knows: red, green, blue, chroma,
    # luma, brightness, contrast, inversion, position, arrangement, flip, detail.
    # Here: luma (a number added to R, G and B of a pixel) and inversion (the negative).
    #
    # From these words come metamers: images with other pixels that the loss cannot tell
    # apart. A network learns from them what not to care about. If your loss is blind to
    # something that has no word, add a method metamer(self, images, seed) that gives
    # such images. `aekeras losses check` measures whether the words are right.
    blind_to = ("luma", "inversion")

    # Knobs are keyword arguments, each kept as an attribute of its name. Elsewhere they
    # are written as here: --loss "FILE.py:$name(pale=0.2)".
    def __init__(self, *, pale=0.1, **keywords):
        if not 0 <= pale < 1:
            raise InputError(f"Expected `pale` in [0, 1). Received: {pale}. Try 0.1.")
        self.pale = pale
        super().__init__(**keywords)

    # Compute with keras.ops, not with NumPy: then the loss has gradients and runs on
    # every backend of Keras. Let no image depend on the others of its batch.
    def view(self, images):
        most = ops.max(images, axis=-1, keepdims=True)
        least = ops.min(images, axis=-1, keepdims=True)
        return ops.relu(most - least - self.pale)


# A plain function (y_true, y_pred) is a loss, too: without knobs, without a view.
def $function(y_true, y_pred):
    """As l1, but what is light counts more than what is dark."""
    return ops.mean(ops.abs(ops.exp(y_true) - ops.exp(y_pred)), axis=(1, 2, 3))
'''
)


def write_template(path: Path, name: str = DEFAULT_NAME) -> None:
    """Writes a file with a loss class of this name and a plain function, both of which pass `aekeras losses check`.

    Args:
        path: A new file, ending in .py.
        name: Of the class.

    Raises:
        InputError: The file exists already, does not end in .py, or the name cannot be that of a class.
        MissingError: The folder does not exist.
        StorageError: The file cannot be written.
    """
    _check_path(path)
    _check_name(name)
    write_file(path, _TEMPLATE.substitute(name=name, function=FUNCTION).encode())


def _check_path(path: Path) -> None:
    if path.suffix != ".py":
        raise InputError(f"Expected a file name ending in .py. Received: {path}. Name one, for example my_losses.py.")
    if path.exists() or path.is_symlink():
        raise InputError(f"Expected a new file. Received: {shown_path(path)}, which exists. Name another one.")
    if not path.parent.is_dir():
        raise MissingError(
            f"Expected a folder for {path.name}. Received: {path.parent}, which is none. Create it first."
        )


def _check_name(name: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise InputError(f"Expected `name` to be a Python identifier. Received: {name!r}. Choose one such as Colorful.")
    if name in _TAKEN:
        raise InputError(f"Expected `name` to be free. Received: {name!r}, which the file itself uses. Choose another.")
