"""Full grids to dig puzzles out of: from the exact generator, or drawn by a model.

Knows nothing of what becomes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vmd_solver.csp.generate import full_grids
from vmd_solver.csp.puzzle import Board
from vmd_solver.denoiser import Denoiser
from vmd_solver.sampling import Settings, Solver

Draw = Callable[[Board, np.random.Generator], "Grid"]


@dataclass(frozen=True)
class Grid:
    """A full grid, values (n,); `by_model` None where no model was asked, False where in vain."""

    values: tuple[int, ...]
    by_model: bool | None = None


def exact_grid(board: Board, rng: np.random.Generator) -> Grid:
    """A grid by search. Raises SearchError where the board has none."""
    return Grid(tuple(full_grids(board, 1, rng)[0].tolist()))


class ModelGrids:
    """Draws grids with a model alone, from an empty board; where that is not valid, by search.

    `latents` are drawn for one grid, and the first valid one is taken. Every grid has a seed of its
    own from the generator handed in, so that it does not depend on what was drawn before.
    """

    def __init__(self, denoiser: Denoiser, latents: int = 1, nfe: int = 10) -> None:
        self._denoiser, self._latents, self._nfe = denoiser, latents, nfe

    def __call__(self, board: Board, rng: np.random.Generator) -> Grid:
        """A grid. Raises SearchError where the board has none."""
        seed = int(rng.integers(1 << 31))
        settings = Settings(mode="neural", latents=self._latents, nfe=self._nfe, seed=seed)
        solution = Solver(settings, self._denoiser).solve(board.empty())
        if solution.verified and solution.values:
            return Grid(solution.values, by_model=True)
        return Grid(exact_grid(board, rng).values, by_model=False)
