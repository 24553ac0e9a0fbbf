"""Do more loops help, or at least not harm?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.puzzle import conflicts
from vmd_solver.sampling import Settings
from vmd_training import plots
from vmd_training.evaluation.bench import NINE, Bench, Case, Section, Task, across
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sets import PuzzleSet
from vmd_training.intervals import share
from vmd_training.tables import Row, Table, share_cell

STEP = 16
"""Loops of one call here; the hidden state is carried to the next."""


def _tasks(bench: Bench) -> Iterator[Task]:
    case = Case((), max(bench.scale.loops) // STEP, _by_loops)
    return bench.tasks(bench.core, lambda model: [case] if model.looped else [])


def _by_loops(bench: Bench, model: Model, of: PuzzleSet) -> list[Row]:
    """A row for each number of loops: grids that are right, and those that no longer are."""
    givens = np.array([puzzle.givens for puzzle in of.puzzles], dtype=np.int64)
    batches = [givens[at : at + bench.rows] for at in range(0, len(givens), bench.rows)]
    thought = [_thought(bench, model, x_t) for x_t in batches]
    right = {loops: np.concatenate([one[loops] for one in thought]) for loops in bench.scale.loops}
    first = right[min(right)]
    facts = bench.facts(model, of, Settings("neural", nfe=1, loops=STEP))
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
    bench: Bench, model: Model, x_t: npt.NDArray[np.int64]
) -> dict[int, npt.NDArray[np.bool_]]:
    """For each number of loops wanted, whether the likeliest grid (B,) breaks no rule."""
    denoiser, right = model.denoiser, {}
    allowed = np.ones((*x_t.shape, NINE.D), dtype=np.float32)
    z = denoiser.draw(NINE, x_t, allowed, np.random.default_rng(bench.seed))
    h = denoiser.start(NINE, len(x_t))
    for loops in range(STEP, max(bench.scale.loops) + 1, STEP):
        logits, h = denoiser(NINE, x_t, allowed, z, h, STEP)
        if loops in bench.scale.loops:
            grids = np.where(x_t > 0, x_t, logits.argmax(axis=-1) + 1)
            right[loops] = np.logical_not(conflicts(NINE, grids).any(axis=-1))
    return right


def _tables(rows: list[Row]) -> list[Table]:
    index = {"puzzles": "set", "model": "model"}
    least = min(row["thought"] for row in rows)
    return across(
        "Solved by loops", index, "thought", "puzzles seed loops digest",
        lambda row: f"{share_cell(row)}; {row['lost']} lost", "{} loops".format,
        f" Lost are puzzles that were right after {least} loops and are no more.",
    )(rows)  # fmt: skip


SECTION = Section(
    "loops",
    "More loops",
    "Nothing is committed, nothing checked and nothing stopped: only the hidden state is carried"
    f" on, from call to call of {STEP} loops, and z is kept. Solved is a likeliest grid that breaks"
    " no rule. It must not fall with more loops.",
    _tasks,
    _tables,
    lambda rows, colours: {
        "loops.png": plots.lines(
            rows, panel="set", x="thought", colours=colours, xlabel="loops", ylabel="solved"
        )
    },
)
