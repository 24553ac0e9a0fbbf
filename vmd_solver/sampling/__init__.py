"""The engine: latents drawn, cells unmasked and remasked, violations seen, search at the end."""

from vmd_solver.sampling.job import Solution
from vmd_solver.sampling.settings import Settings
from vmd_solver.sampling.solver import Solver

__all__ = ["Settings", "Solution", "Solver"]
