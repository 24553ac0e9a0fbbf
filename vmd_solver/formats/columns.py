"""The common lines of a piece all at once: as columns of bytes, with no object for a puzzle.

What is common is what the readers of `line` and `csv` take by table: one puzzle in the usual
alphabet, every field in its place. All other lines are left to the readers. Knows no solver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.csp.verify import verify_many
from vmd_solver.formats.boards import BARE
from vmd_solver.formats.cells import BAD, Layout, layout_of
from vmd_solver.formats.csv import Header, header_of
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


def columns(piece: Piece) -> Columns | None:
    """The common lines of a piece that have the commonest length; None if there are none."""
    header = header_of(piece.header or "") if piece.format == "csv" else None
    if header is None and piece.format not in ("line", "sdm"):
        return None
    # No byte of a character beyond ASCII is in any table; one byte a line more for its end.
    text = piece.text.encode("utf-8", "surrogatepass")
    data = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    lines = np.stack([np.concatenate([[0], ends[:-1] + 1]), ends], axis=1)
    places, fields, family = np.arange(len(lines)), {"puzzle": lines}, piece.context.family
    if header is not None:
        places, fields = _table(header, data, lines)
    if "family" in fields and len(places):
        family, alike = _family(fields["family"], data, family)
        places, fields = places[alike], {role: at[alike] for role, at in fields.items()}
    return _puzzles(text, family, places, fields) if len(places) else None


def _puzzles(text: bytes, family: str, places: Places, fields: dict[str, Places]) -> Columns | None:
    """The puzzles of the lines `places` (B,), from where their `fields` (B, 2) begin and end."""
    lengths = _lengths(fields["puzzle"])
    n = int(np.bincount(lengths).argmax())
    layout = layout_of(family, n) if n >= _SMALLEST and family in BARE else None
    if layout is None:
        return None
    data = np.frombuffer(text.translate(layout.table), np.uint8)
    good = lengths == n
    if "solution" in fields:
        stated = _lengths(fields["solution"])
        full = good & (stated == n)
        answers = _cells(data, fields["solution"][full], n)
        if answers.min(initial=1) == 0 or answers.max(initial=1) == BAD:
            full[full] = (answers.min(axis=1) > 0) & (answers.max(axis=1) != BAD)
        # One that is no solution is for the reader of its line, whose puzzle gets a note.
        givens = _cells(data, fields["puzzle"][full], n)
        full[full] = verify_many(layout.board, givens, _cells(data, fields["solution"][full], n))
        good &= full | (stated == 0)
    values = _cells(data, fields["puzzle"][good], n)
    common = np.ones(len(values), bool)
    if values.max(initial=0) == BAD:
        common = values.max(axis=1) != BAD
    if b"0" in text and layout.board.D < 10:  # it may be a value: the readers know
        raw = _cells(np.frombuffer(text, np.uint8), fields["puzzle"][good], n)
        zeros = (raw == ord("0")).sum(axis=1)
        common &= (zeros == 0) | ((zeros == (values == 0).sum(axis=1)) & (zeros != layout.board.D))
    return Columns(layout, places[good][common], values[common].astype(np.int8))


def _cells(data: Bytes, fields: Places, n: int) -> Bytes:
    """The bytes (B, n) of fields of n bytes."""
    cells: Bytes = np.lib.stride_tricks.sliding_window_view(data, n)[fields[:, 0]]
    return cells


def _lengths(fields: Places) -> Places:
    return fields[:, 1] - fields[:, 0]


def _table(header: Header, data: Bytes, lines: Places) -> tuple[Places, dict[str, Places]]:
    """The lines without quotes and with as many columns as the header; the fields of each role."""
    apart, lasts = np.flatnonzero(data == ord(header.separator)), lines[:, 1]
    owners = np.searchsorted(lasts, apart)
    common = np.bincount(owners, minlength=len(lines)) == len(header.titles) - 1
    common[np.searchsorted(lasts, np.flatnonzero(data == ord('"')))] = False
    common &= _lengths(lines) <= MAX_LINE
    places = np.flatnonzero(common)
    cuts = apart[common[owners]].reshape(len(places), len(header.titles) - 1)
    begins = np.concatenate([lines[places, :1], cuts + 1], axis=1)
    ends = np.concatenate([cuts, lines[places, 1:]], axis=1)
    fields = {role: np.stack([begins[:, at], ends[:, at]], 1) for role, at in header.places.items()}
    return places, fields


def _family(stated: Places, data: Bytes, usual: str) -> tuple[str, npt.NDArray[np.bool_]]:
    """The family of the first line, and which lines state the same; an empty field states none."""
    first = data[slice(*stated[0])]
    alike = _lengths(stated) == len(first)
    if len(first):
        alike[alike] = (_cells(data, stated[alike], len(first)) == first).all(axis=1)
    return first.tobytes().decode("utf-8", "replace") or usual, alike
