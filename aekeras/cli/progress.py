"""What long commands show on stderr: a live bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from aekeras.progress import Progress

_SILENCE = 5.0  # seconds between plain lines of one stage


class Display(Progress):
    """Draws stages on stderr as they come."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._live = self._console.is_terminal
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            disable=not self._live,
        )
        self._task: TaskID | None = None
        self._stage, self._total, self._part, self._parts = "", 0, 1, 1
        self._began = self._told = self._first_at = 0.0
        self._first: int | None = None
        self._finished: list[float] = []  # seconds that the earlier parts took

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        self._bars.stop()

    def begin(self, stage: str, total: int, *, part: int = 1, parts: int = 1) -> None:
        self._stage, self._total, self._part, self._parts = stage, total, part, parts
        self._began = self._told = time.monotonic()
        self._first = None
        self._finished = self._finished if part > 1 else []
        self._task = self._bars.add_task(self._title(), total=total or None, figures="")
        if not self._live:
            self._print(self._title())

    def advance(self, done: int, note: str = "") -> None:
        now = time.monotonic()
        if self._first is None:  # a resumed training does not begin at zero, and the first batch takes long
            self._first, self._first_at = done, now
        figures = ", ".join(filter(None, (note, self._rate(done, now), self._left(done, now))))
        if self._task is not None:
            self._bars.update(self._task, completed=done, figures=figures)
        if not self._live and now - self._told >= _SILENCE:
            self._told = now
            self._print(f"{self._title()}: {figures}")

    def end(self, summary: str = "") -> None:
        seconds = time.monotonic() - self._began
        self._finished.append(seconds)
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None
        self._print(f"{self._title()}: {', '.join(filter(None, (summary, f'{seconds:.1f} s')))}")

    def warn(self, message: str) -> None:
        self._print(f"Warning: {message}", style="yellow")

    def _title(self) -> str:
        return f"{self._stage} ({self._part} of {self._parts})" if self._parts > 1 else self._stage

    def _rate(self, done: int, now: float) -> str:
        handled, seconds = done - (self._first or 0), now - self._first_at
        return f"{handled / seconds:,.0f} images/s" if handled and seconds > 0 else ""

    def _left(self, done: int, now: float) -> str:
        """Time left of this part and, at the same pace, of the parts that follow."""
        handled = done - (self._first or 0)
        if not handled or not self._total:
            return ""
        pace = (now - self._first_at) / handled
        whole = self._finished[-1] if self._finished else pace * self._total + self._first_at - self._began
        seconds = pace * (self._total - done) + whole * (self._parts - self._part)
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d} left"

    def _print(self, line: str, style: str | None = None) -> None:
        self._console.print(line, style=style, markup=False, soft_wrap=True)
