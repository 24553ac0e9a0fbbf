"""What commands share: exit codes, errors as one line, standard error, Ctrl-C that is never lost.

Must not know of options, formats or puzzles.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from types import FrameType
from typing import Any, Never

import click

from vmd_solver import errors


class ExitCode(IntEnum):
    """What the command ends with. The numbers are an API, described in docs/CLI.md."""

    SOLVED = 0
    UNSOLVED = 1
    USAGE = 2
    MODEL = 3
    TIMEOUT = 4
    UNSATISFIABLE = 20
    INTERNAL = 70
    INTERRUPTED = 130


_OF_STATUS = {
    "invalid": ExitCode.USAGE,
    "timeout": ExitCode.TIMEOUT,
    "unsolved": ExitCode.UNSOLVED,
    "unsatisfiable": ExitCode.UNSATISFIABLE,
}
"""The first of these that occurred names the code: what needs the user's hand comes first."""

_NO_MODEL = (errors.AssetNotFound, errors.ModelError)
_USAGE = (errors.VmdError, click.ClickException, OSError)

AGAIN_S = 1.0
"""Seconds until an interrupt comes again."""

_INTERVAL_S = 0.1
_GARBAGE = 20_000
"""Objects that come before garbage is looked for: what modules make while they load is none."""
_CLEAR = "\r\x1b[K"


def code_of(statuses: Iterable[str]) -> ExitCode:
    """The exit code of a batch that ended in these statuses.

    >>> code_of(["solved", "unsatisfiable", "unsolved"]).name
    'UNSOLVED'
    """
    found = set(statuses)
    return next((code for name, code in _OF_STATUS.items() if name in found), ExitCode.SOLVED)


def launch(command: click.Command, otherwise: str = "--mode exact needs no model") -> Never:
    """Run an installed script. `command` reads options; it returns a code, what gives one, or
    nothing. `otherwise` is as in `guard`."""

    def run() -> int:
        asked = command.main(prog_name=command.name, standalone_mode=False)
        return asked() if callable(asked) else int(asked or 0)

    install()
    if sys.platform == "win32":
        from colorama import just_fix_windows_console

        just_fix_windows_console()  # have the console obey escape sequences
    gc.set_threshold(_GARBAGE)
    code = guard(run, str(command.name), otherwise)
    gc.freeze()  # nothing is looked for in what the system takes back as a whole
    sys.exit(code)


def guard(
    command: Callable[[], int],
    program: str = "vmd-solve",
    otherwise: str = "--mode exact needs no model",
) -> int:
    """The exit code of `command`; an error it raises becomes one line on standard error.

    `otherwise` says what can be done without a model, where that is what is wrong.
    Only `python -X dev` lets a defect through as a traceback.
    """
    try:
        return command()
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader has had enough, as `head` does: what it did not want stays unsolved.
        return ExitCode.UNSOLVED
    except Exception as error:
        code = ExitCode.INTERNAL
        if _is_repeating():  # what a library made of an interrupt
            return ExitCode.INTERRUPTED
        if isinstance(error, (*_NO_MODEL, errors.WorkersUnavailable, MemoryError)):
            code = ExitCode.MODEL
        elif isinstance(error, _USAGE):
            code = ExitCode.USAGE
        elif sys.flags.dev_mode:
            raise
        if isinstance(error, click.ClickException):
            told = getattr(error, "ctx", None)
            where = program if told is None else told.command_path
            text = f"{error.format_message().rstrip('.')} (see {where} --help)"
        elif isinstance(error, MemoryError):
            text = "out of memory: try fewer latents or workers, or smaller boards"
        elif code == ExitCode.INTERNAL:
            text = f"internal error, please report it: {type(error).__name__}: {error}"
        elif isinstance(error, OSError):
            text = (error.strerror or str(error)).lower()
            if error.filename is not None:
                text = f"{error.filename or repr('')}: {text}"
        else:
            text = str(error)
            if otherwise and isinstance(error, _NO_MODEL):
                text += f" ({otherwise})"
        narrate(f"{program}: {text}")
        return code
    finally:
        stop_repeating()


def install() -> None:
    """From here on an interrupt repeats every AGAIN_S until `stop_repeating`; not if ignored.

    Python turns an interrupt into an exception wherever it happens to be; raised while a library
    compiles, that exception can get lost, and the search would run for ever. Until it repeats
    others do nothing: the first is being dealt with. While a module loads it waits.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler and hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGINT, _interrupt)
        signal.signal(signal.SIGALRM, _interrupt)
        sys.unraisablehook = _report_unless_interrupt


def _interrupt(number: int, frame: FrameType | None) -> None:
    if number == signal.SIGINT and _is_repeating():
        return
    put_off = (
        signal.getsignal(signal.SIGINT) is not _interrupt
        # Another thread may have received it.
        or signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        or _is_loading(frame)
    )
    signal.setitimer(signal.ITIMER_REAL, _INTERVAL_S if put_off else AGAIN_S)
    if not put_off:
        raise KeyboardInterrupt


def _is_loading(frame: FrameType | None) -> bool:
    """Whether a module is being loaded: libraries in C++ abort where one of theirs cannot be."""
    while frame is not None and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back
    return frame is not None


def _report_unless_interrupt(lost: Any) -> None:
    if not isinstance(lost.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(lost)


def _is_repeating() -> bool:
    return hasattr(signal, "getitimer") and signal.getitimer(signal.ITIMER_REAL)[0] > 0


def stop_repeating() -> None:
    """To be called once an interrupt has been dealt with."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """No interrupt in the block, which saves what one is about to end."""
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop_repeating()
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def narrate(text: str) -> None:
    """Write `text` as one line on standard error; one that is closed or full does not matter."""
    _write(errors.printable(text) + "\n")


def _write(text: str) -> None:
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            write_at_once(sys.stderr, text.encode(sys.stderr.encoding, "backslashreplace"))


def write_at_once(stream: Any, data: bytes | memoryview) -> int:
    """Write to standard output or error, past Python's buffer: what could not be written there
    would be tried again at exit. The bytes that were written; there may be more.
    """
    if sys.platform == "win32" and stream.isatty():
        # A console takes UTF-8 from Python's raw stream alone, and not too much of it.
        written: int = getattr(stream.buffer, "raw", stream.buffer).write(data[:16_384])
        return written
    return os.write(stream.fileno(), data)


class Narrator:
    """Says what `quiet` allows; progress only where it is `live` and standard error a terminal.

    The line of progress is taken away before anything else.
    """

    def __init__(self, quiet: bool, live: bool = True) -> None:
        watched = sys.stderr is not None and sys.stderr.isatty()
        self._quiet, self._live = quiet, live and watched and not quiet
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
