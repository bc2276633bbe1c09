"""The built-in sample pictures: drawn when they are asked for, from factors that are known."""

from aekeras.samples.collection import generate
from aekeras.samples.drawing import draw
from aekeras.samples.sample import Sample
from aekeras.samples.writing import write

__all__ = ["Sample", "draw", "generate", "write"]
