"""From arguments to puzzles: files, standard input, and puzzles typed as they are.

Knows nothing of what is done with them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

from vmd_solver.assets import path
from vmd_solver.errors import AssetNotFound, PuzzleError, PuzzleSyntaxError
from vmd_solver.formats import Entry, decode_source, read, read_path

STANDARD_INPUT = "-"
SHIPPED = "puzzles/"
_SHORTEST = 16
"""Cells of the smallest board that is taken from an argument: shorter ones look like names."""
_PLAIN = frozenset("0123456789.-_*?, ")


def entries(names: Sequence[str], form: str | None, family: str) -> Iterator[Entry]:
    """The entries of every argument in turn.

    Raises PuzzleError, before the first, where there is no such form or family.
    """
    read((), None, form, family)
    return _entries(names, form, family)


def _entries(names: Sequence[str], form: str | None, family: str) -> Iterator[Entry]:
    for name in names:
        if name == STANDARD_INPUT:
            yield from _piped(form, family)
        elif is_literal(name):
            yield from read([name], "argument", form or "line", family)
        else:
            yield from read_path(shipped(name), form, family)


def shipped(name: str) -> str:
    """The place of `puzzles/...` that ships with the package, where there is no such file here."""
    if not name.startswith(SHIPPED) or os.path.lexists(name):
        return name
    with suppress(AssetNotFound):
        return str(path(name))
    return name


def _piped(form: str | None, family: str) -> Iterator[Entry]:
    try:
        if sys.stdin is None:
            raise PuzzleSyntaxError("is closed: expected puzzles", source="standard input")
        with decode_source(sys.stdin.buffer, "standard input") as stream:
            yield from read(stream, "standard input", form, family)
    except PuzzleSyntaxError as error:
        if error.source is None:
            raise
        yield Entry(None, "", error.source, error.line or 1, error)


def is_literal(argument: str) -> bool:
    """Whether an argument is a puzzle itself: no file of that name, and cells to look at.

    A line of digits and dots that is a cell short is one too, so that the message can say so.

    >>> is_literal("1..4............"), is_literal("1..4..........."), is_literal("missing.txt")
    (True, False, False)
    """
    if len(argument) < _SHORTEST or os.path.lexists(argument):
        return False
    return set(argument) <= _PLAIN or _is_puzzle(argument)


def _is_puzzle(argument: str) -> bool:
    try:
        return all(entry.error is None for entry in read([argument], format="line"))
    except PuzzleError:
        return False
