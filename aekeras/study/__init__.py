"""A project measured: its trained models, on its pictures, by all that `aekeras.equality` can measure."""

from aekeras.study.measuring import Scope, measure
from aekeras.study.parts import Study
from aekeras.study.sample import Extent

__all__ = ["Extent", "Scope", "Study", "measure"]
