"""What the transformations do, as pictures."""

from __future__ import annotations

import numpy as np

from aekeras.equality.distances import as_floats
from aekeras.equality.transformations import TRANSFORMATIONS
from aekeras.pictures import Block, Row, Tile
from aekeras.study.sample import Sample

_SEED = 0


def transformed(sample: Sample) -> Block:
    """The most colorful of the first queries under every transformation."""
    images = as_floats(sample.queries[:20])
    chosen = images[[int(np.argmax(images.std(axis=-1).mean(axis=(1, 2))))]]
    tiles = [Tile(image=chosen[0], caption="as it is")]
    tiles += [Tile(image=np.asarray(one.apply(chosen, _SEED))[0], caption=one.label) for one in TRANSFORMATIONS]
    return Block(rows=[Row(label="", tiles=tiles)])
