"""What a person's own tests say of their loss."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import aekeras
from aekeras.errors import InputError
from aekeras.testing import CHECKS, assert_conforms

OWN = Path(__file__).parent / "losses" / "own_losses.py"
TESTS = """\
import pytest
from aekeras.testing import CHECKS, assert_conforms


def test_offset():
    assert_conforms("my_losses.py:Offset")


@pytest.mark.parametrize("check", CHECKS)
def test_one(check):
    assert_conforms("my_losses.py:Offset", check)
"""


@pytest.mark.slow
def test_pytest_shows_the_table_of_a_loss_that_fails_and_can_look_at_one_check(tmp_path: Path) -> None:
    (tmp_path / "my_losses.py").write_text(OWN.read_text())
    (tmp_path / "test_mine.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(aekeras.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert f"2 failed, {len(CHECKS) - 1} passed" in done.stdout, done.stdout
    assert "AssertionError: my_losses.py:Offset: 19 of 20 checks passed" in done.stdout
    assert "loss(x, x) = 0.013 for" in done.stdout
    assert "FAILED test_mine.py::test_one[identity]" in done.stdout


def test_a_loss_that_cannot_even_be_written_down_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "my_losses.py").write_text(OWN.read_text())
    with pytest.raises(AssertionError, match="to keep its argument `size`"):
        assert_conforms(f"{tmp_path}/my_losses.py:Forgotten", "text")


def test_an_unknown_check_is_told() -> None:
    with pytest.raises(InputError, match="Did you mean 'symmetric'"):
        assert_conforms("l1_red", "symetric")
