"""The terminal kept clean of what C++ libraries write to the process's stderr and have no switch for."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2
_redirecting = threading.RLock()  # of two threads at once, the later would take the other's silence for stderr


@contextmanager
def held_back(*expected: type[BaseException]) -> Iterator[None]:
    """What is written to the process's stderr inside does not appear, unless something fails.

    An error of the `expected` types says what it has to say itself; with any other, all that was written appears.
    """
    with _redirecting, tempfile.TemporaryFile() as written:
        sys.stderr.flush()
        terminal = os.dup(_STDERR)
        os.dup2(written.fileno(), _STDERR)
        try:
            yield
        except expected:
            raise
        except BaseException:
            written.seek(0)
            os.write(terminal, written.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(terminal, _STDERR)
            os.close(terminal)
