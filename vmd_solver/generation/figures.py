"""A board as shapes to draw: rectangles, lines and labels, y downwards, in cells of CELL units.

Knows no file form; `page` and `pdf` write what is drawn here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vmd_solver.csp.puzzle import Board, Puzzle, extra_units

CELL = 36
"""Side of a cell."""

_THIN, _THICK = 1, 3
_SHADE = "#dddddd"

Line = tuple[int, int, int, int]
"""Column and row of both ends, counted in cells."""


@dataclass(frozen=True)
class Box:
    """A filled rectangle; the colour as #rrggbb."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class Strokes:
    """Black lines of one width between corners of cells."""

    lines: tuple[Line, ...]
    width: int


@dataclass(frozen=True)
class Label:
    """A text whose base line has its middle at (x, y), or its left end."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    middle: bool = True
    colour: str = "#000000"


Shape = Box | Strokes | Label


def figure(puzzle: Puzzle, values: Sequence[int] | None = None) -> Iterator[Shape]:
    """The puzzle; with `values` (n,) its solution, the givens in bold.

    >>> from vmd_solver.csp.families import latin
    >>> [shape.text for shape in figure(Puzzle(latin(2), (1, 0, 0, 2))) if type(shape) is Label]
    ['1', '2']
    """
    yield from ground(puzzle.board)
    size = symbol_size(puzzle)
    for cell, given in enumerate(puzzle.givens):
        value = given or (values[cell] if values is not None else 0)
        if value:
            bold = given > 0 and values is not None
            yield symbol(puzzle, cell, puzzle.alphabet[value - 1], size, bold=bold)


def ground(board: Board) -> Iterator[Shape]:
    """Shades, thin lines, thick lines: what comes later lies above."""
    for cell in sorted(shaded(board)):
        row, col = divmod(cell, board.cols)
        yield Box(CELL * col, CELL * row, CELL, CELL, _SHADE)
    yield Strokes(tuple(_grid_lines(board)), _THIN)
    yield Strokes(tuple(_borders(board)), _THICK)


def symbol_size(puzzle: Puzzle) -> int:
    """The size of symbols: those of several characters shrink, so that they stay in their cells."""
    return round(CELL * 0.62 / max(1, 0.6 * max(map(len, puzzle.alphabet))))


def symbol(
    puzzle: Puzzle, cell: int, text: str, size: float, bold: bool = False, colour: str = "#000000"
) -> Label:
    """A text in the middle of a cell: capitals and digits rise by 0.72 of their size."""
    row, col = divmod(cell, puzzle.board.cols)
    base = round(CELL / 2 + 0.36 * size)
    return Label(CELL * col + CELL // 2, CELL * row + base, text, size, bold, colour=colour)


def shaded(board: Board) -> set[int]:
    """Cells of the units that no line can show: diagonals and windows."""
    return {cell for unit in extra_units(board) for cell in unit}


def _grid_lines(board: Board) -> Iterator[Line]:
    for row in range(1, board.rows):
        yield 0, row, board.cols, row
    for col in range(1, board.cols):
        yield col, 0, col, board.rows


def _borders(board: Board) -> Iterator[Line]:
    """The frame, and every side of a cell where one region ends and another begins."""
    rows, cols, regions = board.rows, board.cols, board.regions or (0,) * board.n
    yield from ((0, 0, cols, 0), (0, rows, cols, rows), (0, 0, 0, rows), (cols, 0, cols, rows))
    for cell, region in enumerate(regions):
        row, col = divmod(cell, cols)
        if col + 1 < cols and regions[cell + 1] != region:
            yield col + 1, row, col + 1, row + 1
        if row + 1 < rows and regions[cell + cols] != region:
            yield col, row + 1, col + 1, row + 1
