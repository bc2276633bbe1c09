"""Metamers of a picture: drawn at random where the loss's blindness is known, else sought by gradient descent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aekeras import images
from aekeras.errors import InputError
from aekeras.losses import get
from aekeras.losses.explaining import own_code
from aekeras.metamers.descent import descend, starts
from aekeras.metamers.result import SAME, Metamer, Metamers
from aekeras.samples import draw, generate

if TYPE_CHECKING:
    from aekeras.losses import ImageLoss

TOLERANCE = 0.01
_DRAWS = 4  # per metamer that is asked for: some changes move little
_LARGEST = 1024  # pixels per side
_ROUNDING = 1e-6
_STRONG = 0.7  # share of the draws that are shown, the strongest
_STRANGERS = 24  # sample pictures to say what the loss usually is
_APART = 40  # samples from one of them to the next, for many shapes, colors and grounds


def metamer(
    image: str | Path,
    loss: Any,
    *,
    count: int = 6,
    size: int = 64,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    descent: bool = False,
) -> Metamers:
    """Pictures that a loss cannot tell from the given one.

    Where it is known what the loss is blind to, they are random changes of that, from strong to weak. Else other
    pictures are changed by gradient descent until the loss takes them for the original.

    Examples:
        >>> print(aekeras.metamer("cat.png", "l1_gray"))

    Args:
        image: A picture's file.
        loss: What `aekeras.losses.get` takes.
        count: Metamers, at least 1.
        size: Pixels per side, at least 8.
        seed: Of all that is random.
        tolerance: Values of the loss up to which pictures count as equal, as a share of its median between the picture
            and unrelated ones.
        descent: Search by gradient descent even where blindness is known.

    Raises:
        MissingError: There is no such file.
        InputError: No picture, no such loss, a number out of range, or a loss whose value or gradient is not finite.
    """
    _check(count, size, tolerance, seed)
    original = images.read(Path(image), size).astype(np.float32) / np.float32(255.0)
    loss = get(loss)
    strangers = _strangers(size)
    usual = float(np.median(_values(loss, original, strangers)))
    descended = descent or not loss.blindness
    if descended:
        kinds, begun = starts(original, strangers, count, seed)
        found = descend(loss, original, begun, goal=tolerance * usual)
        made = [f"descent from {kind}" for kind in kinds]
    else:
        found = _drawn(loss, original, count, seed)
        made = [f"a change of {', '.join(loss.blind_to)}" if loss.blind_to else "the loss itself"] * len(found)
    return Metamers(
        path=Path(image),
        loss=loss,
        original=original,
        usual=usual,
        tolerance=tolerance,
        descended=descended,
        asked=count,
        metamers=_described(original, found, _values(loss, original, found), made, tolerance * usual),
        seed=seed,
    )


def _described(
    original: np.ndarray, found: np.ndarray, values: np.ndarray, made: list[str], limit: float
) -> tuple[Metamer, ...]:
    return tuple(
        Metamer(image=image, value=value, difference=difference, within_tolerance=value <= limit, made_by=how)
        for image, value, difference, how in zip(
            found, values.tolist(), _differences(found, original).tolist(), made, strict=True
        )
    )


def _values(loss: ImageLoss, original: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The loss between one picture and others, (S, S, 3) and (N, S, S, 3) -> (N,)."""
    if not len(others):
        return np.zeros(0)
    with own_code(f"{loss.text} to run"):
        values = np.asarray(loss(np.broadcast_to(original, others.shape), others), np.float64)
    if values.shape != (len(others),) or not np.isfinite(values).all() or values.min() < -_ROUNDING:
        shown = ", ".join(f"{value:.4g}" for value in values.ravel()[:4])
        raise InputError(
            f"Expected {len(others)} finite values of at least 0 of {loss.text}, one per picture. Received: shape "
            f"{values.shape}, "
            f"{shown}, ... Mend the loss; `aekeras losses check` says more."
        )
    return values


def _check(count: int, size: int, tolerance: float, seed: int) -> None:
    if size > _LARGEST:
        raise InputError(f"Expected `size` of at most {_LARGEST}. Received: {size}. Smaller pictures show the same.")
    for name, number, least in (("count", count, 1), ("size", size, 8), ("seed", seed, 0)):
        if number < least:
            raise InputError(f"Expected `{name}` of at least {least}. Received: {number}. Ask for more.")
    if not 0 < tolerance < 1:
        raise InputError(
            f"Expected `tolerance` between 0 and 1, a share of the usual loss. Received: {tolerance}. Try {TOLERANCE}."
        )


def _strangers(size: int) -> np.ndarray:
    """Sample pictures of many shapes and colors, float32, shape (N, S, S, 3), in [0, 1]."""
    pictures = [np.asarray(draw(sample, size)) for sample in generate(_STRANGERS * _APART)[::_APART]]
    return np.stack(pictures).astype(np.float32) / np.float32(255.0)


def _drawn(loss: ImageLoss, original: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Up to `count` of several random metamers, the most different first: no two the same, and none the picture."""
    copies = np.repeat(original[None], _DRAWS * count, axis=0)
    with own_code(f"metamers of {loss.text}"):
        drawn = np.asarray(loss.metamer(copies, seed), np.float32)
    if drawn.shape != copies.shape:
        raise InputError(
            f"Expected metamers of {loss.text} to have the shape of the pictures, {copies.shape}. Received: "
            f"{drawn.shape}. Give one picture for each."
        )
    apart = _differences(drawn, original)
    kept: list[int] = []
    for row in np.argsort(-apart, kind="stable").tolist():
        if apart[row] > SAME and (_differences(drawn[kept], drawn[row]) > SAME).all():
            kept.append(row)
    last = max(min(count, len(kept)), round(_STRONG * len(kept))) - 1
    spread = np.linspace(0, last, min(count, len(kept))).round().astype(int)
    return drawn[[kept[place] for place in spread]]


def _differences(pictures: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Mean absolute differences of pixels, shape (N,)."""
    return np.abs(pictures - picture).mean(axis=(1, 2, 3))
