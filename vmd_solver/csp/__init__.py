"""Constraint puzzles: what they are, and the exact ground under everything else."""

from vmd_solver.csp.puzzle import Board, Puzzle, Violation

__all__ = ["Board", "Puzzle", "Violation"]
