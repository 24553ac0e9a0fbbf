"""The common lines of a piece all at once: as columns of bytes, with no object for a puzzle.

What is common is what the readers of `line` and `csv` take by table: one puzzle in the usual
alphabet, every field in its place. All other lines are left to the readers. Knows no solver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.formats.boards import BARE
from vmd_solver.formats.cells import BAD, Layout, layout_of
from vmd_solver.formats.csv import header_of
from vmd_solver.formats.entry import MAX_LINE, Entry
from vmd_solver.formats.source import Piece

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]

_SMALLEST = 16
"""Cells from which on a line is taken for common."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Puzzles of one board: `givens` (B, n) int8, from the lines of a piece at `places` (B,)."""

    layout: Layout
    places: Places
    givens: npt.NDArray[np.int8]

    def entry(self, piece: Piece, row: int) -> Entry:
        """One of them as an entry of its piece, without a name, solution or rating."""
        place = int(self.places[row])
        givens = tuple(self.givens[row].tolist())
        puzzle = Puzzle(self.layout.board, givens, self.layout.alphabet)
        return Entry(puzzle, piece.lines[place], piece.context.source, piece.numbers[place])


@dataclass(frozen=True, eq=False)
class _Fields:
    """Where in the text the puzzle of each line is, and its solution, if lines have one.

    `places` (B,) of the lines; `puzzle` and `solution` (B, 2), where they begin and end.
    """

    family: str
    places: Places
    puzzle: Places
    solution: Places | None = None


def columns(piece: Piece) -> Columns | None:
    """The common lines of a piece that have the commonest length; None if there are none."""
    if piece.format not in _FIELDS:
        return None
    # No byte of a character beyond ASCII is in any table; one byte a line more for its end.
    text = ("\n".join(piece.lines) + "\n").encode("utf-8", "surrogatepass")
    data = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    lines = np.stack([np.concatenate([[0], ends[:-1] + 1]), ends], axis=1)
    fields = _FIELDS[piece.format](piece, data, lines)
    return None if fields is None or not len(fields.places) else _puzzles(fields, text)


def _puzzles(fields: _Fields, text: bytes) -> Columns | None:
    lengths = _lengths(fields.puzzle)
    n = int(np.bincount(lengths).argmax())
    known = n >= _SMALLEST and fields.family in BARE
    layout = layout_of(fields.family, n) if known else None
    if layout is None:
        return None
    data = np.frombuffer(text.translate(layout.table), np.uint8)
    good = lengths == n
    if fields.solution is not None:
        stated = _lengths(fields.solution)
        full = good & (stated == n)
        answers = _cells(data, fields.solution[full], n)
        full[full] = (answers.min(axis=1) > 0) & (answers.max(axis=1) != BAD)
        good &= full | (stated == 0)
    values = _cells(data, fields.puzzle[good], n)
    common = values.max(axis=1) != BAD
    return Columns(layout, fields.places[good][common], values[common].astype(np.int8))


def _cells(data: Bytes, fields: Places, n: int) -> Bytes:
    """The bytes (B, n) of fields of n bytes."""
    cells: Bytes = np.lib.stride_tricks.sliding_window_view(data, n)[fields[:, 0]]
    return cells


def _lengths(fields: Places) -> Places:
    return fields[:, 1] - fields[:, 0]


def _whole(piece: Piece, data: Bytes, lines: Places) -> _Fields:
    """Lines that are a puzzle and nothing else."""
    return _Fields(piece.context.family, np.arange(len(lines)), lines)


def _table(piece: Piece, data: Bytes, lines: Places) -> _Fields | None:
    """Lines of a table that have no quotes and as many columns as the header."""
    header = header_of(piece.header or "")
    if header is None:
        return None
    apart, lasts = np.flatnonzero(data == ord(header.separator)), lines[:, 1]
    owners = np.searchsorted(lasts, apart)
    common = np.bincount(owners, minlength=len(lines)) == len(header.titles) - 1
    common[np.searchsorted(lasts, np.flatnonzero(data == ord('"')))] = False
    common &= _lengths(lines) <= MAX_LINE
    places = np.flatnonzero(common)
    cuts = apart[common[owners]].reshape(len(places), len(header.titles) - 1)
    begins = np.concatenate([lines[places, :1], cuts + 1], axis=1)
    ends = np.concatenate([cuts, lines[places, 1:]], axis=1)
    spans = {role: np.stack([begins[:, at], ends[:, at]], 1) for role, at in header.places.items()}
    family, alike = _family(spans.get("family"), data, piece.context.family)
    found = {role: span[alike] for role, span in spans.items()}
    return _Fields(family, places[alike], found["puzzle"], found.get("solution"))


def _family(
    stated: Places | None, data: Bytes, usual: str
) -> tuple[str, npt.NDArray[np.bool_] | slice]:
    """The family of the first line, and which lines state the same; an empty field states none."""
    if stated is None or not len(stated):
        return usual, slice(None)
    first = data[slice(*stated[0])]
    alike = _lengths(stated) == len(first)
    if len(first):
        alike[alike] = (_cells(data, stated[alike], len(first)) == first).all(axis=1)
    return first.tobytes().decode("utf-8", "replace") or usual, alike


_FIELDS: dict[str, Callable[[Piece, Bytes, Places], _Fields | None]] = {
    "line": _whole,
    "sdm": _whole,
    "csv": _table,
}
