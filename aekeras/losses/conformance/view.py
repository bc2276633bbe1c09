"""The check of the view: what a loss sees, as a picture that sheets and encoders read."""

from __future__ import annotations

import keras
import numpy as np

from aekeras.losses.conformance.specimens import SHAPES, scenes
from aekeras.losses.conformance.subject import Finding, Subject


def view(subject: Subject) -> Finding:
    """A picture for each picture, of numbers: also for pictures that are not square, and for black and white."""
    for count, height, width in SHAPES:
        found = _viewed(subject, scenes(count, height, width)).shape
        if len(found) != 4 or found[0] != count or 0 in found:
            return Finding(
                fault=f"Expected a view of shape ({count}, height, width, channels) for {count} of {height} x {width} "
                f"pixels. Received: shape {found}. Keep all four axes: ops.mean(images, axis=-1, keepdims=True)."
            )
    finite = np.isfinite(_viewed(subject, subject.specimens.images)).all(axis=(1, 2, 3))
    wrong = int((~finite).sum())
    if not wrong:
        return Finding(0.0)
    return Finding(
        float(wrong),
        f"Expected a view of numbers. Received: NaN or infinity for {wrong} of {len(finite)} pictures, first for "
        f"{subject.specimens.names[int(np.argmin(finite))]}. Keep divisors, logarithms and roots away from 0: "
        "ops.log(x + 1e-6), a / (b + 1e-6).",
    )


def _viewed(subject: Subject, images: np.ndarray) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(subject.loss.view(keras.ops.convert_to_tensor(images))))
