"""The marks of rules as characters of a terminal: in cells, on the lines between them, outside.

A cage is drawn by leaving out the lines within it, with its text on the line above. What characters
cannot show whole is named, so that it can be listed in words.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from vmd_solver.csp.puzzle import Board, Cells, Rule
from vmd_solver.drawing.marks import (
    Clue,
    Fill,
    Mark,
    Note,
    Outline,
    Spot,
    Track,
    neighbours,
    pictures,
    step_between,
    title,
    touch,
)

Side = tuple[int, int, bool]
"""The side above the cell at a row and column, or the one left of it."""

BLOCK = "█"
"""What fills a hole."""

_ASCII = str.maketrans(
    "█░◎○●□▲▼∧∨═║╲╱←→↑↓↖↗↘↙¬«»❶❸❹❺❻❼❽❾②③④⑤⑥⑦⑧⑨",  # noqa: RUF001
    "#:Oo*#^v^v=|\\/<>^v\\/\\/!<>1345678923456789",
)

_STEPS = {
    (0, 1): "═→",
    (0, -1): "═←",
    (1, 0): "║↓",
    (-1, 0): "║↑",
    (1, 1): "╲↘",
    (-1, -1): "╲↖",
    (1, -1): "╱↙",  # noqa: RUF001
    (-1, 1): "╱↗",  # noqa: RUF001
}
"""How a line goes from a cell to the next: where the two ends are alike, or towards the second."""


class Signs(NamedTuple):
    """What is drawn beside values and borders."""

    cells: dict[int, str]
    """A character in a cell."""
    notes: dict[int, str]
    """A text on the line above a cell, at its left."""
    sides: dict[Side, str]
    corners: dict[tuple[int, int], str]
    """A character on the upper left corner of the cell at a row and column."""
    joined: frozenset[Side]
    """The sides without a line, within a cage."""
    clues: dict[tuple[int, int], str]
    """A text at a row and column outside the board, or in a hole."""
    listed: tuple[Rule, ...]
    """The rules that are not to be seen whole."""


@lru_cache(maxsize=64)
def signs_of(board: Board) -> Signs:
    """The signs of a board's rules.

    >>> from vmd_solver.csp.families import sudoku, with_rules
    >>> from vmd_solver.csp.rules import Difference, Killer
    >>> signs = signs_of(with_rules(sudoku(), [Killer(4, (0, 1)), Difference(1, (1, 2))]))
    >>> signs.notes, signs.joined, signs.sides
    ({0: '4'}, frozenset({(0, 1, False)}), {(0, 2, False): '○'})
    """
    placing, drawn = _Placing(board), pictures(board)
    lines = [at for at, picture in enumerate(drawn) if _is_line(picture.marks)]
    order = [at for at in range(len(drawn)) if at not in lines] + lines  # signs before lines
    partly = {at for at in order for mark in drawn[at].marks if not placing.place(mark)}
    listed = tuple(rule for at, rule in enumerate(board.rules) if at in partly)
    return Signs(
        placing.cells,
        placing.notes,
        placing.sides,
        placing.corners,
        frozenset(placing.joined),
        {at: _joined(clues) for at, clues in placing.clues.items()},
        listed,
    )


def lined(board: Board) -> bool:
    """Whether there are lines between all cells: for signs on them, and around holes."""
    signs = signs_of(board)
    return bool(board.holes or signs.notes or signs.sides or signs.corners or signs.joined)


def in_words(board: Board) -> list[str]:
    """What characters cannot show of a board's rules: each title, and the cells of its rules."""
    found: dict[str, list[str]] = {}
    for rule in signs_of(board).listed:
        cells = " ".join(map(board.cell_name, rule.all_cells))
        found.setdefault(title(rule), []).append(cells)
    return [f"{name}: {'; '.join(cells)}" for name, cells in found.items() if all(cells)]


def as_ascii(text: str) -> str:
    """The text with plain characters for the signs.

    >>> as_ascii("1 ○ 2 → 3")
    '1 o 2 > 3'
    """
    return text.translate(_ASCII)


def _is_line(marks: tuple[Mark, ...]) -> bool:
    return any(isinstance(mark, Track) for mark in marks)


def _joined(clues: list[Clue]) -> str:
    """The texts at one place; those in a hole as `down\\across`."""
    if clues[0].inside:
        steps = ((1, 0), (0, 1))
        return "\\".join(
            ",".join(clue.text for clue in clues if clue.step == step) for step in steps
        )
    return ",".join(map(_arrowed, clues))


def _arrowed(clue: Clue) -> str:
    return clue.text + (_STEPS[clue.step][1] if all(clue.step) else "")


class _Placing:
    """Puts marks where there is room; `place` says whether that shows the whole mark."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.cells: dict[int, str] = {}
        self.notes: dict[int, str] = {}
        self.sides: dict[Side, str] = {}
        self.corners: dict[tuple[int, int], str] = {}
        self.joined: set[Side] = set()
        self.clues: dict[tuple[int, int], list[Clue]] = {}
        self._caged: set[int] = set()
        self._noted = -1
        """The cell where the cage just drawn has its note."""

    def place(self, mark: Mark) -> bool:
        if isinstance(mark, Outline):
            return self._cage(mark.cells)
        if isinstance(mark, Note):
            fits = mark.top and mark.cell == self._noted
            if fits:
                self.notes[mark.cell] = mark.text
            return fits
        if isinstance(mark, Spot):
            return self._spot(mark)
        if isinstance(mark, Track):
            return self._line(mark)
        if isinstance(mark, Fill):
            return sum(self._sign(cell, mark.sign) for cell in mark.cells) == len(mark.cells)
        self.clues.setdefault((mark.row, mark.col), []).append(mark)
        return True

    def _sign(self, cell: int, sign: str) -> bool:
        before = self.cells.setdefault(cell, sign)
        if before != sign and {before, sign} == {"\\", "/"}:
            self.cells[cell] = "X"
            return True
        return before == sign

    def _cage(self, cells: Cells) -> bool:
        """Whether the cage is one piece, and none of its cells in another."""
        free = self._caged.isdisjoint(cells)
        self._noted = min(cells) if free else -1
        if not free:
            return False
        self._caged.update(cells)
        pairs = [(a, b) for a in cells for b in cells if a < b and neighbours(self.board, a, b)]
        self.joined.update(self._side(*pair) for pair in pairs)
        reached, left = {cells[0]}, set(cells[1:])
        while more := {b for pair in pairs for a, b in (pair, pair[::-1]) if a in reached} & left:
            reached |= more
            left -= more
        return not left

    def _spot(self, spot: Spot) -> bool:
        if len(spot.cells) == 2 and neighbours(self.board, *spot.cells) and spot.sign:
            return self.sides.setdefault(self._side(*spot.cells), spot.sign) == spot.sign
        if len(spot.cells) > 2 and touch(self.board, min(spot.cells), max(spot.cells)):
            self.corners.setdefault(divmod(max(spot.cells), self.board.cols), spot.sign)
        return False

    def _line(self, track: Track) -> bool:
        towards = track.start == "bulb" or track.end == "arrow"
        for one, other in pairwise(track.cells):
            if not touch(self.board, one, other):
                continue
            sign = _STEPS[step_between(self.board, one, other)][towards]
            if neighbours(self.board, one, other):
                self.sides.setdefault(self._side(one, other), sign)
            else:
                places = [divmod(cell, self.board.cols) for cell in (one, other)]
                self.corners.setdefault(
                    (max(p[0] for p in places), max(p[1] for p in places)), sign
                )
        return False

    def _side(self, one: int, other: int) -> Side:
        row, col = divmod(max(one, other), self.board.cols)
        return row, col, abs(other - one) == self.board.cols
