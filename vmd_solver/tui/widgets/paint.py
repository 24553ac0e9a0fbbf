"""One cell as text: value, signs and marks, line by line. Knows no widget and no colour.

The signs tell without colour what colour repeats: `'` after a given, `!` before a value that breaks
a rule, `x` before a wrong entry, `∅` in an open cell that no value fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from vmd_solver.play.rules import mask_values
from vmd_solver.tui.widgets.geometry import Drawing

GIVEN_SIGN, CONFLICT_SIGN, WRONG_SIGN, DEAD_SIGN = "'", "!", "x", "∅"
OPEN_SIGN = "·"


class Look:
    """What is to be seen of a cell, beside its content: bits of an int (an enum is slower)."""

    PLAIN = 0
    GIVEN = 1
    CONFLICT = 2
    WRONG = 4
    DEAD = 8
    CURSOR = 16
    PEER = 32
    SAME = 64
    POSSIBLE = 128
    EXTRA = 256
    SPOT = 512

    SIGNS = GIVEN | CONFLICT | WRONG | DEAD
    """Those that have a sign of their own."""


class CellText(NamedTuple):
    """The lines of a cell, and whether they show a value or marks."""

    lines: tuple[str, ...]
    is_value: bool


@lru_cache(maxsize=1 << 14)
def cell_text(
    width: int,
    drawing_shape: tuple[int, int, bool],
    symbols: tuple[str, ...],
    value: int,
    marks: int,
    look: int,
    extra: str,
) -> CellText:
    """The text of a cell `width` characters wide; `extra` is the sign of a diagonal or window."""
    rows, cols, spaced = drawing_shape
    if value:
        lines = _value_lines(width, rows, cols, symbols[value - 1], look, extra)
        return CellText(lines, True)
    dead = bool(look & Look.DEAD)
    if not marks:
        dot = DEAD_SIGN if dead else OPEN_SIGN
        return CellText(_open_lines(width, rows, dot, extra), False)
    sign = DEAD_SIGN if dead else extra
    return CellText(_mark_lines(width, rows, cols, spaced, symbols, marks, sign), False)


def _value_lines(
    width: int, rows: int, cols: int, symbol: str, look: int, extra: str
) -> tuple[str, ...]:
    after = GIVEN_SIGN if look & Look.GIVEN else " "
    warning = CONFLICT_SIGN if look & Look.CONFLICT else WRONG_SIGN if look & Look.WRONG else ""
    if cols == 1:  # no column for signs before the value
        return ((symbol + (warning or after)).rjust(width),)
    left = (width - len(symbol)) // 2
    before = (extra if rows == 1 else "").ljust(left)
    before = before[: left - 1] + (warning or before[left - 1 :])
    line = (before + symbol + after).ljust(width)
    middle = (rows - 1) // 2
    first = extra.ljust(width)
    blank = " " * width
    return tuple(line if at == middle else first if at == 0 else blank for at in range(rows))


def _open_lines(width: int, rows: int, dot: str, extra: str) -> tuple[str, ...]:
    left = (width - 1) // 2
    if left == 0:  # no column for signs before the value
        return ((dot + extra).ljust(width),)
    lines = [" " * width] * rows
    lines[(rows - 1) // 2] = dot.rjust(left + 1).ljust(width)
    lines[0] = (extra or " ") + lines[0][1:]
    return tuple(lines)


def _mark_lines(
    width: int,
    rows: int,
    cols: int,
    spaced: bool,
    symbols: tuple[str, ...],
    marks: int,
    sign: str,
) -> tuple[str, ...]:
    size = max(map(len, symbols))
    lead = (sign or " ") if cols > 1 else ""
    if rows * cols < len(symbols):
        listed = _listed(width - len(lead), rows, symbols, marks)
        return tuple((lead if at == 0 else " ") + text for at, text in enumerate(listed))
    gap = " " if spaced else ""
    cells = [(symbol if marks >> at & 1 else " ").rjust(size) for at, symbol in enumerate(symbols)]
    cells += [" " * size] * (rows * cols - len(cells))
    texts = [gap.join(cells[at : at + cols]) for at in range(0, rows * cols, cols)]
    return tuple(((lead if at == 0 else " ") + text).ljust(width) for at, text in enumerate(texts))


def _listed(room: int, rows: int, symbols: tuple[str, ...], marks: int) -> list[str]:
    """The marks one after the other, as many as there is room for, in lines of that room."""
    size = max(map(len, symbols))
    gap = " " * (size > 1)
    per_line = (room + len(gap)) // (size + len(gap))
    names = [symbols[value - 1] for value in mask_values(marks)]
    if len(names) > per_line * rows:
        names[per_line * rows - 1 :] = ["…"]
    lines = [names[at : at + per_line] for at in range(0, per_line * rows, per_line)]
    return [gap.join(line).ljust(room) for line in lines]


def text_of(
    drawing: Drawing,
    symbols: tuple[str, ...],
    cell: int,
    values: Sequence[int],
    marks: Sequence[int],
    look: int,
    extra: str,
) -> CellText:
    """`cell_text` of a cell of a drawing."""
    shape = drawing.shape
    size = (shape.mark_rows, shape.mark_cols, shape.spaced)
    return cell_text(
        drawing.cell_width, size, symbols, values[cell], marks[cell], look & Look.SIGNS, extra
    )
