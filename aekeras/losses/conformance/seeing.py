"""Checks of what the loss says it is blind to: by its metamers, and by changing pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import keras
import numpy as np

from aekeras.losses import blindness as blindnesses
from aekeras.losses.blindness.colors import DIRECTIONS
from aekeras.losses.conformance.specimens import specimens
from aekeras.losses.conformance.subject import Finding, Subject
from aekeras.losses.image_loss import ImageLoss

UNSEEN = (
    1e-3  # of a typical loss: small constants in roots and divisors leave less, what a loss hardly sees leaves more
)
DIFFERENT = 5e-3  # mean absolute difference of the pixels, of pictures in [0, 1]
PROBES = blindnesses.WORDS
"""The words whose changes every loss is shown; a word stands behind those that imply it."""
_MOVED = 1e-3  # mean absolute difference of the pixels: below, a random change has left a picture as it was
_SEED = 4


def metamers(subject: Subject) -> Finding:
    """Images in [0, 1] that the loss cannot tell from the given ones, with other pixels."""
    images, found = subject.scenes, _metamers(subject)
    if found.shape != images.shape:
        return Finding(fault=f"Expected metamers of shape {images.shape}. Received: {found.shape}. Mend `metamer`.")
    if not (found.min() >= -1e-6 and found.max() <= 1 + 1e-6):
        return Finding(
            fault=f"Expected metamers in [0, 1]. Received: values from {found.min():.4g} to {found.max():.4g}. "
            "Move each pixel no further than to the border of the color cube."
        )
    figure = float(np.max(subject.shares([found])))
    if not figure <= UNSEEN:
        return Finding(
            figure,
            f"Expected loss(x, metamer(x)) = 0. Received: {figure:.3g} of what two different pictures have. "
            f"{_remedy(subject)}",
        )
    apart = float(np.abs(found - images).mean())
    if subject.loss.blind_to and apart < DIFFERENT:
        return Finding(
            figure,
            f"Expected metamers with other pixels, as the loss is blind to {', '.join(subject.loss.blind_to)}. "
            f"Received: a mean difference of {apart:.2g}. Override `blindness` or `metamer`.",
        )
    return Finding(figure)


def alike(subject: Subject) -> Finding:
    """The same loss from any other picture to a picture and to its metamer."""
    others = subject.pairs[1]
    to_image, to_metamer = subject.values(others, subject.scenes), subject.values(others, _metamers(subject))
    apart = np.abs(to_metamer - to_image)
    worst = int(np.argmax(apart))
    figure = float(apart[worst] / subject.typical)
    if figure <= UNSEEN:
        return Finding(figure)
    return Finding(
        figure,
        f"Expected loss(y, metamer(x)) = loss(y, x). Received: {to_metamer[worst]:.4g} and {to_image[worst]:.4g}. "
        f"{_remedy(subject)}",
    )


def blind(subject: Subject) -> Finding:
    """No loss for a change of anything that the loss is declared blind to."""
    declared = subject.loss.blindness
    changes = {word: _changes(word, declared) for word in subject.loss.blind_to}
    seen = _seen(subject, {word: [_changed(one) for one in ones] for word, ones in changes.items() if ones}, np.max)
    faults = [_seen_after_all(word, share) for word, share in seen.items() if not share <= UNSEEN]
    unknown = [_not_measured(word) for word, ones in changes.items() if not ones]
    unsaid = [word for word in blindnesses.words_of(declared) if word not in subject.loss.blind_to]
    if unsaid:
        faults.append(f"Expected `blind_to` to say what `blindness` gives. Missing: {', '.join(unsaid)}. Declare it.")
    if unknown and not _own_metamer(subject):
        faults += unknown
    note = " ".join(unknown) if changes else "declared blind to nothing"
    return Finding(max(seen.values(), default=None), " ".join(faults), note)


def sees(subject: Subject) -> Finding:
    """A loss for a change of anything that the loss is not declared blind to."""
    declared = subject.loss.blindness
    others = [word for word in PROBES if word not in subject.loss.blind_to and not _implied(word, declared)]
    seen = _seen(subject, {word: [_changed_by_word(word)] for word in others}, np.mean)
    missing: list[str] = []
    for word in (word for word, share in seen.items() if not share > UNSEEN):
        if not _implied(word, blindnesses.of_words(tuple(missing))):
            missing.append(word)
    figure = min(seen.values(), default=None)
    if not missing:
        return Finding(figure)
    words = ", ".join(repr(word) for word in (*subject.loss.blind_to, *missing))
    return Finding(
        figure,
        f"Expected to see a change of {' and of '.join(missing)}. Received: at most "
        f"{max(seen[word] for word in missing):.2g} of what two different pictures have. The loss is also blind to "
        f"{' and to '.join(missing)}: declare it, `blind_to = ({words}{',' if words.count(chr(39)) == 2 else ''})`.",
    )


def _metamers(subject: Subject) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(subject.loss.metamer(subject.scenes, _SEED)))


def _changes(word: str, declared: tuple[Any, ...]) -> tuple[Any, ...]:
    """The changes that stand for a declared word: of colors, the word's own; else those of the loss."""
    known = blindnesses.of_words((word,))
    return known if word in DIRECTIONS else tuple(one for one in declared if word in one.words)


def _changed(change: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(blindnesses.change((change,), specimens().scenes, _SEED)))


@lru_cache
def _changed_by_word(word: str) -> np.ndarray:
    (change,) = blindnesses.of_words((word,))
    return _changed(change)


def _seen(subject: Subject, changed: dict[str, list[np.ndarray]], of: Callable[[np.ndarray], Any]) -> dict[str, float]:
    """For each word, the largest or the mean share of a typical loss that its changes count."""
    flat = [(word, images) for word, several in changed.items() for images in several]
    shares = subject.shares([images for _, images in flat]) if flat else []
    found: dict[str, float] = {}
    for (word, images), share in zip(flat, shares, strict=True):
        moved = np.abs(images - subject.scenes).mean(axis=(1, 2, 3)) > _MOVED
        found[word] = max(found.get(word, 0.0), float(of(share[moved])) if moved.any() else 0.0)
    return found


def _implied(word: str, declared: tuple[Any, ...]) -> bool:
    """Whether what changes by a word is part of what is declared anyway: brightness, of luma."""
    common = blindnesses.common((declared, blindnesses.of_words((word,))))
    return word in blindnesses.words_of(common)


def _seen_after_all(word: str, share: float) -> str:
    return (
        f"Expected no loss for a change of {word}, which is declared in `blind_to`. Received: {share:.3g} of what two "
        "different pictures have. Take the word out, or do not let the view depend on it."
    )


def _own_metamer(subject: Subject) -> bool:
    return type(subject.loss).metamer is not ImageLoss.metamer


def _not_measured(word: str) -> str:
    return (
        f"{word!r} is not measured: aekeras knows no change of this name. Override `metamer` (a random picture that "
        "the loss cannot tell from the given one)" + (", or `blindness`." if word == "border" else ".")
    )


def _remedy(subject: Subject) -> str:
    if _own_metamer(subject):
        return "Let `metamer` change nothing that the loss sees."
    return "Take out of `blind_to` what the loss sees after all."
