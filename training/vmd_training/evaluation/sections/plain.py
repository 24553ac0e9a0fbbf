"""k. What do calls alone do, as the papers sample Sudoku?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import product

from vmd_solver.csp.families import sudoku
from vmd_solver.sampling.settings import PolicyName
from vmd_training.evaluation.bench import Bench, Row, Section, Table, Task, cost
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sections.dependency import PLAIN
from vmd_training.evaluation.tables import by_set, measured, pivot, share_cell

POLICIES: tuple[PolicyName, ...] = ("top", "margin")


def tasks(bench: Bench) -> Iterator[Task]:
    """One for each of the two usual sets, model and policy."""
    for name, model, policy in product(bench.core_names, bench.readers(), POLICIES):
        yield Task(
            f"{name}, {model.name}, {policy}",
            cost(sudoku(3, 3), bench.scale.count, sum(_calls(bench))),
            partial(_solve, bench, model, name, policy),
        )


def _calls(bench: Bench) -> tuple[int, ...]:
    return tuple(nfe for nfe in bench.scale.calls if nfe > 1)


def _solve(bench: Bench, model: Model, name: str, policy: PolicyName) -> list[Row]:
    """A row for each NFE."""
    of, plain = bench.set(name), replace(PLAIN, policy=policy)
    return [bench.row(model, of, replace(plain, nfe=nfe)) for nfe in _calls(bench)]


def tables(rows: list[Row]) -> list[Table]:
    """One for each set."""
    return [
        pivot(
            f"Solved of `{name}` by calls alone",
            mine,
            {"model": "model", "policy": "policy"},
            "nfe",
            share_cell,
            lambda nfe: f"{nfe} NFE",
            measured(mine, "puzzles", "seed", "loops", "latents", "digest"),
        )
        for name, mine in by_set(rows).items()
    ]


SECTION = Section(
    "plain",
    "Calls alone, as the papers sample Sudoku",
    "Neural mode and no rule: an equal share of the masked cells is committed a call, the surest"
    " first (`top`: by the top probability, `margin`: by its lead over the second), and stays. z is"
    " drawn once. The tables of arXiv 2502.06768 and 2510.23606 are of this kind.",
    tasks,
    tables,
)
