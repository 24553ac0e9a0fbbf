"""Questions to the network itself, with nothing committed: what z carries, what more loops do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vmd_solver.csp import Board, exact
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import full_grids
from vmd_solver.sampling import Settings
from vmd_training import plots
from vmd_training.evaluate import answers, grid_on, valid
from vmd_training.evaluation import sets
from vmd_training.evaluation.bench import NINE, Bench, Case, Section, Source, Task, across, lines
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sets import PuzzleSet
from vmd_training.grids import ACTIVE_NATS
from vmd_training.intervals import mean, share
from vmd_training.model import VMD, kl_nats
from vmd_training.tables import Cell, Row, Table, mean_cell, number, share_cell, text

BOARDS = {"4x4": sudoku(2, 2), "9x9": sudoku(3, 3)}
KINDS = ("empty", "several solutions", "one solution")
FREE_NATS = {4: math.log(288), 9: math.log(6_670_903_752_021_072_936_960)}
"""Nats that no model can do without on an empty board: the logarithm of the number of grids."""

CALLS = 4
"""Calls after which the cross-entropy is taken, the hidden state carried on."""

ROWS = 64
"""Rows of a call."""


def _kl(bench: Bench) -> Iterator[Task]:
    sources = [
        Source(f"{kind} {size}", bench.scale.count, partial(puzzle_set, bench, size, kind), board)
        for size, board in BOARDS.items()
        for kind in KINDS
    ]
    return bench.tasks(sources, lambda model: [Case((), 4 * CALLS, _carried)])


def puzzle_set(bench: Bench, size: str, kind: str) -> PuzzleSet:
    """Puzzles with the solutions of each that may be meant: one, or all of several."""
    name, board, m = f"{kind}, {size}", BOARDS[size], bench.scale.count
    if kind == "several solutions":
        return sets.several(name, board, m, bench.seed)
    if kind == "one solution":
        puzzles = sets.minimal(name, board, m, bench.seed).puzzles
        givens = np.array([puzzle.givens for puzzle in puzzles], dtype=np.int64)
        grids = exact.solve_batch(board, givens).solutions
    else:
        puzzles = (board.empty(),) * m
        grids = full_grids(board, m, np.random.default_rng((bench.seed, sets.STREAM, 5)))
    return PuzzleSet(name, puzzles, tuple((tuple(grid),) for grid in grids.tolist()))


def _carried(bench: Bench, model: Model, of: PuzzleSet) -> list[Row]:
    """One row: KL, what is active, and the cross-entropy with each z."""
    board, m, loops = of.puzzles[0].board, len(of.puzzles), model.denoiser.loops
    meant, rng = np.random.default_rng((bench.seed, sets.STREAM, 6)), torch.Generator()
    rng.manual_seed(bench.seed)
    x_t = torch.tensor([puzzle.givens for puzzle in of.puzzles])
    x0 = torch.tensor([grids[meant.integers(len(grids))] for grids in of.solutions])
    batches = math.ceil(m / ROWS)
    parts = [
        _batch(model.network, board, *rows, loops, rng)
        for rows in zip(x_t.tensor_split(batches), x0.tensor_split(batches), strict=True)
    ]
    kl = torch.cat([part["kl"] for part in parts])
    least = float(np.mean([math.log(len(grids)) for grids in of.solutions]))
    row: Row = {
        "set": of.name,
        "model": model.name,
        "latent": model.latent,
        "loops": loops,
        "nfe": CALLS,
        "seed": bench.seed,
        "puzzles": m,
        "least": least if x_t.any() else FREE_NATS[board.D],
        "kl": mean(kl.flatten(1).sum(dim=1).tolist()),
        "dimensions": kl[0].numel(),
        "active": int((kl.mean(dim=0) > ACTIVE_NATS).sum()),
    }
    for which in (key for key in parts[0] if key != "kl"):
        values = torch.cat([part[which] for part in parts]).tolist()
        row[which] = share(sum(values), m) if which.startswith("valid") else mean(values)
    return [row]


@torch.no_grad()
def _batch(
    network: VMD, board: Board, x_t: Tensor, x0: Tensor, loops: int, rng: torch.Generator
) -> dict[str, Tensor]:
    """KL of every dimension (B, ...); and with z of its own posterior, of another row's posterior,
    and of the prior, after CALLS calls: the cross-entropy (B,) in nats a grid, and whether the
    likeliest grid (B,) breaks no rule."""
    device, B = next(network.parameters()).device, len(x0)
    grid, answer = grid_on([board], x_t).to(device), x0.to(device)
    noise = torch.randn(network.z_shape(B, board.n, board.D), generator=rng).to(device)
    if network.encoder is None or network.prior is None:
        kl, asked = noise.new_zeros(B, 1), {"own": noise}
    else:
        q, p = network.encoder(grid, answer), network.prior(grid)
        kl, own = kl_nats(q, p), q.sample(noise)
        asked = {"own": own, "shuffled": own.roll(1, 0), "prior": p.sample(noise)}
    found = {"kl": kl.cpu()}
    for which, z in asked.items():
        latent, h = network.spread(z, grid), network.start(grid)
        for _ in range(CALLS):
            logits, h = network.denoiser(grid, latent, h, loops)
        last = logits[-1].float().transpose(1, 2)
        nats = F.cross_entropy(last, answer - 1, reduction="none") * grid.masked()
        found[which] = nats.sum(dim=1).cpu()
        likeliest = answers(grid, logits).cpu().numpy()
        found[f"valid {which}"] = torch.from_numpy(valid(likeliest, board))
    return found


def _of_latent(cell: Cell) -> Cell:
    """A column that is empty for a model without latent."""
    return lambda row: cell(row) if row["latent"] != "none" else ""


def _kl_tables(rows: list[Row]) -> list[Table]:
    """Nats of each z, and whether the likeliest grids with it are valid."""
    puzzles = {"puzzles": text("set"), "model": text("model")}
    nats = {
        **puzzles,
        "least possible": number("least", ".1f"),
        "KL": _of_latent(lambda row: mean_cell(row["kl"], 1)),
        "active of all dimensions": _of_latent("{active} of {dimensions}".format_map),
        "with z of its own": lambda row: mean_cell(row["own"], 1),
        "bound": lambda row: f"{row['kl']['mean'] + row['own']['mean']:.1f}",
        "shuffled": _of_latent(lambda row: mean_cell(row["shuffled"], 1)),
        "from the prior": _of_latent(lambda row: mean_cell(row["prior"], 1)),
    }
    valid_grids = {
        **puzzles,
        "with z of its own": lambda row: share_cell(row["valid own"]),
        "shuffled": _of_latent(lambda row: share_cell(row["valid shuffled"])),
        "from the prior": _of_latent(lambda row: share_cell(row["valid prior"])),
    }
    note = "puzzles seed nfe loops"
    return [
        *lines("Nats a grid", nats, note)(rows),
        *lines("Likeliest grid valid", valid_grids, note)(rows),
    ]


KL = Section(
    "kl",
    "What z carries",
    "z is drawn from the encoder q(z | x0, x_t) of the puzzle itself, from that of another puzzle"
    " (shuffled), or from the prior p(z | x_t). The cross-entropy of the solution that was meant"
    f" is taken after {CALLS} calls with nothing committed. KL(q || p) plus the cross-entropy with"
    " z of its own is the bound on -log p(x0 | x_t); `least possible` is what no model can go"
    " below, the mean logarithm of the number of solutions. A model without latent pays for all"
    f" that z does not tell it. A dimension is active with more than {ACTIVE_NATS} nats on"
    " average.",
    _kl,
    _kl_tables,
)

STEP = 16
"""Loops of one call here; the hidden state is carried to the next."""


def _by_loops(bench: Bench, model: Model, of: PuzzleSet) -> list[Row]:
    """A row for each number of loops: grids that are right, and those that no longer are."""
    denoiser = model.denoiser
    right: dict[int, list[bool]] = {loops: [] for loops in bench.scale.loops}
    for at in range(0, len(of.puzzles), bench.rows):
        batch = of.puzzles[at : at + bench.rows]
        x_t = np.array([puzzle.givens for puzzle in batch], dtype=np.int64)
        allowed = np.ones((*x_t.shape, NINE.D), dtype=np.float32)
        z = denoiser.draw(NINE, x_t, allowed, np.random.default_rng(bench.seed))
        h = denoiser.start(NINE, len(x_t))
        for loops in range(STEP, max(right) + 1, STEP):
            logits, h = denoiser(NINE, x_t, allowed, z, h, STEP)
            if loops in right:
                grids = np.where(x_t > 0, x_t, logits.argmax(axis=-1) + 1)
                right[loops] += valid(grids, NINE).tolist()
    rows, first = [], right[min(right)]
    facts = bench.facts(model, of, Settings("neural", nfe=1, loops=STEP))
    for loops, good in right.items():
        counted = {"nfe": loops // STEP, "thought": loops, **share(sum(good), len(good))}
        lost = sum(before and not now for before, now in zip(first, good, strict=True))
        rows.append({**facts, **counted, "lost": lost})
    return rows


def _loop_tables(rows: list[Row]) -> list[Table]:
    index = {"puzzles": "set", "model": "model"}
    least = min(row["thought"] for row in rows)
    return across(
        "Solved by loops", index, "thought", "puzzles seed loops digest",
        lambda row: f"{share_cell(row)}; {row['lost']} lost", "{} loops".format,
        f" Lost are puzzles that were right after {least} loops and are no more.",
    )(rows)  # fmt: skip


LOOPS = Section(
    "loops",
    "More loops",
    "Nothing is committed, nothing checked and nothing stopped: only the hidden state is carried"
    f" on, from call to call of {STEP} loops, and z is kept. Solved is a likeliest grid that breaks"
    " no rule. It must not fall with more loops.",
    lambda bench: bench.tasks(
        bench.core,
        lambda model: [Case((), max(bench.scale.loops) // STEP, _by_loops)] if model.looped else [],
    ),
    _loop_tables,
    lambda rows, colours: {
        "loops.png": plots.lines(
            rows, panel="set", x="thought", colours=colours, xlabel="loops", ylabel="solved"
        )
    },
)
