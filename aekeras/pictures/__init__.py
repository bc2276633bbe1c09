"""The pictures that aekeras shows to people: sheets; for the terminal see `aekeras.pictures.terminal`."""

from aekeras.pictures.saving import save
from aekeras.pictures.shades import as_picture, value_range
from aekeras.pictures.sheets import sheet
from aekeras.pictures.tiles import Block, Row, Tile

__all__ = ["Block", "Row", "Tile", "as_picture", "save", "sheet", "value_range"]
