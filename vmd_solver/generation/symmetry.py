"""Symmetries of the pattern of givens: which cells are open or given together.

Knows nothing of values.
"""

from __future__ import annotations

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

_Move = tuple[bool, bool, bool]
"""Whether row and column change places, and whether then rows, and columns, count backwards."""

_MOVES: dict[Symmetry, tuple[_Move, ...]] = {
    "none": (),
    "half-turn": ((False, True, True),),
    "quarter-turn": ((True, False, True),),
    "left-right": ((False, False, True),),
    "top-bottom": ((False, True, False),),
    "diagonal": ((True, False, False),),
    "antidiagonal": ((True, True, True),),
    "full": ((True, False, True), (False, False, True)),
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
        at = new.pop()
        for move in moves:
            moved = _moved(board, at, move)
            if moved not in cells:
                cells.add(moved)
                new.append(moved)
    return tuple(sorted(cells))


def _moved(board: Board, cell: int, move: _Move) -> int:
    row, col = divmod(cell, board.cols)
    swap, flip_rows, flip_cols = move
    if swap:
        row, col = col, row
    if flip_rows:
        row = board.rows - 1 - row
    if flip_cols:
        col = board.cols - 1 - col
    return row * board.cols + col
