"""Solve constraint puzzles with a variational masked diffusion model, and verify every answer."""

__version__ = "0.1.0"
