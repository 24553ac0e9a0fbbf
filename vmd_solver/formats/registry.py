"""All formats in a table, and which of them a text is in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from vmd_solver.errors import PuzzleError
from vmd_solver.formats import classic, csv, dimacs, grid, iss, jsonl, line, links, sgt, vmd
from vmd_solver.formats.entry import Format, Lines
from vmd_solver.formats.symbols import shown

FORMATS: tuple[Format, ...] = (
    links.SUDOKUPAD,
    links.LINK,
    links.FPUZZLES,
    sgt.FORMAT,
    dimacs.FORMAT,
    jsonl.FORMAT,
    vmd.FORMAT,
    iss.FORMAT,
    classic.SDK,
    classic.PLS,
    classic.HODOKU,
    csv.FORMAT,
    classic.EXCHANGE,
    classic.SS,
    line.FORMAT,
    grid.FORMAT,
    classic.SDM,
)
"""Every format, in the order in which they are tried on a text."""

PREFIX_LINES = 64


def format_named(name: str) -> Format:
    """The format of that name. Raises PuzzleError for an unknown name."""
    for format in FORMATS:
        if format.name == name:
            return format
    known = ", ".join(format.name for format in FORMATS)
    raise PuzzleError(f"unknown format {shown(name)}: expected one of {known}")


class Prefix:
    """The first lines that are not blank, pulled from `lines` only as a recogniser asks for them.

    `rest` is everything again, from the first line that is not blank.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._seen: list[tuple[int, str]] = []

    def __iter__(self) -> Iterator[str]:
        for place in range(PREFIX_LINES):
            if place == len(self._seen):
                begun = bool(self._seen)
                found = next((one for one in self._lines if begun or one[1].strip()), None)
                if found is None:
                    return
                self._seen.append(found)
            if self._seen[place][1].strip():
                yield self._seen[place][1]

    def rest(self) -> Lines:
        """Everything again."""
        return chain(self._seen, self._lines)


def recognised(prefix: Prefix) -> Format | None:
    """The first format that knows these lines, or None."""
    return next((format for format in FORMATS if format.recognise(prefix)), None)
