"""Ctrl-C, heeded even where a library swallows it.

Python turns an interrupt into an exception wherever it happens to be; raised while a library loads
or compiles, that exception can get lost, and the search would go on for ever. So it comes again.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

AGAIN_S = 1.0


def listen() -> None:
    """From here on an interrupt repeats every AGAIN_S until `heed`; not where it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler and hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGALRM, interrupt)
        sys.unraisablehook = tell_unless_interrupt


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, now and later."""
    signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
    raise KeyboardInterrupt


def heed() -> None:
    """The interrupt was understood."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


def tell_unless_interrupt(lost: Any) -> None:
    """A `sys.unraisablehook` that is silent about an interrupt: a lost one comes again."""
    if not isinstance(lost.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(lost)


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes started in the block hear no interrupt; this one hears it when the block is done.

    A terminal interrupts all processes at once, and only one should have a say in what follows.
    """
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing.resource_tracker import ensure_running

        ensure_running()  # begun in the block, it would let interrupts through again
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
