"""Symmetries of the pattern of givens: which cells are open or given together.

Knows nothing of values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from vmd_solver.csp.puzzle import Board
from vmd_solver.errors import SearchError

Symmetry = Literal[
    "none",
    "half-turn",
    "quarter-turn",
    "left-right",
    "top-bottom",
    "diagonal",
    "antidiagonal",
    "full",
]

SYMMETRIES: tuple[Symmetry, ...] = get_args(Symmetry)

_Move = Callable[[int, int, int, int], tuple[int, int]]
"""Where the cell (row, col) of a board goes whose last ones are (bottom, right)."""


def _half(row: int, col: int, bottom: int, right: int) -> tuple[int, int]:
    return bottom - row, right - col


def _quarter(row: int, col: int, bottom: int, right: int) -> tuple[int, int]:
    return col, right - row


def _left_right(row: int, col: int, bottom: int, right: int) -> tuple[int, int]:
    return row, right - col


def _top_bottom(row: int, col: int, bottom: int, right: int) -> tuple[int, int]:
    return bottom - row, col


def _diagonal(row: int, col: int, bottom: int, right: int) -> tuple[int, int]:
    return col, row


def _antidiagonal(row: int, col: int, bottom: int, right: int) -> tuple[int, int]:
    return right - col, bottom - row


_MOVES: dict[Symmetry, tuple[_Move, ...]] = {
    "none": (),
    "half-turn": (_half,),
    "quarter-turn": (_quarter,),
    "left-right": (_left_right,),
    "top-bottom": (_top_bottom,),
    "diagonal": (_diagonal,),
    "antidiagonal": (_antidiagonal,),
    "full": (_quarter, _left_right),
}
"""Moves that make each symmetry, by being done again and again."""

_NEED_SQUARE = ("quarter-turn", "diagonal", "antidiagonal", "full")


def orbits(board: Board, symmetry: Symmetry) -> tuple[tuple[int, ...], ...]:
    """The cells in groups: those of one are moved onto one another.

    Raises SearchError where there is no such symmetry, or the board would need to be square.

    >>> from vmd_solver.csp.families import latin
    >>> orbits(latin(3), "half-turn")
    ((0, 8), (1, 7), (2, 6), (3, 5), (4,))
    """
    if symmetry not in _MOVES:
        raise SearchError(f"unknown symmetry {symmetry!r}; use one of {', '.join(SYMMETRIES)}")
    if symmetry in _NEED_SQUARE and board.rows != board.cols:
        raise SearchError(f"symmetry {symmetry} needs a square board; use half-turn or none")
    found: list[tuple[int, ...]] = []
    seen: set[int] = set()
    for cell in range(board.n):
        if cell not in seen:
            found.append(_orbit(board, cell, _MOVES[symmetry]))
            seen.update(found[-1])
    return tuple(found)


def _orbit(board: Board, cell: int, moves: tuple[_Move, ...]) -> tuple[int, ...]:
    cells, new = {cell}, [cell]
    while new:
        row, col = divmod(new.pop(), board.cols)
        for move in moves:
            to_row, to_col = move(row, col, board.rows - 1, board.cols - 1)
            moved = to_row * board.cols + to_col
            if moved not in cells:
                cells.add(moved)
                new.append(moved)
    return tuple(sorted(cells))
