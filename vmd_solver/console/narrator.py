"""Standard error: errors, notes and progress. Data never goes here.

Knows nothing of puzzles. A standard error that is closed or full is no reason to stop.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time

from vmd_solver.errors import printable

_INTERVAL_S = 0.1
_CLEAR = "\r\x1b[K"


def narrate(text: str) -> None:
    """Write `text` as one line."""
    _write(printable(text) + "\n")


def _write(text: str) -> None:
    # Past Python's buffer: what could not be written there would be tried again at exit.
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), text.encode(sys.stderr.encoding, "backslashreplace"))


class Narrator:
    """Says what `quiet` allows; progress only where `live`, and taken away before anything else."""

    def __init__(self, quiet: bool = False, live: bool = False) -> None:
        self._quiet = quiet
        self._live = live and not quiet
        self._shown = False
        self._next = 0.0

    def error(self, text: str) -> None:
        """A line that even --quiet does not take away."""
        self.clear()
        narrate(text)

    def note(self, text: str) -> None:
        """A line that --quiet takes away."""
        if not self._quiet:
            self.error(text)

    def progress(self, text: str) -> None:
        """The line in place of the last one, ten times a second at most."""
        if self._live and time.monotonic() >= self._next:
            _write(_CLEAR + text)
            self._shown = True
            self._next = time.monotonic() + _INTERVAL_S

    def clear(self) -> None:
        """Take the line of progress away."""
        if self._shown:
            _write(_CLEAR)
            self._shown = False
