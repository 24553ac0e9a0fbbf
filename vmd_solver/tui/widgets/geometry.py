"""Where cells and lines of a board are drawn, and how large. Knows no widget, no style, no game."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isqrt

from vmd_solver.csp.puzzle import Board

CROSSINGS = " ╶╺╴─╼╸╾━╷┌┍┐┬┮┑┭┯╻┎┏┒┰┲┓┱┳╵└┕┘┴┶┙┵┷│├┝┤┼┾┥┽┿╽┟┢┧╁╆┪╅╈╹┖┗┚┸┺┛┹┻╿┞┡┦╀╄┩╃╇┃┠┣┨╂╊┫╉╋"
"""Box drawing by the weights (0 none, 1 light, 2 heavy) of its arms: up, down, left, right as the
digits of a number in base 3."""

UP, DOWN, LEFT, RIGHT = 27, 9, 3, 1


@dataclass(frozen=True)
class Shape:
    """How one cell is drawn: room for its marks, and whether thin lines part it from the next.

    Marks stand in `mark_rows` rows of `mark_cols`, with a space between where `spaced`; where that
    is room for fewer than all values, they are listed.
    """

    mark_rows: int
    mark_cols: int
    spaced: bool = False
    ruled: bool = False


def shapes(board: Board) -> tuple[Shape, ...]:
    """The shapes that make sense on a board, the largest first."""
    D = board.D
    square = isqrt(D - 1) + 1
    rows = -(-D // square)
    half = -(-D // 2)
    found = [
        Shape(rows, square, spaced=True, ruled=True),
        Shape(rows, square, ruled=True),
        Shape(rows, square),
        Shape(2, half),
    ]
    found += [Shape(2, cols) for cols in (6, 5, 4) if 2 * cols < D and D > 9]
    found += [Shape(1, cols) for cols in (9, 7, 5, 4, 3, 2, 1) if cols < D or cols == 1]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Place:
    """A line of the drawing: the row of cells, and which of its lines; -1 for the rule above it."""

    row: int
    line: int


@dataclass(frozen=True, eq=False)
class Drawing:
    """A board drawn in one shape, with symbols of `symbol_width` characters."""

    board: Board
    shape: Shape
    symbol_width: int = 1

    @cached_property
    def cell_width(self) -> int:
        """Characters across a cell: a column for a sign, the marks, and room for the value."""
        shape, symbol = self.shape, self.symbol_width
        marks = shape.mark_cols * symbol + (shape.mark_cols - 1) * shape.spaced
        value = symbol + 1
        sign = shape.mark_cols > 1
        return sign + max(marks, value) + (shape.spaced and shape.ruled)

    @property
    def cell_height(self) -> int:
        """Lines of a cell."""
        return self.shape.mark_rows

    @cached_property
    def bars(self) -> frozenset[int]:
        """The columns with a line, somewhere, on their left; jigsaws stand equally far apart."""
        rows, cols = range(self.board.rows), range(1, self.board.cols)
        even = self.shape.ruled or (self.board.regions is not None and self.board.box is None)
        inner = {col for col in cols if even or any(self._left_of(row, col) for row in rows)}
        return frozenset(inner | {0, self.board.cols})

    @cached_property
    def rules(self) -> frozenset[int]:
        """The rows with a line, somewhere, above them."""
        rows, cols = range(1, self.board.rows), range(self.board.cols)
        inner = {
            row for row in rows if self.shape.ruled or any(self._above(row, col) for col in cols)
        }
        return frozenset(inner | {0, self.board.rows})

    @cached_property
    def lefts(self) -> tuple[int, ...]:
        """The first column of each column of cells."""
        return tuple(self._offsets(self.board.cols, self.cell_width, self.bars))

    @cached_property
    def tops(self) -> tuple[int, ...]:
        """The first line of each row of cells."""
        return tuple(self._offsets(self.board.rows, self.cell_height, self.rules))

    def _offsets(self, count: int, size: int, gaps: frozenset[int]) -> Iterator[int]:
        at = 0
        for number in range(count):
            at += number in gaps
            yield at
            at += size

    @property
    def width(self) -> int:
        """Characters across the whole drawing."""
        return self.lefts[-1] + self.cell_width + 1

    @property
    def height(self) -> int:
        """Lines of the whole drawing."""
        return self.tops[-1] + self.cell_height + 1

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """What each line of the drawing shows."""
        found = []
        for row in range(self.board.rows):
            found += [Place(row, -1)] * (row in self.rules)
            found += [Place(row, line) for line in range(self.cell_height)]
        return (*found, Place(self.board.rows, -1))

    def cell_at(self, x: int, y: int) -> int | None:
        """The cell drawn there; None on lines and outside."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            return None
        place = self.places[y]
        for col, left in enumerate(self.lefts):
            if left <= x < left + self.cell_width and place.line >= 0:
                return place.row * self.board.cols + col
        return None

    def _weight(self, one: int, other: int) -> int:
        """How heavy the line between cells of two regions is."""
        return 2 if one != other else 1 if self.shape.ruled and one >= 0 else 0

    def _above(self, row: int, col: int) -> int:
        return self._weight(self.board.region_at(row - 1, col), self.board.region_at(row, col))

    def _left_of(self, row: int, col: int) -> int:
        return self._weight(self.board.region_at(row, col - 1), self.board.region_at(row, col))

    def bar(self, row: int, col: int) -> str:
        """The line left of a cell."""
        return CROSSINGS[(UP + DOWN) * self._left_of(row, col)]

    @cached_property
    def _rule_texts(self) -> dict[int, str]:
        return {row: "".join(self._rule(row)) for row in self.rules}

    def rule(self, row: int) -> str:
        """The whole line above a row of cells."""
        return self._rule_texts[row]

    def _rule(self, row: int) -> Iterator[str]:
        for col in range(self.board.cols + 1):
            if col in self.bars:
                yield CROSSINGS[
                    UP * self._left_of(row - 1, col)
                    + DOWN * self._left_of(row, col)
                    + LEFT * self._above(row, col - 1)
                    + RIGHT * self._above(row, col)
                ]
            if col < self.board.cols:
                yield CROSSINGS[(LEFT + RIGHT) * self._above(row, col)] * self.cell_width


def fitting(board: Board, symbol_width: int, width: int, height: int) -> Shape:
    """The largest shape that fits; the smallest with room for signs where none does."""
    known = shapes(board)
    for shape in known:
        drawing = Drawing(board, shape, symbol_width)
        if drawing.width <= width and drawing.height <= height:
            return shape
    return known[-1]


def stepped(board: Board, cell: int, down: int, right: int, wrap: bool) -> int:
    """The cell so many rows down and columns right; at an edge round it, or no further."""
    row, col = cell // board.cols + down, cell % board.cols + right
    if wrap:
        row, col = row % board.rows, col % board.cols
    row, col = min(max(row, 0), board.rows - 1), min(max(col, 0), board.cols - 1)
    return row * board.cols + col
