"""What a person's own tests say of their loss."""

from __future__ import annotations

from pathlib import Path

import pytest

from aekeras.errors import InputError
from aekeras.testing import CHECKS, assert_conforms

OWN = Path(__file__).parent / "losses" / "own_losses.py"

pytest_plugins = ["pytester"]
