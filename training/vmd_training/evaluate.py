"""What a model can do on its own, in torch: solve rates by calls, and grids from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vmd_solver.csp import Board
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.puzzle import conflicts
from vmd_training.generate import Pack, held_out
from vmd_training.graph import Grid
from vmd_training.model import VMD
from vmd_training.recipes import Group


def grid_of(
    x_t: Tensor, units: np.ndarray, complete: np.ndarray, D: int, device: torch.device
) -> Grid:
    """A batch x_t (B, n) on one board, every value allowed."""
    return Grid(
        x_t.to(device),
        torch.ones(*x_t.shape, D, device=device),
        torch.from_numpy(units.astype(np.float32)).to(device)[None],
        torch.from_numpy(complete.astype(np.float32)).to(device)[None],
    )


def solve_rates(
    model: VMD, packs: Sequence[Pack], calls: Sequence[int], loops: int, seed: int = 0
) -> dict[int, float]:
    """Share of puzzles whose most probable grid is the solution, after each number of calls.

    Nothing is committed and nothing checked in between: the hidden state alone is carried on. z is
    drawn once from the learned prior.
    """
    rng = torch.Generator(device="cpu").manual_seed(seed)
    solved = [_solved(model, pack, calls, loops, rng) for pack in packs]
    total = sum(len(pack.givens) for pack in packs)
    return {number: sum(row[number] for row in solved) / total for number in calls}


@torch.no_grad()
def _solved(
    model: VMD, pack: Pack, calls: Sequence[int], loops: int, rng: torch.Generator, batch: int = 64
) -> dict[int, int]:
    device = next(model.parameters()).device
    right = dict.fromkeys(calls, 0)
    for start in range(0, len(pack.givens), batch):
        givens = torch.from_numpy(pack.givens[start : start + batch].astype(np.int64))
        x0 = torch.from_numpy(pack.solutions[start : start + batch].astype(np.int64)).to(device)
        grid = grid_of(givens, pack.units, pack.complete, int(pack.solutions.max()), device)
        z, h = draw(model, grid, rng), model.start(grid)
        for number in range(1, max(calls) + 1):
            logits, h = model.denoiser(grid, z, h, loops)
            if number in right:
                answer = torch.where(grid.x_t > 0, grid.x_t, logits[-1].argmax(dim=-1) + 1)
                right[number] += int((answer == x0).all(dim=-1).sum())
    return right


@torch.no_grad()
def valid_from_empty(model: VMD, board: Board, count: int, loops: int, seed: int = 0) -> float:
    """Share of valid grids when one call fills an empty board, values drawn from p(x0 | x_t, z)."""
    device = next(model.parameters()).device
    rng = torch.Generator(device="cpu").manual_seed(seed)
    grid = grid_of(
        torch.zeros(count, board.n, dtype=torch.long),
        board.incidence,
        board.complete,
        board.D,
        device,
    )
    logits, _ = model.denoiser(grid, draw(model, grid, rng), model.start(grid), loops)
    uniform = torch.rand(logits[-1].shape, generator=rng).to(device)
    values = (logits[-1] - (-uniform.log()).log()).argmax(dim=-1) + 1
    return float(valid(values.cpu().numpy(), board).mean())


def valid(values: np.ndarray, board: Board) -> np.ndarray:
    """Rows (B,) of full grids (B, n) that break no unit."""
    good: np.ndarray = np.logical_not(conflicts(board, values).any(axis=-1))
    return good


def empty_boards(model: VMD) -> dict[str, Board]:
    """Boards to fill from nothing, smallest first."""
    boards = {"4x4": sudoku(2, 2), "9x9": sudoku(3, 3)}
    return boards if model.config.backbone == "candidate-graph" else {"9x9": boards["9x9"]}


FINAL_PUZZLES = 200
FINAL_CALLS = (1, 4, 10)
EMPTY_GRIDS = 200


def draw(model: VMD, grid: Grid, rng: torch.Generator) -> Tensor:
    """One z for every row from the learned prior, as the denoiser reads it (B, n, D, k)."""
    B, n, D = grid.allowed.shape
    noise = torch.randn(model.z_shape(B, n, D), generator=rng).to(grid.allowed.device)
    z = noise if model.prior is None else model.prior(grid).sample(noise)
    return model.spread(z, grid)


def final(model: VMD, groups: Sequence[Group], seed: int, loops: int) -> dict[str, Any]:
    """The evaluation that goes into metrics.json; `score` decides whether a model is promoted.

    The score is the mean over groups, by their weight, of the solve rate after the most calls.
    """
    packs = {group.name: held_out(group, FINAL_PUZZLES, seed) for group in groups}
    rates = {name: solve_rates(model, pack, FINAL_CALLS, loops) for name, pack in packs.items()}
    total = sum(group.weight for group in groups)
    return {
        "score": sum(g.weight * rates[g.name][max(FINAL_CALLS)] for g in groups) / total,
        "puzzles": dict.fromkeys(packs, FINAL_PUZZLES),
        "solve_rate": {
            name: {f"{calls}x{loops}": rate for calls, rate in row.items()}
            for name, row in rates.items()
        },
        "empty_grids": EMPTY_GRIDS,
        "valid_empty": {
            name: valid_from_empty(model, board, EMPTY_GRIDS, loops)
            for name, board in empty_boards(model).items()
        },
    }
