"""Pictures that a loss cannot tell from a given one."""

from aekeras.metamers.making import TOLERANCE, metamer
from aekeras.metamers.result import Metamer, Metamers

__all__ = ["TOLERANCE", "Metamer", "Metamers", "metamer"]
