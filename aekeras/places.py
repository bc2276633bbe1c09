"""Where things lie: the folders that commands read and write, relative to the working directory."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

FACTORS = "factors.csv"
"""In a folder of pictures: a table of what is known of each, with a column `path` relative to the folder."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Folders of a project.

    Attributes:
        models: Holds models/<name>/<version>/, what TensorFlow Serving is pointed at.
        indexes: Holds indexes/<name>/.
        samples: The built-in sample images are drawn here.
        datasets: Keras's data sets are written here.
    """

    models: Path = Path("models")
    indexes: Path = Path("indexes")
    samples: Path = Path("samples")
    datasets: Path = Path("datasets")

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, Path(getattr(self, field.name)))
