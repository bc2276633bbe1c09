"""Pictures that are near a query under some losses and far from it under others."""

from aekeras.contrasts.answers import ContrastResult, ContrastResults, Match
from aekeras.contrasts.asking import contrast
from aekeras.contrasts.limits import Limits
from aekeras.contrasts.shared import FewSharedWarning

__all__ = ["ContrastResult", "ContrastResults", "FewSharedWarning", "Limits", "Match", "contrast"]
