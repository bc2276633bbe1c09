"""For the tests of a loss of one's own.

One test for all that a loss promises:

    from aekeras.testing import assert_conforms

    def test_stripes_keeps_what_a_loss_promises():
        assert_conforms("my_losses.py:Stripes")

or a test for each promise, by its name; the loss is measured once:

    import pytest
    from aekeras.testing import CHECKS, assert_conforms

    @pytest.mark.parametrize("check", CHECKS)
    def test_stripes(check):
        assert_conforms("my_losses.py:Stripes", check)

A failure shows what was measured, what was expected and what to do:

    my_losses.py:Stripes: 21 of 22 checks passed
      passed  shape                          one value per picture, ...
      FAILED  identity            0.0611
        Expected 0 for equal pictures. Received: loss(x, x) = 0.013 for picture 0 against itself; ...
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from aekeras import losses
from aekeras.errors import InputError, did_you_mean
from aekeras.losses.conformance import CHECKS, Report
from aekeras.losses.image_loss import ImageLoss

__all__ = ["CHECKS", "assert_conforms"]


def assert_conforms(loss: Any, check: str | None = None) -> None:
    """Passes a loss that keeps what every loss promises.

    Args:
        loss: Whatever `aekeras.losses.get` takes.
        check: One of `CHECKS`, to look at no other.

    Raises:
        AssertionError: A check failed; the message is the table of all that were looked at.
        InputError: The loss cannot be loaded, or there is no such check.
        MissingError: A file or module that is not there.
    """
    __tracebackhide__ = True  # pytest then shows the test's own line
    if check is not None and check not in CHECKS:
        raise InputError(f"Unknown check {check!r}. Expected one of: {', '.join(CHECKS)}.{did_you_mean(check, CHECKS)}")
    report = _report(losses.get(loss))
    looked_at = Report(report.loss, tuple(one for one in report.checks if check in (None, one.name)))
    if not looked_at.passed:
        raise AssertionError(str(looked_at))


def _report(loss: ImageLoss) -> Report:
    try:
        hash(loss)
    except Exception:  # a loss whose text fails is like no other; the report tells it
        return losses.check(loss)[0]
    return _of_equal_losses(loss)


@lru_cache
def _of_equal_losses(loss: ImageLoss) -> Report:
    """Measured once; an edited file gives another loss."""
    return losses.check(loss)[0]
