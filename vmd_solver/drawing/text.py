"""One cell as lines of text: value, signs and pencil marks; and a whole board for a terminal.

Signs say without colour what colour repeats. Knows no widget and no colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

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
    left, middle = (width - len(symbol)) // 2, (height - 1) // 2
    line = warning.rjust(left) + symbol + after if left else symbol + (warning or after)
    lines = [" " * width] * height
    lines[middle] = line.ljust(width)
    if height >= 3 and len(below) < width:
        lines[middle + 1] = below.center(width)
    return _cornered(lines, extra)


@lru_cache(maxsize=1 << 14)
def mark_lines(
    width: int, size: CellSize, symbols: tuple[str, ...], marks: int, sign: str
) -> tuple[str, ...]:
    """Pencil marks, bit v - 1 of `marks` for the value v; a sign for the upper left corner."""
    rows, cols, wide = size.mark_rows, size.mark_cols, max(map(len, symbols))
    margin, gap = " " * (cols > 1), " " * size.spaced
    cells = [(name if marks >> at & 1 else "").rjust(wide) for at, name in enumerate(symbols)]
    cells += [" " * wide] * (rows * cols - len(cells))
    if rows * cols < len(symbols):  # then listed, as many as there is room for
        gap = " " * (wide > 1)
        cols = (width - len(margin) + len(gap)) // (wide + len(gap))
        cells = [name for at, name in enumerate(symbols) if marks >> at & 1]
        if len(cells) > rows * cols:
            cells[rows * cols - 1 :] = ["…"]
    texts = (gap.join(cells[at : at + cols]) for at in range(0, rows * cols, cols))
    lines = [(margin + text).ljust(width) for text in texts]
    return _cornered(lines, sign) if margin else tuple(lines)


def _cornered(lines: list[str], sign: str) -> tuple[str, ...]:
    """The lines with a sign in their upper left corner, where that is free."""
    if sign and lines[0].startswith(" "):
        lines[0] = sign + lines[0][1:]
    return tuple(lines)


def play_lines(
    layout: TextLayout,
    symbols: tuple[str, ...],
    value: int,
    marks: int,
    after: str = " ",
    warning: str = "",
    extra: str = "",
) -> tuple[str, ...]:
    """A cell of a game: its value, or else its pencil marks. `extra` says what unit it is in."""
    width, height = layout.cell_width, layout.cell_height
    if value:
        narrow = layout.size.mark_cols == 1  # symbols of one and two characters end alike
        symbol = symbols[value - 1].rjust(width - 1 if narrow else 0)
        corner = "" if narrow or height == 2 else extra
        return value_lines(width, height, symbol, after, warning, corner)
    if marks:
        return mark_lines(width, layout.size, symbols, marks, warning or extra)
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
