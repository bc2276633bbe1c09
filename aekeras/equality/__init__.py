"""What a loss treats as equal, measured: pure functions from images, codes and losses to figures and words.

Each measurement is a module with the function of its name and the `Result` that this gives. What they share:
`estimates` (a figure and its interval), `scale` (distances against those of random pairs), `distances` (by code, and by
the loss itself), `neighbors` (who is near), `results` and `displays` (words, tables, plots, JSON).
"""
