"""From examples of equal and different pictures to the loss that agrees with them."""

from aekeras.suggestion.asking import suggest
from aekeras.suggestion.examples import Example
from aekeras.suggestion.result import Suggested, Suggestion, WeightedSum

__all__ = ["Example", "Suggested", "Suggestion", "WeightedSum", "suggest"]
