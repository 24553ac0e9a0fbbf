"""Waiting for a state: the other side reaches it and holds it, however slow the machine.

`HANG_S` ends only what hangs; no test depends on how fast anything is.
"""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

HANG_S = 15.0
"""A wait that takes longer than this has hung."""


def until(
    reached: Callable[[], object],
    process: subprocess.Popen[bytes] | subprocess.Popen[str] | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Look until the state is reached; fails where the process that should reach it has ended.

    `meanwhile` is called before each look: it gives the other side something to do.
    """
    end = time.monotonic() + HANG_S
    while True:
        meanwhile()
        if reached():
            return
        if process is not None and process.poll() is not None:
            output = process.stdout.read() if process.stdout else ""
            raise AssertionError(f"ended with {process.returncode} before: {output!r}")
        assert time.monotonic() < end, "hangs"
        time.sleep(0.01)


def shown_on(terminal: int, words: bytes | None) -> bytes:
    """What is shown on a terminal, up to these words; None: until no process has it open.

    What came together with the words is there too. Raises OSError where the words do not come.
    """
    shown = b""
    while words is None or words not in shown:
        assert select.select([terminal], [], [], HANG_S)[0], f"hangs after {shown!r}"
        try:
            shown += os.read(terminal, 1 << 16)
        except OSError:
            if words is None:
                return shown
            raise
    return shown


class Feed:
    """Lines for a process that reads a pipe: as many as wanted, and no end until `close`."""

    def __init__(self, lines: str, pipe: int) -> None:
        self._lines, self._pipe = lines.encode(), pipe
        assert len(self._lines) <= select.PIPE_BUF, "a pipe takes this whole or not at all"
        os.set_blocking(pipe, False)
        self.times = 0
        """How often the lines were written."""

    def __call__(self) -> None:
        """Write the lines once more, if the pipe has room."""
        with suppress(BlockingIOError):
            os.write(self._pipe, self._lines)
            self.times += 1
