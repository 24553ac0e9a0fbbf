"""Ctrl-C that works even where a library swallows it.

Python turns an interrupt into an exception wherever it happens to be; raised while a library loads
or compiles, that exception can get lost, and the search would run for ever. So it comes again.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

AGAIN_S = 1.0


def install() -> None:
    """From here on an interrupt repeats every AGAIN_S until `stop_repeating`; not if ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler and hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGALRM, interrupt)
        sys.unraisablehook = report_unless_interrupt


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, now and later."""
    signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
    raise KeyboardInterrupt


def stop_repeating() -> None:
    """To be called once an interrupt has been dealt with."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


def report_unless_interrupt(lost: Any) -> None:
    """A `sys.unraisablehook` that is silent about an interrupt: a lost one comes again."""
    if not isinstance(lost.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
