"""What a person's own tests say of their loss."""

from __future__ import annotations

from pathlib import Path

import pytest

from aekeras.errors import InputError
from aekeras.testing import CHECKS, assert_conforms

pytest_plugins = ["pytester"]
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
def test_pytest_shows_the_table_of_a_loss_that_fails_and_can_look_at_one_check(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(my_losses=OWN.read_text(), test_mine=TESTS)
    done = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "test_mine.py")
    done.assert_outcomes(failed=2, passed=len(CHECKS) - 1)
    shown = done.stdout.str()
    assert "AssertionError: my_losses.py:Offset: 21 of 22 checks passed" in shown
    assert "loss(x, x) = 0.013 for" in shown
    assert "FAILED test_mine.py::test_one[identity]" in shown


def test_a_loss_that_cannot_even_be_written_down_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "my_losses.py").write_text(OWN.read_text())
    with pytest.raises(AssertionError, match="to keep its argument `size`"):
        assert_conforms(f"{tmp_path}/my_losses.py:Forgotten", "text")


def test_an_unknown_check_is_told() -> None:
    with pytest.raises(InputError, match="Did you mean 'symmetric'"):
        assert_conforms("l1_red", "symetric")
