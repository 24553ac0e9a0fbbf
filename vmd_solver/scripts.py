"""The installed scripts: each loads its command, and an interrupt before or after that is silent.

Imports nothing else until then, so that as little as can be goes before.
"""

from __future__ import annotations

import os
import signal
from functools import partial
from importlib import import_module
from types import FrameType

INTERRUPTED = 130

COMMANDS = {
    "vmd-make": "vmd_solver.cli.make",
    "vmd-play": "vmd_solver.tui.command",
    "vmd-solve": "vmd_solver.cli.solve",
    "vmd-text": "vmd_solver.cli.text",
    "vmd-train": "vmd_training.cli",
}
"""Where each is: a module with its `command` and its `main`."""


def leave(number: int, frame: FrameType | None) -> None:
    """End the process: while a command is loaded there is nothing to lose."""
    os._exit(INTERRUPTED)


def run(module: str) -> None:
    """Run the `main` of a command. An interrupt while modules load could get lost in them, or end
    in a traceback; what comes once the command is done changes nothing any more."""
    usual = signal.getsignal(signal.SIGINT)
    interruptible = usual is signal.default_int_handler
    try:
        if interruptible:
            signal.signal(signal.SIGINT, leave)
        main = import_module(module).main
        if interruptible:
            signal.signal(signal.SIGINT, usual)
        main()
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)
    finally:
        # Not a handler, which the interpreter would take away before it ends.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


make, play, solve, text, train = (partial(run, module) for module in COMMANDS.values())
