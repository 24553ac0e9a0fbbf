"""New puzzles to a wish: family, size, difficulty for a person, symmetry of the givens, seed.

Grids come from the exact generator or from a model; that the solution is the only one is always
proved by search. It must not know of options, files or screens.
"""

from vmd_solver.generation.grids import Draw, Grid, ModelGrids, exact_grid
from vmd_solver.generation.puzzles import FAMILIES, Made, Wish, make
from vmd_solver.generation.symmetry import SYMMETRIES, Symmetry, orbits

__all__ = [
    "FAMILIES",
    "SYMMETRIES",
    "Draw",
    "Grid",
    "Made",
    "ModelGrids",
    "Symmetry",
    "Wish",
    "exact_grid",
    "make",
    "orbits",
]
