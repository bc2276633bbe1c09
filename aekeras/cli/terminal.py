"""Pictures in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from aekeras.pictures import Block
from aekeras.pictures.terminal import Gallery


def show(blocks: Sequence[Block]) -> None:
    """Prints the blocks to stdout, as wide as the terminal."""
    Console().print(Gallery(blocks))
