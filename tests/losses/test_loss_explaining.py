"""What a person's own code raises becomes one error of aekeras."""

from __future__ import annotations

import sys

import pytest

from aekeras.errors import InputError, MissingError
from aekeras.losses.explaining import own_code


def test_whatever_own_code_raises_is_told_with_its_line_what_was_expected_and_what_to_do() -> None:
    with pytest.raises(InputError) as caught, own_code("a loss to run", "Write another one."):
        _ = 1 / 0
    told = str(caught.value)
    assert told.startswith("Expected a loss to run. Received: ZeroDivisionError: division by zero (")
    assert told.endswith(": _ = 1 / 0). Write another one.")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_own_code_cannot_end_python() -> None:
    with pytest.raises(InputError, match=r"Received: SystemExit: 3 \(.*\)\. Mend it\.$"), own_code("a loss to run"):
        sys.exit(3)


@pytest.mark.parametrize("error", [MissingError("no file"), InputError("no loss"), KeyboardInterrupt()], ids=repr)
def test_errors_of_aekeras_and_interruptions_pass_as_they_are(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, own_code("a loss to run"):
        raise error
    assert caught.value is error
