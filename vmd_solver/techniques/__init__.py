"""How people solve: steps that explain themselves, paths of them, and grades.

Every step is a proof, of units and candidates alone; nothing here guesses, searches or asks a
model. It must not know of text forms, networks or screens.
"""

from vmd_solver.techniques.registry import (
    BY_NAME,
    LEVELS,
    TECHNIQUES,
    Grade,
    Level,
    Path,
    Technique,
    grade,
    next_step,
    path_from,
    solve_path,
)
from vmd_solver.techniques.state import State, apply
from vmd_solver.techniques.step import Step

__all__ = [
    "BY_NAME",
    "LEVELS",
    "TECHNIQUES",
    "Grade",
    "Level",
    "Path",
    "State",
    "Step",
    "Technique",
    "apply",
    "grade",
    "next_step",
    "path_from",
    "solve_path",
]
