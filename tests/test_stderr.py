"""What C++ libraries say is held back, and heard when something fails."""

from __future__ import annotations

import os

import pytest

from aekeras.stderr import held_back


def test_what_was_said_before_an_unexpected_error_appears(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        os.write(2, b"the reason\n")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"), held_back():
        fail()
    assert capfd.readouterr().err == "the reason\n"
    with held_back():
        os.write(2, b"chatter\n")
    os.write(2, b"heard again\n")
    assert capfd.readouterr().err == "heard again\n"
