"""Groups of pictures that are equal under a loss: shown, and copied or linked into folders.

    codes -> pairs that may be equal -> judged by the loss itself -> groups -> folders

The room is not called `duplicates`, for `aekeras.duplicates` is the function.
"""

from aekeras.duplication.answers import Duplicates, EqualGroup, EqualPicture, LossDuplicates
from aekeras.duplication.asking import duplicates
from aekeras.duplication.folders import check_free, lay_out

__all__ = [
    "Duplicates",
    "EqualGroup",
    "EqualPicture",
    "LossDuplicates",
    "check_free",
    "duplicates",
    "lay_out",
]
