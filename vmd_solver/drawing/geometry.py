"""Where the borders, cells and signs of a board are, and how large a cell is in a terminal."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, product
from math import isqrt
from typing import NamedTuple, TypeVar

from vmd_solver.csp.families import without_rules
from vmd_solver.csp.puzzle import Board, extra_units
from vmd_solver.drawing.signs import BLOCK, Signs, lined, signs_of

Arms = tuple[int, ...]
"""Weights of the lines that meet at a point, from above, below, left and right: 0 none, 1 light,
2 heavy. Borders of regions weigh 2, lines between other cells 1."""

_ARMS: list[Arms] = [*product(range(3), repeat=4)]
_SIGNS = " ╶╺╴─╼╸╾━╷┌┍┐┬┮┑┭┯╻┎┏┒┰┲┓┱┳╵└┕┘┴┶┙┵┷│├┝┤┼┾┥┽┿╽┟┢┧╁╆┪╅╈╹┖┗┚┸┺┛┹┻╿┞┡┦╀╄┩╃╇┃┠┣┨╂╊┫╉╋"

HEAVY = dict(zip(_ARMS, _SIGNS, strict=True))
LIGHT = {arms: HEAVY[tuple(min(arm, 1) for arm in arms)] for arms in _ARMS}
ASCII = {arms: " |-+"[any(arms[:2]) + 2 * any(arms[2:])] for arms in _ARMS}
ASCII_RULED = {
    arms: " -=+"[max(arms[2:])]
    if not any(arms[:2])
    else " :|"[max(arms[:2])]
    if not any(arms[2:])
    else "+"
    for arms in _ARMS
}
"""Of plain characters too, with light lines apart from heavy ones."""

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
    except where `mark_cols` is 1. A `scale` above 1 moves spaced marks further apart.
    """

    mark_rows: int
    mark_cols: int
    spaced: bool = False
    ruled: bool = False
    scale: int = 1

    @property
    def gap(self) -> int:
        """Characters between two marks of a row."""
        return self.spaced * (2 * self.scale - 1)

    @property
    def height(self) -> int:
        """Lines of a cell."""
        return (self.mark_rows - 1) * self.scale + 1

    def width(self, symbol_width: int) -> int:
        """Characters across a cell: a sign, and the marks or the value with its own sign."""
        marks = self.mark_cols * symbol_width + (self.mark_cols - 1) * self.gap
        sign = self.mark_cols != 1
        return sign + max(marks, symbol_width + 1) + (self.spaced and self.ruled)


_SCALES = (4, 3, 2, 1)


def cell_sizes(board: Board) -> tuple[CellSize, ...]:
    """The sizes that make sense on a board, the best first.

    Better are those with room for every mark, and then those with lines between cells.
    """
    D, square = board.D, isqrt(board.D - 1) + 1
    marks = -(-D // square), square
    found = [CellSize(*marks, spaced=True, ruled=True, scale=scale) for scale in _SCALES]
    halves = CellSize(2, -(-D // 2))
    found += [CellSize(*marks, ruled=True), CellSize(*marks), halves._replace(ruled=True), halves]
    rest = [CellSize(2, cols) for cols in (6, 5, 4) if 2 * cols < D and D > 9]
    rest += [CellSize(1, cols) for cols in (9, 7, 5, 4, 3, 2, 1) if cols < D or cols == 1]
    found += [size._replace(ruled=True) for size in rest if size.mark_cols > 2]
    found += rest
    if lined(board):
        found = [size._replace(ruled=True) for size in found]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, eq=False)
class TextLayout:
    """A board in characters: cells of one size, symbols of `symbol_width`, a table of `lines`.

    With `labels` rows are numbered on the left, and columns in the line above the board.
    """

    board: Board
    size: CellSize
    symbol_width: int = 1
    lines: Mapping[Arms, str] = field(default_factory=lambda: HEAVY)
    labels: bool = False

    @cached_property
    def signs(self) -> Signs:
        """What the board's rules have drawn."""
        return signs_of(self.board)

    @cached_property
    def cell_width(self) -> int:
        """Characters across a cell: also those of clues in its column, and of a note above it."""
        signs, cols = self.signs, range(self.board.cols)
        most = self.size.width(self.symbol_width)
        for (_, col), text in signs.clues.items():
            most = max(most, (len(text) + (not self.size.ruled)) * (col in cols))
        for cell, text in signs.notes.items():
            place = divmod(cell, self.board.cols)
            most = max(most, len(text) + ((*place, True) in signs.sides))
        return most

    @cached_property
    def margins(self) -> tuple[int, int, int, int]:
        """Characters left and right of the board, and lines above and below, for clues."""
        board, clues = self.board, self.signs.clues
        left = max((len(text) + 1 for (_, col), text in clues.items() if col < 0), default=0)
        over = [len(text) + 1 for (_, col), text in clues.items() if col >= board.cols]
        rows = {row for row, _ in clues}
        left += self._label_width
        return left, max(over, default=0), int(-1 in rows), int(board.rows in rows)

    @property
    def _label_width(self) -> int:
        return self.labels * (len(str(self.board.rows)) + 1)

    @property
    def cell_height(self) -> int:
        """Lines of a cell."""
        return self.size.height

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
        even = self.size.ruled
        return frozenset(r for r in rows if even or any(self._weight(r, c, True) for c in cols))

    @cached_property
    def lefts(self) -> tuple[int, ...]:
        """The first column of each column of cells."""
        cols, left = range(self.board.cols), self.margins[0]
        widths = (col * self.cell_width + sum(bar <= col for bar in self.bars) for col in cols)
        return tuple(left + width for width in widths)

    @cached_property
    def tops(self) -> tuple[int, ...]:
        """The first line of each row of cells."""
        rows, top = range(self.board.rows), self.margins[2]
        heights = (row * self.cell_height + sum(at <= row for at in self.rules) for row in rows)
        return tuple(top + height for height in heights)

    @property
    def width(self) -> int:
        """Characters across the whole drawing."""
        return self.lefts[-1] + self.cell_width + 1 + self.margins[1]

    @property
    def height(self) -> int:
        """Lines of the whole drawing."""
        return self.tops[-1] + self.cell_height + 1 + self.margins[3]

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """What each line shows: the row of cells, and which of its lines; -1 for the rule above.

        Clues above and below the board have rows of their own.
        """
        rows = self.board.rows
        heights = {-1: self.margins[2], rows: self.margins[3]}
        return [
            (row, line)
            for row in range(-1, rows + 1)
            for line in range(-(row in self.rules), heights.get(row, self.cell_height))
        ]

    def cell_at(self, x: int, y: int) -> int | None:
        """The cell drawn there; None on lines, in holes and outside."""
        row, line = self._places[y] if 0 <= y < self.height else (0, -1)
        col = bisect_right(self.lefts, x) - 1
        inside = col >= 0 and x < self.lefts[col] + self.cell_width
        inside &= line >= 0 and 0 <= row < self.board.rows
        cell = row * self.board.cols + col
        return cell if inside and cell not in self.board.holes else None

    def runs(
        self,
        y: int,
        cell: Callable[[int, int], Iterable[Run[Style]]],
        rule: Style,
        sign: Style | None = None,
    ) -> Iterator[Run[Style]]:
        """Line `y` from left to right: borders in the style `rule`, and what `cell` gives.

        `cell` takes the number of a cell and which of its lines; the runs are `cell_width` wide.
        Signs of rules and clues have the style `sign`, if there is one, else that of borders.
        """
        (row, line), mark = self._places[y], rule if sign is None else sign
        cols, (left, right, _, _) = self.board.cols, self.margins
        clued = line == (self.cell_height - 1) // 2
        if line >= 0 and not 0 <= row < self.board.rows:
            yield self._outside(row), mark
            return
        if width := self._label_width:
            label = str(row + 1) if clued and line >= 0 else ""
            yield label.rjust(width - 1) + " ", rule
        if left := left - width:
            yield (self.signs.clues.get((row, -1), "") * clued).rjust(left - 1) + " ", mark
        if line < 0:
            yield from ((text, mark if signed else rule) for text, signed in self._rule_runs[row])
        for col in range(cols + 1) if line >= 0 else ():
            if clued and (row, col, False) in self.signs.sides:
                yield self.signs.sides[row, col, False], mark
            elif col in self._bar_signs[row]:
                yield self._bar_signs[row][col], rule
            if col < cols and row * cols + col in self.board.holes:
                yield self._hole(row, col, clued), mark
            elif col < cols:
                yield from cell(row * cols + col, line)
        if right:
            text = self.signs.clues.get((row, cols), "") * clued
            yield f" {text}".ljust(right), mark

    def _outside(self, row: int) -> str:
        """The line of clues above or below the board, each in its column."""
        line = [" "] * self.width
        for (at, col), text in self.signs.clues.items():
            if at == row:
                x = (
                    self.width - self.margins[1] + 1
                    if col >= 0
                    else self.margins[0] - 1 - len(text)
                )
                if 0 <= col < self.board.cols:
                    x = self.lefts[col] + (self.cell_width - len(text)) // 2
                line[x : x + len(text)] = text
        return "".join(line)

    def _hole(self, row: int, col: int, clued: bool) -> str:
        """A line of a hole: of its block, or of the clues that stand in it."""
        if (row, col) not in self.signs.clues:
            return BLOCK * self.cell_width
        return (self.signs.clues[row, col] * clued).center(self.cell_width)

    @cached_property
    def _rule_runs(self) -> dict[int, list[tuple[str, bool]]]:
        """The whole line above each row that has one, in pieces, and which of them are signs."""
        found: dict[int, list[tuple[str, bool]]] = {}
        for row, text in self._rule_texts.items():
            over = self._over_rules.get(row, {})
            places = [
                (over.get(x, letter), x in over) for x, letter in enumerate(text, self.margins[0])
            ]
            pieces = groupby(places, lambda place: place[1])
            found[row] = [("".join(sign for sign, _ in piece), signed) for signed, piece in pieces]
        return found

    @cached_property
    def _over_rules(self) -> dict[int, dict[int, str]]:
        """For each line above a row what is drawn over it, by column of characters."""
        signs, cols = self.signs, self.board.cols
        found: dict[int, dict[int, str]] = {}
        for (row, col), sign in signs.corners.items():
            found.setdefault(row, {})[self.lefts[col] - 1] = sign
        for (row, col, above), sign in signs.sides.items():
            if above:
                beside = len(signs.notes.get(row * cols + col, ""))
                at = self.lefts[col] + max(self.cell_width // 2, beside)
                found.setdefault(row, {})[at] = sign
        for cell, text in signs.notes.items():
            row, col = divmod(cell, cols)
            found.setdefault(row, {}).update(enumerate(text, self.lefts[col]))
        return found

    def _weight(self, row: int, col: int, above: bool) -> int:
        """How heavy the line above a cell is, or left of it; 0 where there is none."""
        if border(self.board, row, col, above):
            return 2
        lined = self.size.ruled and (row, col, above) not in self.signs.joined
        return int(lined and self.board.region_at(row, col) >= 0)

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
                line = self.lines[0, 0, right, right] * self.cell_width
                label = str(col + 1) * (self.labels and not row)
                at = (self.cell_width - len(label)) // 2
                found[row] += line[:at] + label + line[at + len(label) :]
        return found


def fitted(
    board: Board, symbol_width: int, width: int, height: int, labels: bool = False
) -> TextLayout:
    """The layout with the best cells that fits; the smallest where none does.

    `labels` are left out where only the cells themselves fit.
    """
    layouts = [
        TextLayout(board, size, symbol_width, labels=labelled)
        for size in cell_sizes(board)
        for labelled in (*[True] * labels, False)
    ]
    fitting = (one for one in layouts if one.width <= width and one.height <= height)
    return next(fitting, layouts[-1])
