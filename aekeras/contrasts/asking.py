"""Queries in, what is equal under these losses and different under those out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from aekeras import images
from aekeras.contrasts.answers import ContrastResults
from aekeras.contrasts.limits import Limits
from aekeras.contrasts.shared import Query, Shared
from aekeras.errors import InputError
from aekeras.index import Index, open_indexes
from aekeras.places import Places
from aekeras.shares import EQUAL_WITHIN, check_share


def contrast(
    queries: str | Path | Sequence[str | Path],
    *,
    equal: Sequence[str],
    different: Sequence[str] = (),
    k: int = 8,
    equal_within: float = EQUAL_WITHIN,
    equal_below: float | None = None,
    different_above: float | None = None,
    places: Places | None = None,
) -> ContrastResults:
    """The pictures that are equal to each query under all of some losses, and different under all of others.

    What is equal is said by the one rule of `aekeras.equality.verdict`. The most equal come first: by their largest
    figure under `equal`, in typical losses, then by their smallest under `different`, where farther is better. Only
    pictures that are in all of these indexes are compared.

    Args:
        queries: A picture file, or several.
        equal: At least one loss.
        different: Other losses.
        k: How many pictures per query, at most.
        equal_within: Share of a typical loss up to which pictures are equal, and above which they are different.
        equal_below: The same for `equal` alone.
        different_above: The same for `different` alone: for a gap between the two.
        places: Where models and indexes are.

    Raises:
        MissingError: No index yet, or a query that does not exist.
        InputError: A query that is no picture, an unknown loss, one that is named twice, a limit out of range, a `k`
            below 1, or indexes without a common picture.

    Examples:
        >>> import aekeras
        >>> print(aekeras.contrast("cat.png", equal=["l1_gray"], different=["l1"]))
    """
    check_share("equal_within", equal_within)
    limits = Limits(
        equal_below=equal_within if equal_below is None else equal_below,
        different_above=equal_within if different_above is None else different_above,
    )
    if k < 1:
        raise InputError(f"Expected `k` of at least 1. Received: {k}. Ask for one picture or more.")
    if not equal:
        raise InputError("Expected at least one loss in `equal`. Received: none. Name what sees no difference.")
    opened, count = _opened(equal, different, places)
    table = Shared.of(opened, count)
    paths = images.as_paths(queries)
    read = {
        size: np.stack([images.read(path, size) for path in paths])
        for size in {index.encoder.image_size for index in opened}
    }
    seen = [read[index.encoder.image_size] for index in opened]
    codes = [index.encoder.encode(images) for index, images in zip(opened, seen, strict=True)]
    return ContrastResults(
        table.ask(Query(path=path, images=[one[i] for one in seen], codes=[one[i] for one in codes]), limits, k)
        for i, path in enumerate(paths)
    )


def _opened(equal: Sequence[str], different: Sequence[str], places: Places | None) -> tuple[list[Index], int]:
    """The indexes of both, and how many of them are those of `equal`."""
    same = open_indexes(equal, places)
    others = open_indexes(different, places) if different else []
    both = {index.directory for index in same} & {index.directory for index in others}
    if both:
        name = next(index.loss for index in same if index.directory in both)
        raise InputError(
            f"Expected other losses in `different` than in `equal`. Received: {name!r} in both. Take it out of one."
        )
    return [*same, *others], len(same)
