"""The one place where outcomes and errors become exit codes, and errors one line of text.

Knows no option and no format.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from enum import IntEnum

import click

from vmd_solver.console.interrupt import stop_repeating
from vmd_solver.console.narrator import narrate
from vmd_solver.errors import (
    AssetNotFound,
    ClusterUnavailable,
    ModelError,
    PuzzleError,
    ResumeError,
    SaveError,
    SearchError,
    TextError,
)


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
    "solved": ExitCode.SOLVED,
    "unsolved": ExitCode.UNSOLVED,
    "invalid": ExitCode.USAGE,
    "timeout": ExitCode.TIMEOUT,
    "unsatisfiable": ExitCode.UNSATISFIABLE,
}

_PRECEDENCE = ("invalid", "timeout", "unsolved", "unsatisfiable")
"""The first of these that occurred names the code: what needs the user's hand comes first."""

_OF_ERROR: tuple[tuple[type[Exception], ExitCode], ...] = (
    (AssetNotFound, ExitCode.MODEL),
    (ModelError, ExitCode.MODEL),
    (ClusterUnavailable, ExitCode.MODEL),
    (PuzzleError, ExitCode.USAGE),
    (SearchError, ExitCode.USAGE),
    (ResumeError, ExitCode.USAGE),
    (SaveError, ExitCode.USAGE),
    (TextError, ExitCode.USAGE),
    (click.ClickException, ExitCode.USAGE),
    (OSError, ExitCode.USAGE),
)


def code_of(statuses: Iterable[str]) -> ExitCode:
    """The exit code of a batch that ended in these statuses.

    >>> code_of(["solved", "unsatisfiable", "unsolved"]).name
    'UNSOLVED'
    """
    found = set(statuses)
    return next((_OF_STATUS[name] for name in _PRECEDENCE if name in found), ExitCode.SOLVED)


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
        stop_repeating()
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader has had enough, as `head` does: what it did not want stays unsolved.
        return ExitCode.UNSOLVED
    except Exception as error:
        code = next((code for kind, code in _OF_ERROR if isinstance(error, kind)), None)
        if code is None and sys.flags.dev_mode:
            raise
        narrate(f"{program}: {_described(error, code, program, otherwise)}")
        return ExitCode.INTERNAL if code is None else code


def _described(error: Exception, code: ExitCode | None, program: str, otherwise: str) -> str:
    """One line that says what happened and what to do."""
    if isinstance(error, click.ClickException):
        return f"{error.format_message().rstrip('.')} (see {program} --help)"
    if isinstance(error, MemoryError):
        return "out of memory: try fewer latents, or smaller boards"
    if code is None:
        return f"internal error, please report it: {type(error).__name__}: {error}"
    if isinstance(error, OSError):
        reason = (error.strerror or str(error)).lower()
        return reason if error.filename is None else f"{error.filename or repr('')}: {reason}"
    if isinstance(error, (AssetNotFound, ModelError)):
        return f"{error} ({otherwise})"
    return str(error)
