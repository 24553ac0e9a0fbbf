"""Sudoku X: both diagonals are units too."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from vmd_solver.csp.families.sudoku import sudoku
from vmd_solver.csp.puzzle import Board


@cache
def sudoku_x(box_rows: int = 3, box_cols: int = 3) -> Board:
    """Sudoku with the two diagonals all different as well."""
    return with_diagonals(sudoku(box_rows, box_cols), "sudoku-x")


def with_diagonals(board: Board, family: str) -> Board:
    """The same square board, under the name `family`, with both diagonals among its units."""
    order = board.rows
    main = tuple(step * (order + 1) for step in range(order))
    other = tuple((step + 1) * (order - 1) for step in range(order))
    return replace(board, family=family, units=(*board.units, main, other))
