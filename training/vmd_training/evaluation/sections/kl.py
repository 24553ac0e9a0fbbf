"""e. What does z carry, and what does the wrong z cost?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vmd_solver.csp import Board, exact
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import full_grids
from vmd_solver.csp.puzzle import conflicts
from vmd_training.evaluate import grid_of
from vmd_training.evaluation import sets
from vmd_training.evaluation.bench import Bench, Section, Task, cost
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sets import PuzzleSet
from vmd_training.graph import Grid
from vmd_training.grids import ACTIVE_NATS
from vmd_training.intervals import mean, share
from vmd_training.model import VMD, kl_nats
from vmd_training.tables import (
    Cell,
    Row,
    Table,
    listed,
    mean_cell,
    measured,
    number,
    share_cell,
    text,
)

BOARDS = {"4x4": sudoku(2, 2), "9x9": sudoku(3, 3)}
KINDS = ("empty", "several solutions", "one solution")
FREE_NATS = {"4x4": math.log(288), "9x9": math.log(6_670_903_752_021_072_936_960)}
"""Nats that no model can do without: the logarithm of the number of grids."""

CALLS = 4
"""Calls after which the cross-entropy is taken, the hidden state carried on."""

ROWS = 64
"""Rows of a call."""


class Puzzles(NamedTuple):
    """What is shown and what is meant: x_t and x0 (m, n), and the least nats a grid possible."""

    x_t: np.ndarray
    x0: np.ndarray
    least: float


def tasks(bench: Bench) -> Iterator[Task]:
    """One for each board, kind of puzzle and model."""
    for size, board in BOARDS.items():
        for kind in KINDS:
            for model in bench.readers(board):
                yield Task(
                    f"{kind} {size}, {model.name}",
                    cost(board, bench.scale.count * 4, CALLS),
                    partial(_carried, bench, model, size, kind),
                )


def _puzzles(bench: Bench, size: str, kind: str) -> Puzzles:
    board, m = BOARDS[size], bench.scale.count
    if kind == "empty":
        grids = full_grids(board, m, np.random.default_rng((bench.seed, sets.STREAM, 5)))
        return Puzzles(np.zeros((m, board.n), np.int64), grids.astype(np.int64), FREE_NATS[size])
    if kind == "one solution":
        name = f"unique {size}"
        made = bench.made(name, partial(sets.minimal, name, board, m, bench.seed))
        x0 = exact.solve_batch(board, _array(made)).solutions.astype(np.int64)
        return Puzzles(_array(made), x0, 0.0)
    name = f"several {size}"
    made = bench.made(name, partial(sets.several, name, board, m, bench.seed))
    rng = np.random.default_rng((bench.seed, sets.STREAM, 6))
    x0 = np.array([grids[rng.integers(len(grids))] for grids in made.solutions], dtype=np.int64)
    return Puzzles(_array(made), x0, float(np.mean([math.log(len(g)) for g in made.solutions])))


def _array(of: PuzzleSet) -> np.ndarray:
    return np.array([puzzle.givens for puzzle in of.puzzles], dtype=np.int64)


def _carried(bench: Bench, model: Model, size: str, kind: str) -> list[Row]:
    """One row: KL, what is active, and the cross-entropy with each z."""
    board, puzzles = BOARDS[size], _puzzles(bench, size, kind)
    rng = torch.Generator().manual_seed(bench.seed)
    loops, batches = model.denoiser.loops, math.ceil(len(puzzles.x0) / ROWS)
    x_t, x0 = (torch.from_numpy(part).tensor_split(batches) for part in puzzles[:2])
    parts = [_batch(model.network, board, *rows, loops, rng) for rows in zip(x_t, x0, strict=True)]
    kl = torch.cat([part["kl"] for part in parts])
    row: Row = {
        "set": f"{kind}, {size}",
        "model": model.name,
        "latent": model.latent,
        "loops": loops,
        "nfe": CALLS,
        "seed": bench.seed,
        "puzzles": len(puzzles.x0),
        "least": puzzles.least,
        "kl": mean(kl.flatten(1).sum(dim=1).tolist()),
        "dimensions": kl[0].numel(),
        "active": int((kl.mean(dim=0) > ACTIVE_NATS).sum()),
    }
    for which in (key for key in parts[0] if key != "kl"):
        values = torch.cat([part[which] for part in parts]).tolist()
        valid = which.startswith("valid")
        row[which] = share(int(sum(values)), len(values)) if valid else mean(values)
    return [row]


@torch.no_grad()
def _batch(
    network: VMD, board: Board, x_t: Tensor, x0: Tensor, loops: int, rng: torch.Generator
) -> dict[str, Tensor]:
    """KL of every dimension (B, ...); nats a grid and valid (B,) with z of its own posterior, of
    another row's posterior, and of the prior."""
    device = next(network.parameters()).device
    grid = grid_of(x_t, board.incidence, board.complete, board.D, device)
    answer, B = x0.to(device), len(x0)
    noise = torch.randn(network.z_shape(B, board.n, board.D), generator=rng).to(device)
    if network.encoder is None or network.prior is None:
        nats, valid = _asked(network, board, grid, answer, noise, loops)
        return {"kl": noise.new_zeros(B, 1), "own": nats, "valid own": valid}
    q, p = network.encoder(grid, answer), network.prior(grid)
    kl = kl_nats(q, p)
    own = q.sample(noise)
    found = {"kl": kl.cpu()}
    for which, z in (("own", own), ("shuffled", own.roll(1, 0)), ("prior", p.sample(noise))):
        nats, valid = _asked(network, board, grid, answer, z, loops)
        found |= {which: nats, f"valid {which}": valid}
    return found


def _asked(
    network: VMD, board: Board, grid: Grid, x0: Tensor, z: Tensor, loops: int
) -> tuple[Tensor, Tensor]:
    """Cross-entropy (B,) in nats a grid after CALLS calls, and whether the likeliest grid (B,)
    breaks no rule."""
    latent, h = network.spread(z, grid), network.start(grid)
    for _ in range(CALLS):
        logits, h = network.denoiser(grid, latent, h, loops)
    last = logits[-1].float()
    nats = F.cross_entropy(last.transpose(1, 2), x0 - 1, reduction="none") * grid.masked()
    proposed = torch.where(grid.x_t > 0, grid.x_t, last.argmax(dim=-1) + 1).cpu().numpy()
    valid = ~conflicts(board, proposed).any(axis=-1)
    return nats.sum(dim=1).cpu(), torch.from_numpy(valid.astype(np.float32))


def tables(rows: list[Row]) -> list[Table]:
    """Nats, and what the likeliest grid is worth with each z."""
    which_puzzles = {"puzzles": text("set"), "model": text("model")}
    carried: dict[str, Cell] = {
        "least possible": number("least", ".1f"),
        "KL": lambda row: mean_cell(row["kl"], 1) if row["latent"] != "none" else "",
        "active of all dimensions": lambda row: (
            f"{row['active']} of {row['dimensions']}" if row["latent"] != "none" else ""
        ),
        "with z of its own": partial(_cell, "own"),
        "bound": lambda row: f"{row['kl']['mean'] + row['own']['mean']:.1f}",
        "shuffled": partial(_cell, "shuffled"),
        "from the prior": partial(_cell, "prior"),
    }
    valid = {
        "with z of its own": partial(_cell, "valid own"),
        "shuffled": partial(_cell, "valid shuffled"),
        "from the prior": partial(_cell, "valid prior"),
    }
    note = measured(rows, "puzzles", "seed", "nfe", "loops")
    return [
        listed("Nats a grid", rows, which_puzzles | carried, note),
        listed("Likeliest grid valid", rows, which_puzzles | valid, note),
    ]


def _cell(which: str, row: Row) -> str:
    if which not in row:
        return ""
    return share_cell(row[which]) if which.startswith("valid") else mean_cell(row[which], 1)


SECTION = Section(
    "kl",
    "What z carries",
    "z is drawn from the encoder q(z | x0, x_t) of the puzzle itself, from that of another puzzle"
    " (shuffled), or from the prior p(z | x_t). The cross-entropy of the solution that was meant"
    f" is taken after {CALLS} calls with nothing committed. KL(q || p) plus the cross-entropy with"
    " z of its own is the bound on -log p(x0 | x_t); `least possible` is what no model can go"
    " below, the mean logarithm of the number of solutions. A model without latent pays for all"
    f" that z does not tell it. A dimension is active with more than {ACTIVE_NATS} nats on"
    " average.",
    tasks,
    tables,
)
