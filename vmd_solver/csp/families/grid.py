"""The free form: any cells, any alphabet, any all-different units."""

from __future__ import annotations

from collections.abc import Sequence

from vmd_solver.csp.puzzle import Board


def grid(rows: int, cols: int, D: int, units: Sequence[Sequence[int]]) -> Board:
    """A constraint grid: `rows` x `cols` cells with values 1..D, and the units as cell lists."""
    return Board("grid", rows, cols, D, tuple(tuple(unit) for unit in units))
