"""From arguments to numbered parts of the input: files, standard input, puzzles typed as they are.

The only place that numbers and cuts them.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from stat import S_ISREG

from vmd_solver.assets import shipped
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats import Entry, Piece, Remark, literal_format, parts_of_path, read
from vmd_solver.formats import parts as parts_of_stream

Part = tuple[int, Piece | Entry | Remark]
"""A part of the input, and the number of its first entry in the whole, from 0."""

MOST_REMARKS = 20
"""Remarks on one argument; those that follow are counted, and told of at its end."""


def parts(names: Sequence[str], format: str | None, family: str) -> Iterator[Part]:
    """The puzzles of every argument in turn.

    Raises PuzzleError, before the first, where there is no such format or family.
    """
    read((), None, format, family)
    return _parts(names, format, family)


def _parts(names: Sequence[str], format: str | None, family: str) -> Iterator[Part]:
    number = 0
    found: Iterable[Piece | Entry | Remark]
    for name in names:
        if name == "-":
            found = _piped(format, family)
        elif not name:
            message = "is empty: expected the name of a file, or a puzzle"
            error = PuzzleSyntaxError(message, source="argument")
            found = (Entry(None, name, "argument", 1, error),)
        elif literal := literal_format(name):
            text = io.BytesIO(name.encode("utf-8", "surrogateescape"))
            found = parts_of_stream(text, "argument", format or literal, family)
        else:
            found = parts_of_path(shipped(name), format, family)
        for part in _told(found):
            yield number, part
            number += entries_in(part)


def _told(found: Iterable[Piece | Entry | Remark]) -> Iterator[Piece | Entry | Remark]:
    """The parts of one argument; of remarks one after another, and of too many, only how many."""
    remarks: list[Remark] = []
    told = 0
    for part in chain(found, (None,)):
        if isinstance(part, Remark) and part.skips:
            remarks.append(part)
            continue
        if remarks and (told < MOST_REMARKS or part is None):
            more = f", and {len(remarks) - 1:,} more lines" if len(remarks) > 1 else ""
            yield replace(remarks[0], message=f"{remarks[0].message}{more}")
            told, remarks = told + 1, []
        if part is not None:
            yield part


def _piped(format: str | None, family: str) -> Iterator[Piece | Entry | Remark]:
    source = "standard input"
    if sys.stdin is None:
        error = PuzzleSyntaxError("is closed: expected puzzles", source=source)
        yield Entry(None, "", source, 1, error)
    else:
        with sys.stdin.buffer as stream:
            yield from parts_of_stream(stream, source, format, family)


def bytes_of(names: Sequence[str]) -> int | None:
    """Bytes of all the arguments together; None where some are no files, and may be endless."""
    try:
        found = [Path(shipped(name)).stat() for name in names]
    except (OSError, ValueError):
        return None
    return sum(s.st_size for s in found) if all(S_ISREG(s.st_mode) for s in found) else None


def entries_in(part: Piece | Entry | Remark) -> int:
    """How many entries a part holds."""
    return len(part) if isinstance(part, Piece) else int(isinstance(part, Entry))


def cut(part: Part, at: int) -> tuple[Part, Part | None]:
    """The first `at` entries of a part, and the others if there are any."""
    number, body = part
    if not isinstance(body, Piece) or len(body) <= at:
        return part, None
    first, rest = body.cut(at)
    return (number, first), (number + at, rest)


def cut_to(parts: Iterable[Part], most: Callable[[], int]) -> Iterator[Part]:
    """The parts in order, each of at most as many entries as `most` says when its turn comes."""
    for part in parts:
        rest: Part | None = part
        while rest is not None:
            first, rest = cut(rest, most())
            yield first
