"""Which search structure a large index gets, by its size and the memory there is."""

from __future__ import annotations

import math
import re
from typing import Any

import faiss

from aekeras.errors import InputError

# Exact search of one query takes 10 ms for 560,000 codes of 64 numbers and for 280,000 of 128 (two cores).
_EXACTLY = 32_000_000  # numbers
# Of 1,000,000 codes of 64 numbers, 4,096 lists find 0.95 in 0.3 ms, 1,024 in 0.6 ms, exact search in 19 ms. More than
# 16,384 would be trained for more than a few minutes.
_MOST_LISTS = 16_384
# FAISS takes any number: a billion lists are 48 GB before the first code is there, HNSW1 crashes.
_RANGES = {"IVF": (1, 2**20), "IMI2x": (1, 10), "HNSW": (4, 512), "x": (1, 12)}
_NUMBER = re.compile(r"(?P<word>IMI2x|[A-Za-z]*)(?P<number>\d+)")
_REASON = re.compile(r"(?:failed: |: (?=could not ))(?P<reason>.*)", re.DOTALL)


def choose_kind(count: int, code_dim: int, memory: int | None = None) -> str:
    """The kind of search structure for an index: "flat" (none) up to a measured size, else a FAISS factory string.

    Args:
        count: How many codes there are.
        code_dim: Numbers in a code.
        memory: What the structure may take, in bytes; None for no limit.

    Raises:
        InputError: Even the smallest structure takes more.
    """
    if count * code_dim <= _EXACTLY:
        return "flat"
    lists = min(_MOST_LISTS, 2 ** round(math.log2(4 * math.sqrt(count))))
    sizes = {f"IVF{lists},{codec}": _size(count, code_dim, lists, width) for codec, width in _codecs(code_dim)}
    for kind, size in sizes.items():
        if memory is None or size <= memory:
            return kind
    raise InputError(
        f"Expected at least {min(sizes.values())} bytes of memory for a search structure over {count} codes of "
        f"{code_dim} numbers. Received: {memory}. Allow more, or search without a structure ('flat')."
    )


def check_kind(kind: str | None, code_dim: int) -> None:
    """Passes when `kind` is "flat", or a FAISS factory string for codes of `code_dim` numbers.

    Raises:
        InputError: FAISS does not know it, or a number in it is out of range.
    """
    if kind in (None, "auto", "flat"):
        return
    if "NSG" in kind:
        raise refused(kind, code_dim, "NSG never ends where codes are equal")
    for match in _NUMBER.finditer(kind):
        least, most = _RANGES.get(match["word"], (1, max(code_dim, 2048)))
        if not least <= int(match["number"][:9]) <= most:
            raise refused(kind, code_dim, f"{match[0][:20]}: the number must be {least} to {most}")
    try:
        index = faiss.index_factory(code_dim, kind)
    except (RuntimeError, MemoryError) as error:
        raise refused(kind, code_dim, reason(error)) from error
    if isinstance(searched(index), faiss.IndexIVFPQR):
        # FAISS ends the process when the lists that it searches hold fewer codes than wanted.
        raise refused(kind, code_dim, "its own re-scoring is not needed: all candidates are re-scored")


def refused(kind: str, code_dim: int, why: str) -> InputError:
    """The error about a kind that FAISS cannot build."""
    return InputError(
        f"Expected a kind of search structure, 'flat' or a FAISS factory string for codes of {code_dim} numbers. "
        f"Received: {kind!r} ({why}). Choose one such as 'IVF1024,SQ8' or 'HNSW32'."
    )


def reason(error: BaseException) -> str:
    """What FAISS has to say, in one line and without the place in its source."""
    text = str(error) or type(error).__name__
    match = _REASON.search(text)
    return " ".join((match["reason"] if match else text).split())


def searched(index: Any) -> Any:
    """The FAISS index below those that keep ids, turn codes, or re-score."""
    index = faiss.downcast_index(index)
    if isinstance(index, faiss.IndexIDMap | faiss.IndexPreTransform):
        return searched(index.index)
    return searched(index.base_index) if isinstance(index, faiss.IndexRefine) else index


def _codecs(code_dim: int) -> list[tuple[str, int]]:
    """How codes are written in the lists, and the bytes of each, largest first.

    Built from 1,000,000 codes of 64 numbers in 13 s (SQ8, 73 MB; Flat, 265 MB, finds no more), 14 s (SQ4, 41 MB),
    50 s (PQ16np, 25 MB), and less for PQ8np (17 MB). PQ32np is as large as SQ4, and takes over a minute. Without np,
    PQ sorts its centroids for a search that nobody makes here, also for a minute.
    """
    parts = [part for part in (4, 8) if code_dim % part == 0]
    products = [(f"PQ{code_dim // part}np", code_dim // part) for part in parts]
    return [("SQ8", code_dim), ("SQ4", (code_dim + 1) // 2), *products]


def _size(count: int, code_dim: int, lists: int, width: int) -> int:
    """Bytes of the file, at most: codes and ids, centroids of the lists and of PQ, the length of each list."""
    return count * (width + 8) + 4 * code_dim * (lists + 256) + 16 * lists + 4096
