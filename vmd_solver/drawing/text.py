"""One cell as lines of text: value, signs and pencil marks; and a whole board for a terminal.

Signs say without colour what colour repeats. Knows no widget and no colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.drawing.geometry import (
    ASCII,
    ASCII_RULED,
    HEAVY,
    LIGHT,
    CellSize,
    Run,
    TextLayout,
    extra_signs,
)
from vmd_solver.drawing.signs import as_ascii, lined

GIVEN_SIGN, CONFLICT_SIGN, WRONG_SIGN, DEAD_SIGN, OPEN_SIGN = "'", "!", "x", "∅", "·"
"""After a given; before a value that breaks a rule, or is wrong; in a cell that no value fits, or
that is open."""

SHADE, ASCII_SHADE = "░", ":"
"""The sign of a cell in a window."""


@lru_cache(maxsize=1 << 14)
def value_lines(
    width: int,
    height: int,
    symbol: str,
    after: str = " ",
    warning: str = "",
    extra: str = "",
    below: str = "",
) -> tuple[str, ...]:
    """A symbol in the middle of a cell, with a sign `after` it and a `warning` before it.

    `extra` is a sign for the upper left corner, `below` a text for the next line, where there is
    room for them. In the narrowest cells a warning takes the place of the sign after the symbol.

    >>> value_lines(6, 3, "7", "'", "!", "X", "95")
    ('X     ', " !7'  ", '  95  ')
    """
    if _is_large(width, height, symbol):
        large = _large_lines(width, height, symbol, after, warning)
        large[-1] = below.center(width)[:width]
        return _cornered(large, extra)
    left, middle = (width - len(symbol)) // 2, (height - 1) // 2
    line = warning.rjust(left) + symbol + after if left else symbol + (warning or after)
    lines = [" " * width] * height
    lines[middle] = line.ljust(width)
    if height >= 2 and len(below) < width:
        lines[middle + 1] = below.center(width)
    return _cornered(lines, extra)


_DIGITS = {
    "0": "█▀█ █ █ ▀▀▀",
    "1": "▀█   █  ▀▀▀",
    "2": "▀▀█ █▀▀ ▀▀▀",
    "3": "▀▀█ ▀▀█ ▀▀▀",
    "4": "█ █ ▀▀█   ▀",
    "5": "█▀▀ ▀▀█ ▀▀▀",
    "6": "█▀▀ █▀█ ▀▀▀",
    "7": "▀▀█   █   ▀",
    "8": "█▀█ █▀█ ▀▀▀",
    "9": "█▀█ ▀▀█ ▀▀▀",
}
"""Large digits in half blocks, three lines of three characters."""

_LARGE = 3
"""Characters across a large digit, and its lines; a cell needs one line more, and signs beside."""


def _is_large(width: int, height: int, symbol: str) -> bool:
    return height > _LARGE and width >= _LARGE + 4 and symbol in _DIGITS


def _large_lines(width: int, height: int, symbol: str, after: str, warning: str) -> list[str]:
    """A large digit in the middle of a cell, with its signs on either side."""
    left, top = (width - _LARGE) // 2, (height - _LARGE) // 2
    lines = [" " * width] * height
    for at in range(_LARGE):
        digit = _DIGITS[symbol][4 * at : 4 * at + _LARGE]
        before, behind = ("", "") if at else (warning, after)
        lines[top + at] = f"{before:>{left - 1}} {digit}{behind}".ljust(width)
    return lines


def _cornered(lines: list[str], sign: str) -> tuple[str, ...]:
    """The lines with a sign in their upper left corner, where that is free."""
    if sign and lines[0].startswith(" "):
        lines[0] = sign + lines[0][1:]
    return tuple(lines)


class Spot(NamedTuple):
    """Where a pencil mark stands in a cell: its line and first column, its text and value."""

    line: int
    column: int
    text: str
    value: int
    corner: bool = False
    """Whether it is a corner mark."""


@lru_cache(maxsize=1 << 14)
def spots(
    width: int, size: CellSize, symbols: tuple[str, ...], marks: int, corners: int = 0
) -> tuple[Spot, ...]:
    """Where pencil marks stand; bit v - 1 of `marks` and of `corners` for the value v.

    Marks stand on a raster where there is room for every value. Beside corner marks, which fill
    the first line, and in smaller cells they are listed. What has no room is an ellipsis, of value
    0.
    """
    rows, wide, left = size.mark_rows, max(map(len, symbols)), int(size.mark_cols > 1)
    if not corners and rows * size.mark_cols >= len(symbols):
        return tuple(
            Spot(row * size.scale, left + col * (wide + size.gap), name.rjust(wide), at + 1)
            for at, name in enumerate(symbols)
            if marks >> at & 1
            for row, col in [divmod(at, size.mark_cols)]
        )
    if not corners:
        return (*_listed(range(0, size.height, size.scale), width, symbols, marks, False),)
    first = size.height if not marks else max(1, size.height // 2)
    above = _listed(range(first), width, symbols, corners, True)
    return (*above, *_listed(range(first, size.height), width, symbols, marks, False))


def _listed(
    lines: range, width: int, symbols: tuple[str, ...], marks: int, corner: bool
) -> Iterator[Spot]:
    """Marks one after another, as many as there is room for in these lines."""
    wide = max(map(len, symbols))
    left, step = int(width > 2), wide + (wide > 1)
    cols = max(1, (width - left + step - wide) // step)
    shown = [at for at in range(len(symbols)) if marks >> at & 1]
    room = len(lines) * cols
    for place, at in enumerate(shown[:room]):
        row, col = divmod(place, cols)
        full = place == room - 1 and len(shown) > room
        text, value = ("…", 0) if full else (symbols[at].rjust(wide), at + 1)
        yield Spot(lines[row], left + col * step, text, value, corner)


def play_lines(
    layout: TextLayout,
    symbols: tuple[str, ...],
    value: int,
    marks: int,
    after: str = " ",
    warning: str = "",
    extra: str = "",
    corners: int = 0,
) -> tuple[str, ...]:
    """A cell of a game: its value, or else its pencil marks. `extra` says what unit it is in."""
    width, height = layout.cell_width, layout.cell_height
    if value:
        narrow = layout.size.mark_cols == 1  # symbols of one and two characters end alike
        symbol = symbols[value - 1].rjust(width - 1 if narrow else 0)
        corner = "" if narrow or height == 2 else extra
        return value_lines(width, height, symbol, after, warning, corner)
    if marks or corners:
        lines = [" " * width] * height
        for line, column, text, *_ in spots(width, layout.size, symbols, marks, corners):
            lines[line] = lines[line][:column] + text + lines[line][column + len(text) :]
        return _cornered(lines, warning or extra)
    after = extra if width == 2 else " "
    return value_lines(width, height, warning or OPEN_SIGN, after, extra=extra)


def picture(
    puzzle: Puzzle, values: Sequence[int], width: int, ascii_only: bool = False
) -> Iterator[list[Run[str]]]:
    """The lines of a board with `values` (n,), 0 where open, to print in this many columns.

    The styles of their runs are `border`, `sign`, `given`, `value`, `open`, and `` for blanks.

    >>> from vmd_solver.csp.families import latin
    >>> lines = picture(Puzzle(latin(2), (1, 0, 0, 0)), (1, 2, 0, 0), 80)
    >>> ["".join(text for text, _ in line) for line in lines]
    ['┌──────┐', "│ 1' 2 │", '│ .  . │', '└──────┘']
    """
    board, symbol_width = puzzle.board, max(map(len, puzzle.alphabet))
    layouts = _layouts(board, symbol_width, ascii_only)
    layout = next(layouts)
    signs = layout.signs.cells | extra_signs(board, ASCII_SHADE if ascii_only else SHADE)
    if layout.width > width and not signs:
        layout = next(layouts)
    room = layout.cell_width - symbol_width - 1
    margin, after = " " * (room - room // 2), " " * (room // 2)

    def cell(at: int, line: int) -> Iterator[Run[str]]:
        value, given = values[at], puzzle.givens[at]
        symbol = (puzzle.alphabet[value - 1] if value else ".").rjust(symbol_width)
        yield signs.get(at, "").ljust(len(margin)), "sign"
        if given:
            yield symbol + GIVEN_SIGN + after, "given"
        else:
            yield symbol, "value" if value else "open"
            yield " " + after, ""

    lines = (list(layout.runs(y, cell, "border", "mark")) for y in range(layout.height))
    return (
        [(as_ascii(text) if ascii_only else text, style) for text, style in line] for line in lines
    )


def _layouts(board: Board, symbol_width: int, ascii_only: bool) -> Iterator[TextLayout]:
    """The usual layout of a picture, and the narrowest; with lines where rules need some."""
    ruled = lined(board)
    lines = (ASCII_RULED if ruled else ASCII) if ascii_only else HEAVY if ruled else LIGHT
    for cols in (0, 1):
        yield TextLayout(board, CellSize(1, cols, ruled=ruled), symbol_width, lines)
