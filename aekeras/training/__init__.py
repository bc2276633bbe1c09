"""Training: images and a loss in, an autoencoder whose code distances are in the loss's units out."""

from aekeras.training.batches import Batches
from aekeras.training.fitting import Surroundings, Trained, fit
from aekeras.training.start import Start, begin
from aekeras.training.trial import try_out

__all__ = ["Batches", "Start", "Surroundings", "Trained", "begin", "fit", "try_out"]
