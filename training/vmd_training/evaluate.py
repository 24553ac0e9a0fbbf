"""What a model can do on its own, in torch: solve rates by calls, grids from nothing.

`TorchDenoiser` is a `Denoiser` over torch, for models that were not exported, and devices that ONNX
Runtime lacks here. It draws the same noise from the same generator as the ONNX denoiser does, so
that both solve alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vmd_solver.csp import Board
from vmd_solver.csp.candidates import initial_masks, masks_to_allowed
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.puzzle import conflicts
from vmd_solver.denoiser.graph import with_hidden
from vmd_solver.denoiser.protocol import Floats, Ints, LatentKind, Randomness, standard_normal
from vmd_solver.denoiser.rules import rules_of
from vmd_training.boards import padded_units
from vmd_training.generate import Pack, held_out
from vmd_training.graph import Grid
from vmd_training.model import VMD, Gaussian
from vmd_training.recipes import Group

BATCH = 64
"""Rows of one call."""
FINAL_PUZZLES = 200
FINAL_CALLS = (1, 4, 10)
EMPTY_GRIDS = 200


def grid_on(
    boards: Sequence[Board], x_t: Ints | Tensor, allowed: Floats | None = None, ruled: bool = True
) -> Grid:
    """A batch x_t (B, n) on one board, or on a board of one size for each row, on the CPU.

    allowed (B, n, D) is by default what their domains leave each cell. `ruled`: with relations and
    automata, and, on one board, with the cells that are hidden in them.
    """
    first, x_t = boards[0], np.asarray(x_t, dtype=np.int64)
    units, complete = padded_units(boards)
    if allowed is None:
        empty = np.zeros(first.n, dtype=np.int8)
        domains = np.stack([initial_masks(board, empty) for board in boards])
        values = masks_to_allowed(domains, first.D).astype(np.float32)
        allowed = np.broadcast_to(values, (len(x_t), *values.shape[1:]))
    if ruled and len(boards) == 1:
        x_t, allowed = with_hidden(first, x_t, allowed)
        units = np.pad(units, ((0, 0), (0, 0), (0, x_t.shape[1] - first.n)))
    linked = ruled and any(board.linked for board in boards)
    rules = tuple(rules_of(board, 1) for board in boards) if linked else ()
    return Grid.of(x_t, allowed, units, complete, rules)


def grids_of(pack: Pack) -> Iterator[tuple[Grid, Tensor]]:
    """The puzzles of a pack, BATCH rows at a time, and their solutions (B, n)."""
    D = pack.rules[0].D if pack.rules else int(pack.solutions.max())
    for start in range(0, len(pack.givens), BATCH):
        rows = slice(start, start + BATCH)
        allowed = masks_to_allowed(pack.domains[rows], D)
        boards = rows if pack.rules else None  # one for each row, or one for all
        shared = pack.units[boards], pack.complete[boards], pack.rules[rows]
        x0 = torch.tensor(pack.solutions[rows], dtype=torch.int64)
        yield Grid.of(pack.givens[rows], allowed, *shared), x0


def draw(model: VMD, grid: Grid, rng: torch.Generator) -> Tensor:
    """One z for every row from the learned prior, as the denoiser reads it (B, n, D, k)."""
    noise = torch.randn(model.z_shape(*grid.allowed.shape), generator=rng).to(grid.allowed.device)
    z = noise if model.prior is None else model.prior(grid).sample(noise)
    return model.spread(z, grid)


@torch.no_grad()
def solve_rates(
    model: VMD, packs: Sequence[Pack], calls: Sequence[int], loops: int
) -> dict[str, float]:
    """Share of puzzles whose most probable grid is the solution, after each number of calls: by
    `CxL`, C calls of L loops.

    Nothing is committed and nothing checked in between: the hidden state alone is carried on. z is
    drawn once from the learned prior.
    """
    device = next(model.parameters()).device
    rng = torch.Generator(device="cpu").manual_seed(0)
    right, total = dict.fromkeys(calls, 0), sum(len(pack.givens) for pack in packs)
    for pack in packs:
        for of_pack, x0 in grids_of(pack):
            grid = of_pack.to(device)
            z, h = draw(model, grid, rng), model.start(grid)
            for number in range(1, max(calls) + 1):
                logits, h = model.denoiser(grid, z, h, loops)
                if number in right:
                    found = answers(grid, logits).cpu()
                    right[number] += int((found == x0).all(dim=-1).sum())
    return {f"{number}x{loops}": count / total for number, count in right.items()}


def answers(grid: Grid, logits: Tensor) -> Tensor:
    """The most probable grids (B, n) after the last loop of a call."""
    return torch.where(grid.x_t > 0, grid.x_t, logits[-1].argmax(dim=-1) + 1)


@torch.no_grad()
def valid_from_empty(model: VMD, board: Board, count: int, loops: int) -> float:
    """Share of valid grids when one call fills an empty board, values drawn from p(x0 | x_t, z)."""
    device = next(model.parameters()).device
    rng = torch.Generator(device="cpu").manual_seed(0)
    grid = grid_on([board], torch.zeros(count, board.n)).to(device)
    logits, _ = model.denoiser(grid, draw(model, grid, rng), model.start(grid), loops)
    uniform = torch.rand(logits[-1].shape, generator=rng).to(device)
    values = (logits[-1] - (-uniform.log()).log()).argmax(dim=-1) + 1
    return float(valid(values.cpu().numpy(), board).mean())


def valid(values: np.ndarray, *boards: Board) -> np.ndarray:
    """Rows (B,) of full grids (B, n) that break no rule of their one board, or each of its own."""
    if len(boards) > 1:
        rows = zip(boards, values[:, None], strict=True)
        return np.concatenate([valid(row, board) for board, row in rows])
    good: np.ndarray = np.logical_not(conflicts(boards[0], values).any(axis=-1))
    return good


def empty_boards(model: VMD) -> dict[str, Board]:
    """Boards to fill from nothing, smallest first."""
    boards = {"4x4": sudoku(2, 2), "9x9": sudoku(3, 3)}
    return boards if model.config.backbone == "candidate-graph" else {"9x9": boards["9x9"]}


def final(model: VMD, groups: Sequence[Group], seed: int, loops: int) -> dict[str, Any]:
    """The evaluation that goes into metrics.json; `score` decides whether a model is promoted.

    The score is the mean over groups, by their weight, of the solve rate after the most calls.
    """
    packs = {group.name: held_out(group, FINAL_PUZZLES, seed) for group in groups}
    rates = {name: solve_rates(model, pack, FINAL_CALLS, loops) for name, pack in packs.items()}
    total, most = sum(group.weight for group in groups), f"{max(FINAL_CALLS)}x{loops}"
    return {
        "score": sum(group.weight * rates[group.name][most] for group in groups) / total,
        "puzzles": dict.fromkeys(packs, FINAL_PUZZLES),
        "solve_rate": rates,
        "empty_grids": EMPTY_GRIDS,
        "valid_empty": {
            name: valid_from_empty(model, board, EMPTY_GRIDS, loops)
            for name, board in empty_boards(model).items()
        },
    }


class TorchDenoiser:
    """The networks of `model` behind the engine's interface; arrays stay numpy outside."""

    def __init__(self, model: VMD, name: str, loops: int, device: torch.device) -> None:
        self.model = model.to(device).eval().requires_grad_(False)
        self.name, self.loops, self.device = name, loops, device
        self.latent: LatentKind = model.config.latent
        self.ruled = model.config.links > 0

    def start(self, board: Board, B: int) -> Floats:
        """Zeros (B, n, D, d)."""
        allowed = np.ones((B, board.n, board.D), dtype=np.float32)
        empty = np.zeros((B, board.n), dtype=np.int64)
        return _numpy(self.model.start(self._grid(board, empty, allowed)))

    def draw(
        self, board: Board, x_t: Ints, allowed: Floats, rng: Randomness, learned: bool = True
    ) -> Floats:
        """z from the prior, (B, n, D, k), or (B, patterns) of a global latent."""
        prior, grid = self.model.prior if learned else None, self._grid(board, x_t, allowed)
        return self._sample(grid, None if prior is None else prior(grid), rng)

    def infer(self, board: Board, x0: Ints, x_t: Ints, allowed: Floats, rng: Randomness) -> Floats:
        """z from the encoder, shaped as `draw` does."""
        encoder, grid = self.model.encoder, self._grid(board, x_t, allowed)
        answer = F.pad(torch.as_tensor(x0), (0, grid.x_t.shape[1] - board.n)).to(self.device)
        return self._sample(grid, None if encoder is None else encoder(grid, answer), rng)

    def __call__(
        self, board: Board, x_t: Ints, allowed: Floats, z: Floats, h: Floats,
        loops: int | None = None,
    ) -> tuple[Floats, Floats]:  # fmt: skip
        """One call of this many loops, by default `self.loops`."""
        grid = self._grid(board, x_t, allowed)
        latent = torch.as_tensor(z, device=self.device)
        if self.latent != "none":
            latent = self.model.spread(latent, grid)
        state = torch.as_tensor(h, device=self.device)
        logits, h_out = self.model.denoiser(grid, latent, state, loops or self.loops)
        return _numpy(logits[-1, :, : board.n]), _numpy(h_out)

    def _sample(self, grid: Grid, gaussian: Gaussian | None, rng: Randomness) -> Floats:
        """A draw from a distribution, the standard normal without one."""
        B, n, D = grid.allowed.shape
        shape = (B, 0) if self.latent == "none" else self.model.z_shape(B, n, D)
        noise = standard_normal(rng, shape)
        if gaussian is None:
            return noise
        return _numpy(gaussian.sample(torch.as_tensor(noise, device=self.device)))

    def _grid(self, board: Board, x_t: Ints, allowed: Floats) -> Grid:
        """The batch as the networks see it: one board for all rows."""
        return grid_on([board], x_t, allowed, self.ruled).to(self.device)


def _numpy(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().cpu().numpy()
    return array
