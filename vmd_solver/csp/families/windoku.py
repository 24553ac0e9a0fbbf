"""Windoku (hyper Sudoku): shaded windows between the boxes are units too."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from vmd_solver.csp.families.sudoku import sudoku
from vmd_solver.csp.puzzle import Board


@cache
def windoku(box_rows: int = 3, box_cols: int = 3) -> Board:
    """Sudoku with windows of box size, one cell in from the edge and one cell apart.

    >>> len(windoku().units)  # 27 and four windows
    31
    """
    board = sudoku(box_rows, box_cols)
    windows = tuple(
        tuple(
            (top + row) * board.cols + left + col
            for row in range(box_rows)
            for col in range(box_cols)
        )
        for top in range(1, board.rows - box_rows, box_rows + 1)
        for left in range(1, board.cols - box_cols, box_cols + 1)
    )
    return replace(board, family="windoku", units=board.units + windows)
