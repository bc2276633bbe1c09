from __future__ import annotations

import pytest
from studies import study

from aekeras.study.parts import Study


@pytest.fixture(scope="session")
def whole() -> Study:
    """Five losses, two disputes, three results, a gallery."""
    return study()
