"""New puzzles to a spec: family, size, difficulty for a person, symmetry of the givens, seed.

That the solution is the only one is always proved by search. Knows no option, file or screen.
"""

from vmd_solver.generation.puzzles import (
    FAMILIES,
    SYMMETRIES,
    Draw,
    GeneratedPuzzle,
    Grid,
    ModelGrids,
    PuzzleSpec,
    Symmetry,
    exact_grid,
    make,
)

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
]
