"""Every error the package raises for a user's mistake or a broken installation.

A message says what was expected, what came, and what to do next. Only `vmd_solver.console` turns
errors into exit codes. "No solution" is a result, never an exception.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


class VmdError(Exception):
    """Base of every error that is shown to a user as one line."""


class PuzzleError(VmdError):
    """A puzzle that cannot be used."""


class PuzzleSyntaxError(PuzzleError):
    """Text that cannot be read as a puzzle.

    `source` is the file's name (or None), `line` and `column` count from 1 (None where unknown).
    """

    def __init__(
        self,
        message: str,
        *,
        line: int | None = None,
        column: int | None = None,
        source: str | None = None,
    ) -> None:
        self.message, self.line, self.column, self.source = message, line, column, source
        where = ":".join(str(part) for part in (source, line, column) if part is not None)
        super().__init__(f"{where}: {message}" if where else message)


class InvalidPuzzle(PuzzleError):
    """A puzzle whose givens or units break the rules; `violations` lists every one."""

    def __init__(self, message: str, violations: Sequence[Any] = ()) -> None:
        self.violations = tuple(violations)
        super().__init__(message)


class TooLarge(InvalidPuzzle):
    """A puzzle that would take more memory than one may."""


class AssetNotFound(VmdError):
    """A file that should ship with the package is not there; `tried` lists the places searched."""

    def __init__(self, message: str, tried: Sequence[str] = ()) -> None:
        self.tried = tuple(tried)
        super().__init__(message)


class ModelError(VmdError):
    """A model that cannot be used."""


class ManifestMismatch(ModelError):
    """A model made for another version of the contract, or for another job."""


class DigestMismatch(ModelError):
    """A model whose files differ from its SHA256SUMS."""


class RuntimeUnavailable(ModelError):
    """ONNX Runtime, or the device that was asked for, is not there."""


class WorkersUnavailable(VmdError):
    """Worker processes die, or do not come up; Ray, or the cluster that was to be joined, is not
    there."""


class SearchError(VmdError):
    """Solver settings that contradict one another or are out of range."""


class ResumeError(VmdError):
    """The output of a stopped run that does not belong to what is asked now."""


class OutputInUse(VmdError):
    """A file that another run writes at this moment."""


class SaveError(VmdError):
    """A file that the program itself keeps, such as a saved game, and that cannot be read."""


class TextError(VmdError):
    """Text, or a corpus, that a model of text cannot take."""


def printable(text: str, kept: str = "") -> str:
    """The text with line ends and control characters, such as names may hold, as escapes; those in
    `kept` stay.

    >>> printable("new\\nline")
    'new\\\\nline'
    """
    return "".join(
        symbol
        if symbol.isprintable() or symbol in kept
        else symbol.encode("unicode_escape").decode()
        for symbol in text
    )


def json_line(value: object) -> str:
    """Plain values as one line of JSON, readable but for what is not printable: that as escapes.

    >>> print(json_line({"Ä": "\x1b\x9b"}))
    {"Ä": "\\u001b\\u009b"}
    """
    text = json.dumps(value, ensure_ascii=False)
    return "".join(symbol if symbol.isprintable() else json.dumps(symbol)[1:-1] for symbol in text)
