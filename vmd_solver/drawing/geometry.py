"""Where the borders, cells and signs of a board are, and how large a cell is in a terminal."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import isqrt
from typing import NamedTuple, TypeVar

from vmd_solver.csp.families import without_rules
from vmd_solver.csp.puzzle import Board, extra_units

Arms = tuple[int, ...]
"""Weights of the lines that meet at a point, from above, below, left and right: 0 none, 1 light,
2 heavy. Borders of regions weigh 2, lines between other cells 1."""

_ARMS: list[Arms] = [*product(range(3), repeat=4)]
_SIGNS = " ╶╺╴─╼╸╾━╷┌┍┐┬┮┑┭┯╻┎┏┒┰┲┓┱┳╵└┕┘┴┶┙┵┷│├┝┤┼┾┥┽┿╽┟┢┧╁╆┪╅╈╹┖┗┚┸┺┛┹┻╿┞┡┦╀╄┩╃╇┃┠┣┨╂╊┫╉╋"

HEAVY = dict(zip(_ARMS, _SIGNS, strict=True))
LIGHT = {arms: HEAVY[tuple(min(arm, 1) for arm in arms)] for arms in _ARMS}
ASCII = {arms: " |-+"[any(arms[:2]) + 2 * any(arms[2:])] for arms in _ARMS}

Style = TypeVar("Style")
Run = tuple[str, Style]
"""A piece of a line, and how it looks."""


def border(board: Board, row: int, col: int, above: bool) -> bool:
    """Whether another region, or the edge of the board, is above the cell, or left of it."""
    return board.region_at(row, col) != board.region_at(row - above, col - (not above))


def extra_signs(board: Board, shade: str = "░") -> dict[int, str]:
    """The sign of each cell in a unit that no border can show: a diagonal's, or a window's shade.

    >>> from vmd_solver.csp.families import sudoku_x
    >>> sorted(extra_signs(sudoku_x()).values()).count("X")
    1
    """
    extra = extra_units(without_rules(board))
    if board.family.endswith("-x"):
        main, other = map(set, extra)
        return {c: "X" if c in main & other else "\\" if c in main else "/" for c in main | other}
    return {cell: shade for unit in extra for cell in unit}


class CellSize(NamedTuple):
    """How large a cell is in a terminal: its pencil marks, and whether lines are between cells.

    Marks stand in `mark_rows` rows of `mark_cols`, with a space between where `spaced`; where that
    is room for fewer than all values, they are listed. Beside them there is a column for a sign,
    except where `mark_cols` is 1.
    """

    mark_rows: int
    mark_cols: int
    spaced: bool = False
    ruled: bool = False

    def width(self, symbol_width: int) -> int:
        """Characters across a cell: a sign, and the marks or the value with its own sign."""
        marks = self.mark_cols * symbol_width + (self.mark_cols - 1) * self.spaced
        sign = self.mark_cols != 1
        return sign + max(marks, symbol_width + 1) + (self.spaced and self.ruled)


def cell_sizes(board: Board) -> tuple[CellSize, ...]:
    """The sizes that make sense on a board, the largest first."""
    D, square = board.D, isqrt(board.D - 1) + 1
    marks = -(-D // square), square
    found = [CellSize(*marks, spaced=True, ruled=True), CellSize(*marks, ruled=True)]
    found += [CellSize(*marks), CellSize(2, -(-D // 2))]
    found += [CellSize(2, cols) for cols in (6, 5, 4) if 2 * cols < D and D > 9]
    found += [CellSize(1, cols) for cols in (9, 7, 5, 4, 3, 2, 1) if cols < D or cols == 1]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, eq=False)
class TextLayout:
    """A board in characters: cells of one size, symbols of `symbol_width`, a table of `lines`."""

    board: Board
    size: CellSize
    symbol_width: int = 1
    lines: Mapping[Arms, str] = field(default_factory=lambda: HEAVY)

    @cached_property
    def cell_width(self) -> int:
        """Characters across a cell."""
        return self.size.width(self.symbol_width)

    @property
    def cell_height(self) -> int:
        """Lines of a cell."""
        return self.size.mark_rows

    @cached_property
    def bars(self) -> frozenset[int]:
        """The columns with a line, somewhere, on their left; jigsaws stand equally far apart."""
        rows, cols = range(self.board.rows), range(self.board.cols + 1)
        even = self.size.ruled or (self.board.regions is not None and self.board.box is None)
        return frozenset(c for c in cols if even or any(self._weight(r, c, False) for r in rows))

    @cached_property
    def rules(self) -> frozenset[int]:
        """The rows with a line, somewhere, above them."""
        rows, cols = range(self.board.rows + 1), range(self.board.cols)
        return frozenset(r for r in rows if any(self._weight(r, c, True) for c in cols))

    @cached_property
    def lefts(self) -> tuple[int, ...]:
        """The first column of each column of cells."""
        cols = range(self.board.cols)
        return tuple(col * self.cell_width + sum(bar <= col for bar in self.bars) for col in cols)

    @cached_property
    def tops(self) -> tuple[int, ...]:
        """The first line of each row of cells."""
        rows = range(self.board.rows)
        return tuple(row * self.cell_height + sum(at <= row for at in self.rules) for row in rows)

    @property
    def width(self) -> int:
        """Characters across the whole drawing."""
        return self.lefts[-1] + self.cell_width + 1

    @property
    def height(self) -> int:
        """Lines of the whole drawing."""
        return self.tops[-1] + self.cell_height + 1

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """What each line shows: the row of cells, and which of its lines; -1 for the rule above."""
        return [
            (row, line)
            for row in range(self.board.rows + 1)
            for line in range(-(row in self.rules), self.cell_height * (row < self.board.rows))
        ]

    def cell_at(self, x: int, y: int) -> int | None:
        """The cell drawn there; None on lines and outside."""
        row, line = self._places[y] if 0 <= y < self.height else (0, -1)
        col = bisect_right(self.lefts, x) - 1
        inside = line >= 0 and col >= 0 and x < self.lefts[col] + self.cell_width
        return row * self.board.cols + col if inside else None

    def runs(
        self, y: int, cell: Callable[[int, int], Iterable[Run[Style]]], rule: Style
    ) -> Iterator[Run[Style]]:
        """Line `y` from left to right: borders in the style `rule`, and what `cell` gives.

        `cell` takes the number of a cell and which of its lines; the runs are `cell_width` wide.
        """
        row, line = self._places[y]
        if line < 0:
            yield self._rule_texts[row], rule
            return
        cols, signs = self.board.cols, self._bar_signs[row]
        for col in range(cols + 1):
            if col in signs:
                yield signs[col], rule
            if col < cols:
                yield from cell(row * cols + col, line)

    def _weight(self, row: int, col: int, above: bool) -> int:
        """How heavy the line above a cell is, or left of it; 0 where there is none."""
        if border(self.board, row, col, above):
            return 2
        return int(self.size.ruled and self.board.region_at(row, col) >= 0)

    @cached_property
    def _bar_signs(self) -> list[dict[int, str]]:
        """For each row the signs left of its cells, by their column."""
        signs = [self.lines[weight, weight, 0, 0] for weight in range(3)]
        rows = range(self.board.rows)
        return [{col: signs[self._weight(row, col, False)] for col in self.bars} for row in rows]

    @cached_property
    def _rule_texts(self) -> dict[int, str]:
        """The whole line above each row of cells that has one."""
        found = dict.fromkeys(self.rules, "")
        for row, col in product(self.rules, range(self.board.cols + 1)):
            left, right = self._weight(row, col - 1, True), self._weight(row, col, True)
            if col in self.bars:
                up, down = self._weight(row - 1, col, False), self._weight(row, col, False)
                found[row] += self.lines[up, down, left, right]
            if col < self.board.cols:
                found[row] += self.lines[0, 0, right, right] * self.cell_width
        return found


def fitted(board: Board, symbol_width: int, width: int, height: int) -> TextLayout:
    """The layout with the largest cells that fits; the smallest where none does."""
    layouts = [TextLayout(board, size, symbol_width) for size in cell_sizes(board)]
    fitting = (one for one in layouts if one.width <= width and one.height <= height)
    return next(fitting, layouts[-1])
