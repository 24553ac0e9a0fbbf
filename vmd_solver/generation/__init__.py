"""New puzzles to a spec: family, size, difficulty for a person, symmetry of the givens, seed.

Grids come from the exact generator or from a model; that the solution is the only one is always
proved by search. It must not know of options, files or screens.
"""

from vmd_solver.generation.grids import Draw, Grid, ModelGrids, exact_grid
from vmd_solver.generation.puzzles import FAMILIES, GeneratedPuzzle, PuzzleSpec, make
from vmd_solver.generation.symmetry import SYMMETRIES, Symmetry, orbits

__all__ = [
    "FAMILIES",
    "SYMMETRIES",
    "Draw",
    "GeneratedPuzzle",
    "Grid",
    "ModelGrids",
    "PuzzleSpec",
    "Symmetry",
    "exact_grid",
    "make",
    "orbits",
]
