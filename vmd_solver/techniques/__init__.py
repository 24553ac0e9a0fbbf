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
    grade,
    next_step,
    solve_path,
)
from vmd_solver.techniques.state import State, Step, apply

__all__ = [
    "BY_NAME",
    "LEVELS",
    "TECHNIQUES",
    "Grade",
    "Level",
    "Path",
    "State",
    "Step",
    "apply",
    "grade",
    "next_step",
    "solve_path",
]
