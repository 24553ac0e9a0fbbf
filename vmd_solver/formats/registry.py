"""All formats in a table, and which of them a text is in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vmd_solver.errors import PuzzleError
from vmd_solver.formats import (
    classic,
    csv,
    dimacs,
    grid,
    iss,
    json,
    jsonl,
    line,
    links,
    minizinc,
    sgt,
    vmd,
    xml,
)
from vmd_solver.formats.entry import Format, Lines, Match, is_blank
from vmd_solver.formats.rows import is_stray
from vmd_solver.formats.symbols import shown

FORMATS: tuple[Format, ...] = (
    links.SUDOKUPAD,
    links.LINK,
    links.FPUZZLES,
    xml.OPENSUDOKU,
    xml.KSUDOKU,
    sgt.FORMAT,
    dimacs.FORMAT,
    minizinc.FORMAT,
    jsonl.FORMAT,
    json.FORMAT,
    vmd.FORMAT,
    iss.FORMAT,
    classic.SDK,
    classic.PLS,
    classic.HODOKU,
    classic.RNCN,
    csv.FORMAT,
    classic.EXCHANGE,
    classic.SS,
    line.FORMAT,
    grid.FORMAT,
    classic.SDM,
)
"""Every format, in the order in which they are tried on a text."""

NAMES = tuple(format.name for format in FORMATS)

PREFIX_LINES = 64


def format_named(name: str) -> Format:
    """The format of that name. Raises PuzzleError for an unknown name."""
    for format in FORMATS:
        if format.name == name:
            return format
    raise PuzzleError(f"unknown format {shown(name)}: expected one of {', '.join(NAMES)}")


class Prefix:
    """The first lines that are not blank, pulled only as a recogniser asks for them."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._seen: list[tuple[int, str]] = []

    def __iter__(self) -> Iterator[str]:
        for place in range(PREFIX_LINES):
            if place == len(self._seen):
                begun = bool(self._seen)
                found = next((one for one in self._lines if begun or not is_blank(one[1])), None)
                if found is None:
                    return
                self._seen.append(found)
            if self._seen[place][1].strip():
                yield self._seen[place][1]

    @property
    def first(self) -> tuple[int, str] | None:
        """The first of them with its number; None where there is none."""
        return self._seen[0] if next(iter(self), None) is not None else None


def recognised(prefix: Prefix) -> tuple[Format, Match] | None:
    """The format that fits these lines best, and how; None where none does.

    A single line decides if it is certain, so that one that a pipe brings does not wait for the
    next: the first, or one below lines that are no cells. Else all are looked at together.
    """
    for text in prefix:
        if (found := _best([text])) and found[1].score == 1:
            return found
        if not is_stray(text):
            break
    return _best(prefix)


def _best(lines: Iterable[str]) -> tuple[Format, Match] | None:
    best: tuple[Format, Match] | None = None
    for format in FORMATS:
        match = format.recognise(lines)
        if match and (best is None or match.score > best[1].score):
            best = format, match
    return best
