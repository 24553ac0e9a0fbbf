"""What the model is worth to the search that people use."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from vmd_solver.csp.families import sudoku
from vmd_solver.sampling import Settings
from vmd_training.evaluation.bench import STOPS, Bench, Row, Section, Table, Task, cost
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.tables import listed, measured, number, of, share_cell


def tasks(bench: Bench) -> Iterator[Task]:
    """One for each set and model."""
    for name in bench.set_names:
        for model in bench.readers():
            asked = cost(sudoku(3, 3), bench.scale.count, bench.scale.budget * STOPS)
            yield Task(f"{name}, {model.name}", asked, partial(_solve, bench, model, name))


def _solve(bench: Bench, model: Model, name: str) -> list[Row]:
    return [bench.row(model, bench.set(name), Settings("guided", nfe=bench.scale.budget))]


def tables(rows: list[Row]) -> list[Table]:
    """One."""
    if not rows:
        return []
    return [
        listed(
            "Solved and verified with a complete search behind the model",
            rows,
            {
                "puzzles": of("set"),
                "model": of("model"),
                "sample size": of("puzzles"),
                "solved": share_cell,
                "mean NFE": number("nfe_mean"),
                "mean guesses": number("guesses_mean"),
            },
            measured(rows, "seed", "nfe", "loops", "latents", "policy"),
        )
    ]


SECTION = Section(
    "guided",
    "Guided mode",
    "Elimination narrows, the model commits, and a complete search in its order settles what is"
    " open: everything is solved in the end; what is compared are the calls and guesses it takes.",
    tasks,
    tables,
)
