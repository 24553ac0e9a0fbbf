"""Sudoku of any box shape: rows, columns and boxes."""

from __future__ import annotations

from functools import cache

from vmd_solver.csp.families.latin import lines
from vmd_solver.csp.families.regions import units_of_regions
from vmd_solver.csp.puzzle import Board


@cache
def sudoku(box_rows: int = 3, box_cols: int = 3) -> Board:
    """Sudoku with boxes of `box_rows` x `box_cols` cells, on a square board of their product.

    >>> sudoku(2, 3).D, len(sudoku(2, 3).units)
    (6, 18)
    """
    D = box_rows * box_cols
    regions = box_regions(box_rows, box_cols)
    units = lines(D) + units_of_regions(regions)
    return Board("sudoku", D, D, D, units, (box_rows, box_cols), regions)


def box_regions(box_rows: int, box_cols: int) -> tuple[int, ...]:
    """Box number of each cell, row by row; there are `box_rows` boxes beside one another."""
    D = box_rows * box_cols
    return tuple(
        row // box_rows * box_rows + col // box_cols for row in range(D) for col in range(D)
    )
