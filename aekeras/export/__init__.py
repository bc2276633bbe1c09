"""A trained autoencoder as the directory that TensorFlow Serving, LiteRT and Keras load."""
