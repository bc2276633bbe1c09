"""Whether an index is as it was written, and its codes are those of its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from aekeras import images
from aekeras.artefacts import shown_path
from aekeras.encoding import Encoder
from aekeras.errors import InputError, MissingError, UnreadableImageError
from aekeras.index.answers import Verification
from aekeras.store import REBUILD, Store

_SEED = 0
# The codes of one picture alone and in a batch differ in the last digits.
_TOLERANCE = 1e-4


def verified(store: Store, encoder: Encoder, sample: int) -> Verification:
    """Passes when every byte is as it was written, and pictures drawn at random have the codes that are stored.

    Raises:
        MissingError: A file is gone.
        MismatchError: The model made other codes.
        InputError: Something is damaged, or a picture has another code.
    """
    store.verify()
    store.check_model(encoder.fingerprint)
    drawn = np.random.default_rng(_SEED).permutation(store.ids)[:sample].tolist()
    readable = list(_readable(store, drawn, encoder.image_size))
    for key, path, image in readable:
        _check(store, key, path, encoder.encode(image[None])[0])
    return Verification(
        index=store.directory,
        loss=store.manifest.origin.loss,
        count=len(store),
        files=len(store.manifest.files) + 1,
        encoded=len(readable),
        gone=len(drawn) - len(readable),
    )


def _readable(store: Store, ids: list[int], size: int) -> Iterator[tuple[int, Path, np.ndarray]]:
    """Those of the pictures that are as they were when they were indexed."""
    states = store.items.states_of(ids)
    for key, paths in states.items():
        for path, known in paths.items():
            try:
                status = Path(path).stat()
                if (status.st_size, status.st_mtime_ns) == known:
                    yield key, Path(path), images.read(Path(path), size)
                    break
            except (OSError, MissingError, UnreadableImageError):
                continue


def _check(store: Store, key: int, path: Path, code: np.ndarray) -> None:
    stored = store.codes_of([key])[0]
    apart = float(np.linalg.norm(stored - code))
    if not apart <= _TOLERANCE * (1 + float(np.linalg.norm(stored))):
        raise InputError(
            f"Expected the code that {shown_path(store.directory)} has for {shown_path(path)}. Received: one at a "
            f"distance of {apart:.4f}, though the picture has not changed. {REBUILD}"
        )
