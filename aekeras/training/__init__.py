"""Training: images and a loss in, an autoencoder whose code distances are in the loss's units out."""

from aekeras.training.fitting import Surroundings, Trained, fit

__all__ = ["Surroundings", "Trained", "fit"]
