"""A trained autoencoder as the directory that TensorFlow Serving, LiteRT and Keras load."""

from aekeras.export.directory import write

__all__ = ["write"]
