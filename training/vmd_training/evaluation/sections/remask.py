"""Does it help to take back what the model doubts, and to know the rules?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

from vmd_solver.csp.families import sudoku
from vmd_solver.sampling import Settings
from vmd_solver.sampling.settings import PolicyName, Remask, Select
from vmd_training.evaluation import sets
from vmd_training.evaluation.bench import STOPS, Bench, Row, Section, Table, Task, cost
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.tables import measured, pivot, share_cell

REMASKS: tuple[Remask, ...] = ("none", "doubt", "rules")
POLICIES: tuple[PolicyName, ...] = ("threshold", "top")
CHECKED: dict[Select, str] = {"margin": "never", "valid": "after every call"}
SEVERAL = "several solutions"


def tasks(bench: Bench) -> Iterator[Task]:
    """One for each set, model, policy, way to remask, and whether a valid grid ends the puzzle."""
    scale = bench.scale
    for name, model in product((*bench.core_names, SEVERAL), bench.readers()):
        for policy, remask, select in product(POLICIES, REMASKS, CHECKED):
            settings = Settings("neural", policy, nfe=scale.budget, remask=remask, select=select)
            stops = STOPS if select == "valid" else 1.0
            yield Task(
                f"{name}, {model.name}, {policy}, {remask}, {select}",
                cost(sudoku(3, 3), scale.some, scale.budget * stops),
                partial(_solve, bench, model, name, settings),
            )


def _solve(bench: Bench, model: Model, name: str, settings: Settings) -> list[Row]:
    count = bench.scale.some
    if name == SEVERAL:
        make = partial(sets.several, name, sudoku(3, 3), count, bench.seed)
        of = bench.made(name, make)
    else:
        of = bench.set(name).first(count)
    return [{**bench.row(model, of, settings), "checked": CHECKED[settings.select]}]


def tables(rows: list[Row]) -> list[Table]:
    """One: sets across."""
    if not rows:
        return []
    return [
        pivot(
            "Solved by what is masked again",
            rows,
            {
                "model": "model",
                "policy": "policy",
                "grids checked": "checked",
                "remasked": "remask",
            },
            "set",
            share_cell,
            note=measured(rows, "puzzles", "seed", "nfe", "loops", "latents", "z"),
        )
    ]


SECTION = Section(
    "remask",
    "Self-correction",
    "After a call committed cells are kept (none); or the three quarters of them that the model was"
    " least sure of are masked again and asked anew (doubt: no rule is looked at); or those that"
    " break a rule are (rules). With grids checked `never`, a puzzle takes all its calls and meets"
    " the verifier only then, so that with none and doubt the model works without any rule; `after"
    " every call` ends it at the first valid grid.",
    tasks,
    tables,
)
