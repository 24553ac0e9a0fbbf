"""Where the cells of a text stand: lines of a width, broken between words. No widget, no colour."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len

from vmd_solver.play.draft import Cell

MASK_SIGN = "·"
Way = Literal["left", "right", "up", "down", "word-left", "word-right", "home", "end"]


def glyph(cell: Cell) -> str:
    """What is seen of a cell; a line end is a blank, which only the cursor shows."""
    if not cell.text:
        return MASK_SIGN
    if len(cell.text) == 1:
        return cell.text if cell.text.isprintable() else " "
    return "".join(a if a.isprintable() else "⏎" if a == "\n" else " " for a in cell.text)


def starts(cells: Sequence[Cell], width: int) -> list[int]:
    """The number of the first cell of each line; a last line may be empty."""
    found, used, after_space = [0], 0, 0
    for at, cell in enumerate(cells):
        wide = cell_len(glyph(cell))
        if used + wide > width and used:
            start = after_space if after_space > found[-1] else at
            found.append(start)
            used = sum(cell_len(glyph(one)) for one in cells[start:at])
        used += wide
        if cell.text.isspace():
            after_space = at + 1
        if cell.text == "\n":
            found.append(at + 1)
            used = 0
    return found


def line_of(begins: Sequence[int], place: int) -> int:
    """The line that a place, before a cell or at the end, stands in."""
    return bisect_right(begins, place) - 1


def column_of(cells: Sequence[Cell], begins: Sequence[int], place: int) -> int:
    """How far from the left a place is."""
    return sum(cell_len(glyph(cell)) for cell in cells[begins[line_of(begins, place)] : place])


def place_at(cells: Sequence[Cell], begins: Sequence[int], column: int, line: int) -> int:
    """The place closest to a column of a line, or to the first or last line there is."""
    if line < 0:
        return 0
    if line >= len(begins):
        return len(cells)
    at, last = begins[line], _last(cells, begins, line)
    while at < last and column >= (wide := cell_len(glyph(cells[at]))):
        column -= wide
        at += 1
    return at


def _last(cells: Sequence[Cell], begins: Sequence[int], line: int) -> int:
    """The last place of a line."""
    return begins[line + 1] - 1 if line + 1 < len(begins) else len(cells)


def target(cells: Sequence[Cell], begins: Sequence[int], place: int, way: Way) -> int:
    """Where one comes to from a place."""
    line = line_of(begins, place)
    if way in ("left", "right"):
        return place + (1 if way == "right" else -1)
    if way in ("up", "down"):
        column = column_of(cells, begins, place)
        return place_at(cells, begins, column, line + (1 if way == "down" else -1))
    if way in ("home", "end"):
        return begins[line] if way == "home" else _last(cells, begins, line)
    return _word(cells, place, 1 if way == "word-right" else -1)


def _word(cells: Sequence[Cell], place: int, step: int) -> int:
    """The end of the next word, or the begin of the one before."""
    look = min(step, 0)
    for wordy in (False, True):
        while 0 <= place + look < len(cells) and cells[place + look].wordy is wordy:
            place += step
    return place
