"""Puzzle families: each one small file that says what the units are."""

from vmd_solver.csp.families.diagonal import sudoku_x
from vmd_solver.csp.families.grid import grid
from vmd_solver.csp.families.jigsaw import jigsaw
from vmd_solver.csp.families.latin import latin
from vmd_solver.csp.families.sudoku import sudoku
from vmd_solver.csp.families.windoku import windoku

FAMILIES = ("sudoku", "sudoku-x", "windoku", "jigsaw", "jigsaw-x", "latin", "grid")
"""Every family's name, as files and reports write it."""

__all__ = ["FAMILIES", "grid", "jigsaw", "latin", "sudoku", "sudoku_x", "windoku"]
