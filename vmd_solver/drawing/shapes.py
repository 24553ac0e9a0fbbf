"""A board for paper as shapes: rectangles, lines and labels, y downwards, CELL units a cell.

Knows no file format; `svg` and `pdf` write what is drawn here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.drawing.geometry import border_above, border_left, extra_signs

CELL = 36
"""Side of a cell."""

BLACK = "#000000"
_SHADE = "#dddddd"

Line = tuple[int, int, int, int]
"""x and y of both ends."""


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
    """Black lines of one width."""

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
    colour: str = BLACK


Shape = Box | Strokes | Label


def figure(puzzle: Puzzle, values: Sequence[int] | None = None) -> Iterator[Shape]:
    """The puzzle; with `values` (n,) its solution, the givens in bold.

    >>> from vmd_solver.csp.families import latin
    >>> [shape.text for shape in figure(Puzzle(latin(2), (1, 0, 0, 2))) if type(shape) is Label]
    ['1', '2']
    """
    yield from ground(puzzle.board)
    size = symbol_size(max(map(len, puzzle.alphabet)))
    for cell, given in enumerate(puzzle.givens):
        value = given or (values[cell] if values is not None else 0)
        if value:
            bold = given > 0 and values is not None
            yield symbol(puzzle.board, cell, puzzle.alphabet[value - 1], size, bold)


def ground(board: Board, colours: Mapping[int, str] | None = None) -> Iterator[Shape]:
    """Shaded cells, then cells in other `colours`, thin lines, and thick ones on top."""
    shaded = dict.fromkeys(sorted(extra_signs(board)), _SHADE)
    for cell, colour in (*shaded.items(), *(colours or {}).items()):
        x, y = corner(board, cell)
        yield Box(x, y, CELL, CELL, colour)
    yield _strokes(_grid_lines(board), 1)
    yield _strokes(_borders(board), 3)


def _strokes(lines: Iterable[Line], width: int) -> Strokes:
    """Lines whose ends are counted in cells."""
    return Strokes(tuple((CELL * a, CELL * b, CELL * c, CELL * d) for a, b, c, d in lines), width)


def corner(board: Board, cell: int) -> tuple[int, int]:
    """x and y of the upper left corner of a cell."""
    row, col = divmod(cell, board.cols)
    return CELL * col, CELL * row


def symbol_size(width: int) -> int:
    """The size of symbols of this many characters: they shrink to stay in their cells."""
    return round(CELL * 0.62 / max(1, 0.6 * width))


def symbol(
    board: Board, cell: int, text: str, size: float, bold: bool = False, colour: str = BLACK
) -> Label:
    """A text in the middle of a cell: capitals and digits rise by 0.72 of their size."""
    x, y = corner(board, cell)
    return Label(x + CELL // 2, y + round(CELL / 2 + 0.36 * size), text, size, bold, colour=colour)


def _grid_lines(board: Board) -> Iterator[Line]:
    """A line between all rows and columns of cells."""
    for row in range(1, board.rows):
        yield 0, row, board.cols, row
    for col in range(1, board.cols):
        yield col, 0, col, board.rows


def _borders(board: Board) -> Iterator[Line]:
    """The frame, and every side of a cell where one region ends and another begins."""
    rows, cols = board.rows, board.cols
    yield from ((0, 0, cols, 0), (0, rows, cols, rows), (0, 0, 0, rows), (cols, 0, cols, rows))
    for cell in range(board.n):
        row, col = divmod(cell, cols)
        if col + 1 < cols and border_left(board, row, col + 1):
            yield col + 1, row, col + 1, row + 1
        if row + 1 < rows and border_above(board, row + 1, col):
            yield col, row + 1, col + 1, row + 1
