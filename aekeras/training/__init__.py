"""Training: images and a loss in, an autoencoder whose code distances are in the loss's units out."""

from aekeras.training.batches import Batches
from aekeras.training.fitting import Surroundings, Trained, fit
from aekeras.training.quality import Quality
from aekeras.training.start import Start, begin
from aekeras.training.trial import try_out
from aekeras.training.units import check_differ

__all__ = ["Batches", "Quality", "Start", "Surroundings", "Trained", "begin", "check_differ", "fit", "try_out"]
