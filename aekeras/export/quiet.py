"""The converter's chatter, kept from the user's terminal."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tensorflow.lite.python.convert import ConverterError

_STDERR = 2


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing that is written to the process's stderr inside appears, unless it fails unexpectedly.

    The converter writes from C++ and has no switch for it. A `ConverterError` says what it has to say itself;
    with any other error, all that was written appears after all.
    """
    sys.stderr.flush()
    terminal = os.dup(_STDERR)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), _STDERR)
        try:
            yield
        except ConverterError:
            raise
        except BaseException:
            written.seek(0)
            os.write(terminal, written.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(terminal, _STDERR)
            os.close(terminal)
