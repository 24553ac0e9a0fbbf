"""c. Where should z come from, and should it stay?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Literal

from vmd_solver.csp.families import sudoku
from vmd_solver.sampling import Settings
from vmd_solver.sampling.settings import Between
from vmd_training.evaluation import sets
from vmd_training.evaluation.bench import STOPS, Bench, Row, Section, Table, Task, cost
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sets import PuzzleSet
from vmd_training.evaluation.tables import measured, pivot, share_cell

PRIORS: tuple[Literal["learned", "normal"], ...] = ("learned", "normal")
STEPS: tuple[Between, ...] = ("keep", "redraw", "refine")
SEVERAL, EMPTY = "several solutions", "empty"


def tasks(bench: Bench) -> Iterator[Task]:
    """One for each set, model, prior and what happens between calls."""
    scale = bench.scale
    models = [model for model in bench.readers() if model.latent != "none"]
    for name, model in product((*bench.core_names, SEVERAL, EMPTY), models):
        for prior, step in product(PRIORS, STEPS):
            settings = Settings("neural", nfe=scale.budget, prior=prior, z=step)
            yield Task(
                f"{name}, {model.name}, {prior}, {step}",
                cost(sudoku(3, 3), scale.some, scale.budget * STOPS),
                partial(_solve, bench, model, name, settings),
            )


def _solve(bench: Bench, model: Model, name: str, settings: Settings) -> list[Row]:
    count, board = bench.scale.some, sudoku(3, 3)
    if name == SEVERAL:
        of = bench.made(name, partial(sets.several, name, board, count, bench.seed))
    elif name == EMPTY:
        of = PuzzleSet(name, (board.empty(),) * count)
    else:
        of = bench.set(name).first(count)
    return [bench.row(model, of, settings)]


def tables(rows: list[Row]) -> list[Table]:
    """One: sets across."""
    if not rows:
        return []
    return [
        pivot(
            "Solved by where z comes from",
            rows,
            {"model": "model", "prior": "prior", "z between calls": "z"},
            "set",
            share_cell,
            note=measured(rows, "puzzles", "seed", "nfe", "loops", "latents", "policy"),
        )
    ]


SECTION = Section(
    "z",
    "Where z comes from",
    "The first z is drawn from the learned prior p(z | x_t), or from the standard normal one of the"
    " paper. A model trained with the learned one has never seen the other: what it solves with it"
    " tells how much it relies on its prior, not which prior is better to train with. Between calls"
    " it is kept, drawn anew, or refined: inferred by the encoder from the grid of the last call,"
    " after what breaks a rule was masked again. Neural mode, otherwise as it ships. `several"
    " solutions` are 9x9 puzzles with 2 to 50 of them, `empty` is the board without givens; any"
    " solution counts.",
    tasks,
    tables,
)
