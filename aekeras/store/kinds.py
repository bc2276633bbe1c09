"""Which search structure a large index gets, by its size and the memory there is."""

from __future__ import annotations

import math
import re

import faiss

from aekeras.errors import InputError

# Exact search of one query takes 10 ms for 560,000 codes of 64 numbers and for 280,000 of 128 (two cores).
_EXACTLY = 32_000_000  # numbers
_MOST_LISTS = 65_536
# FAISS takes any number, and its memory with it: a billion lists are 48 GB before the first code is there.
_MOST = {"IVF": 2**20, "IMI": 2, "HNSW": 512, "NSG": 512, "x": 12}
_NUMBER = re.compile(r"(?P<word>[A-Za-z]*)(?P<number>\d+)")
_REASON = re.compile(r"(?:failed: |: (?=could not ))(?P<reason>.*)", re.DOTALL)
_EXAMPLES = "'flat', 'IVF4096,SQ8', 'HNSW32'"


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
    sizes = {f"IVF{lists},{codec}": _size(count, code_dim, lists, width) for codec, width in _codecs(code_dim).items()}
    for kind, size in sizes.items():
        if memory is None or size <= memory:
            return kind
    raise InputError(
        f"Expected at least {min(sizes.values())} bytes of memory to search {count} codes of {code_dim} numbers. "
        f"Received: {memory}. Give more memory, or search exactly (flat)."
    )


def check_kind(kind: str, code_dim: int) -> None:
    """Refuses what is not a kind of structure for codes of `code_dim` numbers.

    Raises:
        InputError: FAISS does not know the factory string, or a number in it is out of the question.
    """
    if kind == "flat":
        return
    for match in _NUMBER.finditer(kind):
        most = _MOST.get(match["word"], max(code_dim, 2048))
        if not 1 <= int(match["number"]) <= most:
            raise refused(kind, code_dim, f"{match[0]} is out of range: 1 to {most}")
    try:
        faiss.index_factory(code_dim, kind)
    except (RuntimeError, MemoryError) as error:
        raise refused(kind, code_dim, reason(error)) from error


def refused(kind: str, code_dim: int, why: str) -> InputError:
    """The error about a kind that FAISS cannot build."""
    return InputError(
        f"Expected a kind of search structure for codes of {code_dim} numbers, as FAISS writes it. "
        f"Received: {kind!r} ({why}). Choose one such as {_EXAMPLES}."
    )


def reason(error: BaseException) -> str:
    """What FAISS has to say, in one line and without the place in its source."""
    text = str(error) or type(error).__name__
    match = _REASON.search(text)
    return " ".join((match["reason"] if match else text).split())


def _codecs(code_dim: int) -> dict[str, float]:
    """How codes are written in the lists, with bytes per code, largest first."""
    widths = {"SQ8": code_dim, "SQ4": (code_dim + 1) // 2}
    # Without np, FAISS sorts the centroids for a search that nobody makes here: a minute instead of ten seconds.
    for part in (2, 4, 8):
        if code_dim % part == 0:
            widths[f"PQ{code_dim // part}np"] = code_dim // part
    return widths


def _size(count: int, code_dim: int, lists: int, width: float) -> int:
    codebooks = 4 * code_dim * (lists + 256)
    return int(count * (width + 8) + codebooks + 16 * lists + 4096)
