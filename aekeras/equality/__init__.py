"""What a loss treats as equal, measured: pure functions from images, codes and losses to figures that say what they mean.

Each measurement is a module with the function of its name and the `Result` that this gives. What they share: `estimates`
(a figure and its interval), `scale` (distances as percentiles of random pairs), `distances` (by code, and by the loss
itself), `results` (words, tables, plots, JSON).
"""
