"""Ctrl-C, put off to a moment at which nothing is half done."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interruption:
    """While it lasts, the first Ctrl-C is only noted; the second one interrupts at once, as usual.

    Signals come to the main thread alone: in others it notes nothing, and nothing comes.

    Attributes:
        asked: Whether somebody has pressed Ctrl-C.
    """

    def __init__(self) -> None:
        self.asked = False
        self._former: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former = signal.getsignal(signal.SIGINT)
            if callable(self._former):  # it is neither ignored nor deadly on purpose
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        if callable(self._former):
            signal.signal(signal.SIGINT, self._former)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            self._former(number, frame)
        self.asked = True
