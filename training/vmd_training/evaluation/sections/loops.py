"""Do more loops help, or at least not harm?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Puzzle
from vmd_solver.csp.puzzle import conflicts
from vmd_solver.sampling import Settings
from vmd_training import plots
from vmd_training.evaluation.bench import NINE, Bench, Section, Task, cost
from vmd_training.evaluation.models import Model
from vmd_training.intervals import share
from vmd_training.tables import Row, Table, measured, pivot, share_cell

STEP = 16
"""Loops of one call here; the hidden state is carried to the next."""


def tasks(bench: Bench) -> Iterator[Task]:
    """One for each set and model that has loops."""
    for name in bench.core_names:
        for model in bench.readers():
            if model.network.config.backbone == "candidate-graph":
                calls = max(bench.scale.loops) // STEP
                yield Task(
                    f"{name}, {model.name}",
                    cost(NINE, bench.scale.count, calls),
                    partial(_by_loops, bench, model, name),
                )


def _by_loops(bench: Bench, model: Model, name: str) -> list[Row]:
    """A row for each number of loops: grids that are right, and cells."""
    of = bench.set(name)
    right = {loops: np.zeros(0, dtype=np.bool_) for loops in bench.scale.loops}
    for at in range(0, len(of.puzzles), bench.rows):
        for loops, good in _thought(bench, model, of.puzzles[at : at + bench.rows]):
            right[loops] = np.concatenate((right[loops], good))
    facts = bench.facts(model, of, Settings("neural", nfe=1, loops=STEP))
    first = right[min(right)]
    return [
        {
            **facts,
            "nfe": loops // STEP,
            "thought": loops,
            **share(int(good.sum()), len(good)),
            "lost": int((first & ~good).sum()),
        }
        for loops, good in right.items()
    ]


def _thought(
    bench: Bench, model: Model, puzzles: tuple[Puzzle, ...]
) -> Iterator[tuple[int, npt.NDArray[np.bool_]]]:
    """After each number of loops wanted, whether the likeliest grid (B,) breaks no rule."""
    board, denoiser = puzzles[0].board, model.denoiser
    x_t = np.array([puzzle.givens for puzzle in puzzles], dtype=np.int64)
    allowed = np.ones((len(x_t), board.n, board.D), dtype=np.float32)
    z = denoiser.draw(board, x_t, allowed, np.random.default_rng(bench.seed))
    h = denoiser.start(board, len(x_t))
    for loops in range(STEP, max(bench.scale.loops) + 1, STEP):
        logits, h = denoiser(board, x_t, allowed, z, h, STEP)
        if loops in bench.scale.loops:
            grids = np.where(x_t > 0, x_t, logits.argmax(axis=-1) + 1)
            yield loops, np.logical_not(conflicts(board, grids).any(axis=-1))


def tables(rows: list[Row]) -> list[Table]:
    """One: sets and models by loops."""
    note = (
        f"{measured(rows, 'puzzles', 'seed', 'loops', 'digest')} Lost are puzzles that were right"
        f" after {min(row['thought'] for row in rows)} loops and are no more."
    )
    return [
        pivot(
            "Solved by loops", rows, {"puzzles": "set", "model": "model"}, "thought",
            lambda row: f"{share_cell(row)}; {row['lost']} lost", "{} loops".format, note,
        )
    ]  # fmt: skip


def figures(rows: list[Row], colours: Mapping[str, str]) -> plots.Figures:
    """Share by loops."""
    return {
        "loops.png": plots.lines(
            rows, panel="set", x="thought", colours=colours,
            xlabel="loops", ylabel="solved",
        )
    }  # fmt: skip


SECTION = Section(
    "loops",
    "More loops",
    "Nothing is committed, nothing checked and nothing stopped: only the hidden state is carried"
    f" on, from call to call of {STEP} loops, and z is kept. Solved is a likeliest grid that breaks"
    " no rule. It must not fall with more loops.",
    tasks,
    tables,
    figures,
)
