"""A study as one page that needs nothing beside it, and its figures as JSON."""

from aekeras.report.page import render, write, write_figures

__all__ = ["render", "write", "write_figures"]
