"""What a loss treats as equal, measured: do neighbors by code agree with neighbors by the loss itself?"""

from aekeras.equality.controls import pca_codes, scaled_codes
from aekeras.equality.distances import code_distances, loss_distances
from aekeras.equality.fidelity import fidelity, median_ratio, metamer_recall

__all__ = [
    "code_distances",
    "fidelity",
    "loss_distances",
    "median_ratio",
    "metamer_recall",
    "pca_codes",
    "scaled_codes",
]
